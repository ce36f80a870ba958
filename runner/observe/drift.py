"""``drift``: what differs between the servers and the artifacts, without changing anything."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from mlnc.ir.model import Host, Project
from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.observe.decision import SHORT
from mlnc.runner.observe.running_domains import Running, domain_differences, running
from mlnc.runner.observe.survey import State, Unreachable, domains, expect, no_domains, states
from mlnc.runner.observe.volume_drift import Volumes, questions
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

SAME = 0
DRIFT = 2
UNKNOWN = 1
"""Exit statuses."""

_UNTOLD = "runs, but the toolstack does not say with what"


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One thing that is not as the artifacts say; with *unknown*, one that could not be looked at."""

    server: str
    project: str
    what: str
    unknown: bool = False


def drift(run: RunContext, selection: Selection, parallel: int) -> list[DriftFinding]:
    """Every difference on the servers of *selection*. One round trip a server."""
    found = run.everywhere(selection, lambda server: _ask(run, server, selection), parallel)
    differences: list[DriftFinding] = []
    for server, answer in found.items():
        if isinstance(answer, str):
            differences.append(DriftFinding(server, "", answer, unknown=True))
        else:
            differences += _Look(run, server, list(selection[server]), answer).differences()
    return differences


def exit_status(differences: list[DriftFinding]) -> int:
    """``SAME``, ``DRIFT``, or ``UNKNOWN`` where something could not be looked at."""
    if any(difference.unknown for difference in differences):
        return UNKNOWN
    return DRIFT if differences else SAME


def as_data(difference: DriftFinding) -> dict[str, object]:
    """*difference* as JSON has it."""
    return asdict(difference)


def _ask(run: RunContext, server: str, selection: Selection) -> Answer | str:
    names = [SERVER_ROOM] if run.library(server) != "-" else []
    lines = [f"project {name}\n" for name in (*names, *selection[server])]
    for name in selection[server]:
        if name in run.manifest.projects:
            lines += questions(run.project(name), server)
    facts = run.site[server]
    try:
        return expect(run.ask(server, "drift", (facts.toolstack, facts.templates), "".join(lines).encode()))
    except Unreachable as error:
        return run.secrets.masked(str(error))


class _Look:
    """The comparison for one server."""

    def __init__(self, run: RunContext, server: str, projects: list[str], answer: Answer) -> None:
        self._run = run
        self._server = server
        self._projects = projects
        self._answer = answer
        self._states = states(answer)
        self._domains = domains(answer)
        self._volumes = Volumes(answer)
        self._links = {words[0]: words[1] for words in answer.told("link")}
        self._bridges = {words[0]: words[2] for words in answer.told("link") if words[2]}
        self._running = _running(run.site[server].toolstack, answer)

    def differences(self) -> Iterator[DriftFinding]:
        for word, what in (("no-volumes", "lvs does not answer"), ("no-links", "ip does not answer")):
            if self._answer.told(word):
                yield DriftFinding(self._server, "", what, unknown=True)
        silent = no_domains(self._answer)
        if silent is not None:
            yield DriftFinding(self._server, "", f"the toolstack does not answer: {silent}", unknown=True)
        for name in ([SERVER_ROOM] if self._run.library(self._server) != "-" else []) + self._projects:
            state = self._states.get(name, State())
            bundle = self._run.bundles.get(self._server, {}).get(name)
            texts = [*_generation(bundle.generation if bundle else None, state), *self._files(name)]
            yield from (DriftFinding(self._server, name, what) for what in texts)
            if bundle and state.applied == bundle.generation and name != SERVER_ROOM:
                yield from self._project(self._run.project(name))

    def _files(self, name: str) -> Iterator[str]:
        return (words[1] for words in self._answer.told("file") if words[0] == name)

    def _project(self, project: Project) -> Iterator[DriftFinding]:
        """What is not as the IR of *project*, which is in force here, says."""
        texts: list[str] = []
        if not self._answer.told("no-volumes"):
            texts += self._volumes.differences(project, self._server)
        if not self._answer.told("no-links") and (project.project,) not in self._answer.told("stopped"):
            texts += self._bridge_differences(project)
        yield from (DriftFinding(self._server, project.project, what) for what in texts)
        yield from self._domain_differences(project)

    def _bridge_differences(self, project: Project) -> Iterator[str]:
        for name, switch in sorted(project.switches.items()):
            if switch.own_bridge and self._server in switch.service_hosts:
                mark = self._links.get(switch.bridge)
                if mark is None:
                    yield f"bridge {switch.bridge}: absent"
                elif not mark.startswith("mlnc:"):
                    yield f"bridge {switch.bridge}: not made by mlnc (switch {name})"

    def _domain_differences(self, project: Project) -> Iterator[DriftFinding]:
        hosts = {host.domain: host for host in project.xen_hosts().values()}
        for name, uuid in sorted(self._domains.items()):
            host: Host | None = hosts.get(name)
            if host is None and not name.endswith(f".{project.project}"):
                continue
            for what in self._domain(host, uuid):
                unknown = what == _UNTOLD
                yield DriftFinding(self._server, project.project, f"domain {name}: {what}", unknown)

    def _domain(self, host: Host | None, uuid: str) -> Iterator[str]:
        if host is None:
            yield "runs, but is no host of this project"
        elif host.uuid != uuid:
            yield f"runs with the UUID {uuid}, not {host.uuid}"
        elif host.service_host != self._server:
            yield f"runs here, but belongs on {host.service_host}"
        elif uuid not in self._running:
            yield _UNTOLD
        else:
            yield from domain_differences(host, self._running[uuid], self._bridges)


def _generation(wanted: str | None, state: State) -> Iterator[str]:
    if state.pending:
        yield "what was begun here was not finished; deploy again"
    if state.applied != wanted:
        there = f"generation {state.applied[:SHORT]}" if state.applied else "nothing"
        yield f"has {there}, {f'not {wanted[:SHORT]}' if wanted else 'but is not in out/ any more'}"
    if state.waiting:
        yield f"guest configuration waits for: {', '.join(state.waiting)}"


def _running(toolstack: Literal["xl", "xm"], answer: Answer) -> dict[str, Running]:
    """What each domain has, by UUID; of a domain that is not in it the server did not tell."""
    try:
        return running(toolstack, "\n".join(answer.texts("details").get("all", [])))
    except ValueError:
        return {}
