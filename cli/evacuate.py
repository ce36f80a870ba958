"""``mlnc evacuate``: a patch to the sources that moves everything away from a server. The user applies it."""

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
from mlnc.ir.quantity import counted
from mlnc.upgrade.evacuation import Targets, Unplaced
from mlnc.upgrade.evacuation import evacuate as find_targets


class UnknownServer(Exception):
    """The course has no server of that name; the message says so."""


@dataclass(frozen=True, slots=True)
class Evacuation:
    """A patch and a summary of it in one line."""

    patch: str
    summary: str


def evacuate(front: Front, paths: Sequence[Path], site: Path | None, server: str) -> Evacuation | None:
    """Return the patch that empties *server*; None if there is none, with the reason in the report of *front*.

    The patched course is compiled as a check: it has no errors, and exactly the planned hosts move. Raises
    UnknownServer.
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
        raise UnknownServer(f"unknown server {server}" + (f"; did you mean {near}?" if near else ""))
    return name


def _targets(compiled: Compiled, server: str, front: Front) -> tuple[Targets, Choice] | None:
    """Return targets that can be written to the sources; None if there are none, with the reason in the report."""
    places = ServiceHostSpans(
        compiled.models, {name: _main(compiled, front, name) for name in compiled.models}
    )
    groups = [set(hosts) for hosts in _located_switches(compiled.course, server, places).values()]
    while True:
        targets = find_targets(compiled.course, server, groups)
        if not isinstance(targets, dict):
            front.report.extend(_no_place(each, compiled) for each in targets)
            return None
        choice = places.choose(_wanted(compiled.course, server, places, targets))
        if not choice.stuck:
            return targets, choice
        joined = [{_name(each) for each in found if each.kind == "host"} for found in choice.stuck.values()]
        fresh = [found for found in joined if found not in groups and found <= targets.keys()]
        if not fresh:
            front.report.extend(_unfit(_name(item), compiled) for item in choice.stuck)
            return None
        groups += fresh


def _main(compiled: Compiled, front: Front, project: str) -> Source:
    file = front.loader.files[compiled.mains[project].resolve()]
    assert file is not None, "a project that was compiled has been read"
    return file.source


def _name(item: PlacedItem) -> str:
    return f"{item.project}/{item.name}"


def _located_switches(
    course: Course, server: str, places: ServiceHostSpans
) -> Mapping[PlacedItem, list[str]]:
    """Return the switches that name *server*, each with its hosts, which must move to the same server."""
    return {
        item: [f"{name}/{member.host}" for member in switch.members]
        for name, project in course.projects.items()
        for each, switch in project.switches.items()
        if switch.service_hosts == (server,) and places.names_server(item := PlacedItem(name, "switch", each))
    }


def _wanted(course: Course, server: str, places: ServiceHostSpans, targets: Targets) -> dict[PlacedItem, str]:
    """Return the new server of every host and switch that moves; a switch without hosts stays."""
    wanted = {}
    for host, target in targets.items():
        project, _, name = host.partition("/")
        wanted[PlacedItem(project, "host", name)] = target
    for item, hosts in _located_switches(course, server, places).items():
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
    """Return True if the patched course compiles and its hosts are as in *placed*; report the errors otherwise."""
    replaced = {Path(source.path).resolve(): text for source, text in texts.items()}
    patched = Front(Report(), instead=replaced)
    compiled = check(patched, paths, site)
    if compiled is None or patched.report.failed:
        found = [each for each in patched.report.sorted() if each.severity == "error"]
        # without the position: the line numbers of a patched file differ from those of the file on disk
        front.report.extend(Diagnostic(each.code, f"after the patch: {each.message}", None) for each in found)
        return False
    is_now = _placed(compiled.course)
    wrong = [host for host, server in sorted(placed.items()) if is_now.get(host) != server]
    front.report.extend(_unfit(host, compiled) for host in wrong)
    return not wrong


# --- messages --------------------------------------------------------------------------------------------------------


def _no_place(each: Unplaced, compiled: Compiled) -> Diagnostic:
    origin = compiled.lowered[each.hosts[-1].partition("/")[0]].origins.find(_path(each.hosts[-1]))
    message = (
        f"no server has room for {_listed(each.hosts)}, which must stay together and need {each.mib} MiB"
    )
    hint = "the obstacle is not memory, but a VNC display in use or a guest type that the toolstack does not support"
    if each.roomiest is None:
        hint = "there is no other server"
    elif each.free_mib < each.mib:
        missing = each.mib - each.free_mib
        hint = f"{each.roomiest} has the most free memory, {each.free_mib} MiB; {missing} MiB are missing"
    return Diagnostic("no-room", message, origin, hint)


def _unfit(host: str, compiled: Compiled) -> Diagnostic:
    origin = compiled.lowered[host.partition("/")[0]].origins.find(_path(host))
    message = f"the service_host of {host} also applies to hosts that move to other servers"
    return Diagnostic("service-host-shared", message, origin, "give the host a service_host of its own first")


def _path(host: str) -> str:
    return f"hosts/{host.partition('/')[2]}/service_host"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _summary(server: str, targets: Targets) -> str:
    counts = sorted(Counter(targets.values()).items())
    shares = ", ".join(f"{number} to {target}" for target, number in counts)
    return (
        f"{counted(len(targets), 'host')} from {server}: {shares}" if targets else f"nothing is on {server}"
    )
