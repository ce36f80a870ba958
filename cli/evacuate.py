"""``mlnc evacuate``: the patch to the sources that empties a server. Applying it is the user's act."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlnc.cli.build import check
from mlnc.cli.patch import edited, patch
from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.pipeline import Compiled, Front
from mlnc.compiler.service_host_edits import Choice, PlacedItem, ServiceHostSpans
from mlnc.compiler.source import Source
from mlnc.compiler.suggestion import suggest
from mlnc.ir.model import Course
from mlnc.upgrade.evacuation import Targets, Unplaced
from mlnc.upgrade.evacuation import evacuate as find_targets


class UnknownServer(Exception):
    """No server of that name has anything to do with the course; the message says so."""


@dataclass(frozen=True, slots=True)
class Evacuation:
    """A patch, and what it does in one line."""

    patch: str
    summary: str


def evacuate(front: Front, paths: Sequence[Path], site: Path | None, server: str) -> Evacuation | None:
    """The patch that empties *server*; None where there is none, and the report of *front* says why.

    The patched course has been compiled: it is without error, every machine is where it shall be, no other has moved.
    Raises UnknownServer.
    """
    compiled = check(front, paths, site)
    if compiled is None or front.report.failed:
        return None
    name = _known(server, compiled)
    found = _targets(compiled, name, front)
    if found is None:
        return None
    targets, choice = found
    texts = edited(choice.edits)
    if not _builds(front, paths, site, texts, _placed(compiled.course) | targets):
        return None
    return Evacuation(patch(texts), _summary(name, targets))


def _known(server: str, compiled: Compiled) -> str:
    name = compiled.site.server(server)
    servers = compiled.course.site.service_hosts
    if name not in servers:
        near = suggest(name, servers)
        raise UnknownServer(f"there is no server {server}" + (f"; did you mean {near}?" if near else ""))
    return name


def _targets(compiled: Compiled, server: str, front: Front) -> tuple[Targets, Choice] | None:
    """Targets for which there are places to write them; None where there are none, and the report says why."""
    places = ServiceHostSpans(
        compiled.models, {name: _main(compiled, front, name) for name in compiled.models}
    )
    together = [set(hosts) for hosts in _plugged(compiled.course, server, places).values()]
    while True:
        targets = find_targets(compiled.course, server, together)
        if not isinstance(targets, dict):
            front.report.extend(_no_place(each, compiled) for each in targets)
            return None
        choice = places.choose(_wanted(compiled.course, server, places, targets))
        if not choice.stuck:
            return targets, choice
        joined = [{_name(each) for each in found if each.kind == "host"} for found in choice.stuck.values()]
        fresh = [found for found in joined if found not in together and found <= targets.keys()]
        if not fresh:
            front.report.extend(_unfit(_name(item), compiled) for item in choice.stuck)
            return None
        together += fresh


def _main(compiled: Compiled, front: Front, project: str) -> Source:
    file = front.loader.files[compiled.mains[project].resolve()]
    assert file is not None, "a project that was compiled has been read"
    return file.source


def _name(item: PlacedItem) -> str:
    return f"{item.project}/{item.name}"


def _plugged(course: Course, server: str, places: ServiceHostSpans) -> Mapping[PlacedItem, list[str]]:
    """The switches that say that they are on *server*, and the hosts on them, which go where they go."""
    return {
        item: [f"{name}/{member.host}" for member in switch.members]
        for name, project in course.projects.items()
        for each, switch in project.switches.items()
        if switch.service_hosts == (server,) and places.names_server(item := PlacedItem(name, "switch", each))
    }


def _wanted(course: Course, server: str, places: ServiceHostSpans, targets: Targets) -> dict[PlacedItem, str]:
    """Every host and switch that has to be written elsewhere; a switch without hosts stays."""
    wanted = {}
    for host, target in targets.items():
        project, _, name = host.partition("/")
        wanted[PlacedItem(project, "host", name)] = target
    for item, hosts in _plugged(course, server, places).items():
        if hosts:
            wanted[item] = targets[hosts[0]]
    return wanted


def _placed(course: Course) -> Targets:
    return {
        f"{name}/{host}": facts.service_host
        for name, project in course.projects.items()
        for host, facts in project.hosts.items()
    }


def _builds(
    front: Front, paths: Sequence[Path], site: Path | None, texts: Mapping[Source, str], placed: Targets
) -> bool:
    """Whether the patched course compiles and everything is where *placed* says; what is wrong goes to the report."""
    instead = {Path(source.path).resolve(): text for source, text in texts.items()}
    patched = Front(Report(), instead=instead)
    compiled = check(patched, paths, site)
    if compiled is None or patched.report.failed:
        found = [each for each in patched.report.sorted() if each.severity == "error"]
        # without the place: the lines of a patched file are not those that a reader would find there
        front.report.extend(Diagnostic(each.code, f"once patched: {each.message}", None) for each in found)
        return False
    is_now = _placed(compiled.course)
    wrong = [host for host, server in sorted(placed.items()) if is_now.get(host) != server]
    front.report.extend(_unfit(host, compiled) for host in wrong)
    return not wrong


# --- what is said ----------------------------------------------------------------------------------------------------


def _no_place(each: Unplaced, compiled: Compiled) -> Diagnostic:
    origin = compiled.lowered[each.hosts[-1].partition("/")[0]].origins.find(_path(each.hosts[-1]))
    message = f"no server can take {_listed(each.hosts)}, which stay together and have {each.mib} MiB"
    hint = (
        "something else than memory is in the way: a VNC display, or a type that the toolstack does not know"
    )
    if each.roomiest is None:
        hint = "there is no other server"
    elif each.free_mib < each.mib:
        hint = f"{each.roomiest} has the most room, {each.free_mib} MiB; {each.mib - each.free_mib} MiB are missing"
    return Diagnostic("no-room", message, origin, hint)


def _unfit(host: str, compiled: Compiled) -> Diagnostic:
    origin = compiled.lowered[host.partition("/")[0]].origins.find(_path(host))
    message = f"the server of {host} is written where others would follow that go elsewhere"
    return Diagnostic("service-host-shared", message, origin, "write a service_host of its own in it first")


def _path(host: str) -> str:
    return f"hosts/{host.partition('/')[2]}/service_host"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _summary(server: str, targets: Targets) -> str:
    counts = sorted(Counter(targets.values()).items())
    shares = ", ".join(f"{number} to {target}" for target, number in counts)
    many = f"{len(targets)} host{'' if len(targets) == 1 else 's'}"
    return f"{many} from {server}: {shares}" if targets else f"nothing is on {server}"
