"""``drift``: what differs between the servers and the artifacts, without changing anything."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from mlnc.compiler.ir import Host, Project, Volume
from mlnc.runner.decide import SHORT
from mlnc.runner.desk import Desk
from mlnc.runner.selection import Selection
from mlnc.runner.survey import State, Unreachable, domains, expect, no_domains, states
from mlnc.runner.verbs import Answer
from mlnc.targets.artifact import SERVER_ROOM

SAME = 0
DRIFT = 2
UNKNOWN = 1
"""Exit statuses."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the artifacts say; with *unknown*, one that could not be looked at."""

    server: str
    project: str
    what: str
    unknown: bool = False


def drift(desk: Desk, selection: Selection, parallel: int) -> list[Difference]:
    """Every difference on the servers of *selection*. One round trip a server."""
    found = desk.everywhere(selection, lambda server: _ask(desk, server, selection), parallel)
    differences: list[Difference] = []
    for server, answer in found.items():
        if isinstance(answer, str):
            differences.append(Difference(server, "", answer, unknown=True))
        else:
            differences += _Look(desk, server, list(selection[server]), answer).differences()
    return differences


def exit_status(differences: list[Difference]) -> int:
    """``SAME``, ``DRIFT``, or ``UNKNOWN`` where something could not be looked at."""
    if any(difference.unknown for difference in differences):
        return UNKNOWN
    return DRIFT if differences else SAME


def as_data(difference: Difference) -> dict[str, object]:
    """*difference* as JSON has it."""
    return asdict(difference)


def _ask(desk: Desk, server: str, selection: Selection) -> Answer | str:
    names = [SERVER_ROOM] if desk.library(server) != "-" else []
    lines = [f"project {name}\n" for name in (*names, *selection[server])]
    for name in selection[server]:
        if name in desk.manifest.projects:
            lines += [
                f"image {each.path}\n"
                for _, each in _volumes(desk.project(name), server)
                if not each.volume_group
            ]
    try:
        return expect(desk.ask(server, "look", (desk.site[server].toolstack,), "".join(lines).encode()))
    except Unreachable as error:
        return desk.secrets.masked(str(error))


def _volumes(project: Project, server: str) -> Iterator[tuple[str, Volume]]:
    for name, host in sorted(project.hosts.items()):
        if host.service_host == server and host.platform == "xen":
            for volume in host.volumes:
                yield name, volume


class _Look:
    """The comparison for one server."""

    def __init__(self, desk: Desk, server: str, projects: list[str], answer: Answer) -> None:
        self._desk = desk
        self._server = server
        self._projects = projects
        self._answer = answer
        self._states = states(answer)
        self._domains = domains(answer)
        self._volumes = {(words[0], words[1]): words[2:] for words in answer.told("volume")}
        self._images = {words[0]: words[1:] for words in answer.told("image")}
        self._links = {words[0]: words[1] for words in answer.told("link")}

    def differences(self) -> Iterator[Difference]:
        for word, what in (("no-volumes", "lvs does not answer"), ("no-links", "ip does not answer")):
            if self._answer.told(word):
                yield Difference(self._server, "", what, unknown=True)
        silent = no_domains(self._answer)
        if silent is not None:
            yield Difference(self._server, "", f"the toolstack does not answer: {silent}", unknown=True)
        for name in ([SERVER_ROOM] if self._desk.library(self._server) != "-" else []) + self._projects:
            for what in self._project(name):
                yield Difference(self._server, name, what)

    def _project(self, name: str) -> Iterator[str]:
        state = self._states.get(name, State())
        bundle = self._desk.bundles.get(self._server, {}).get(name)
        yield from _generation(bundle.generation if bundle else None, state)
        yield from (words[1] for words in self._answer.told("file") if words[0] == name)
        if bundle and state.applied == bundle.generation and name != SERVER_ROOM:
            project = self._desk.project(name)
            yield from self._volume_differences(project)
            yield from self._bridge_differences(project)
            yield from self._domain_differences(project)

    def _volume_differences(self, project: Project) -> Iterator[str]:
        wanted = set()
        for host, volume in _volumes(project, self._server):
            tags = {
                "mlnc",
                f"mlnc.project={project.project}",
                f"mlnc.host={host}",
                f"mlnc.role={volume.role}",
            }
            if volume.volume_group:
                wanted.add((volume.volume_group, volume.name))
                found = self._volumes.get((volume.volume_group, volume.name))
                yield from _volume(f"volume {volume.volume_group}/{volume.name}", volume, found, tags)
            else:
                image = self._images.get(volume.path)
                yield from _volume(f"image {volume.path}", volume, image and (image[0], "1", image[1]), tags)
        for (group, name), facts in sorted(self._volumes.items()):
            if f"mlnc.project={project.project}" in facts[2].split(",") and (group, name) not in wanted:
                yield f"volume {group}/{name}: of this project, but of no host that it has here"

    def _bridge_differences(self, project: Project) -> Iterator[str]:
        for name, switch in sorted(project.switches.items()):
            if switch.own_bridge and self._server in switch.service_hosts:
                mark = self._links.get(switch.bridge)
                if mark is None:
                    yield f"bridge {switch.bridge}: absent"
                elif not mark.startswith("mlnc:"):
                    yield f"bridge {switch.bridge}: not made by mlnc (switch {name})"

    def _domain_differences(self, project: Project) -> Iterator[str]:
        hosts = {host.domain: host for host in project.hosts.values() if host.platform == "xen"}
        for name, uuid in sorted(self._domains.items()):
            host: Host | None = hosts.get(name)
            if host is not None and host.uuid != uuid:
                yield f"domain {name}: runs with the UUID {uuid}, not {host.uuid}"
            elif host is not None and host.service_host != self._server:
                yield f"domain {name}: runs here, but belongs on {host.service_host}"
            elif host is None and name.endswith(f".{project.project}"):
                yield f"domain {name}: runs, but is no host of this project"


def _generation(wanted: str | None, state: State) -> Iterator[str]:
    if state.pending:
        yield "what was begun here was not finished; deploy again"
    if state.applied != wanted:
        there = f"generation {state.applied[:SHORT]}" if state.applied else "nothing"
        yield f"has {there}, {f'not {wanted[:SHORT]}' if wanted else 'but is not in out/ any more'}"
    if state.waiting:
        yield f"guest configuration waits for: {', '.join(state.waiting)}"


def _volume(what: str, volume: Volume, found: tuple[str, ...] | None, tags: set[str]) -> Iterator[str]:
    """What is wrong with a volume: *found* is its size and that of an extent in bytes, and its tags."""
    if not found:
        yield f"{what}: absent"
        return
    have = set(found[2].split(","))
    if "mlnc.incomplete" in have:
        yield f"{what}: not whole"
    elif not tags <= have:
        yield f"{what}: its tags do not say that it is ours"
    size, extent = int(found[0]), int(found[1])
    least = -(-volume.size_bytes // extent) * extent
    if size < least if volume.sizing == "template" else volume.sizing == "exact" and size != least:
        yield f"{what}: has {size} bytes, not {least}"
