"""``drift``: differences between the servers and the build. Read-only."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from mlnc.ir.model import Host, Project
from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.observe.decision import SHORT
from mlnc.runner.observe.running_domains import Running, domain_differences, running
from mlnc.runner.observe.survey import REMOVAL, State, Unreachable, domains, expect, no_domains, states
from mlnc.runner.observe.volume_drift import Volumes, questions
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

SAME = 0
DRIFT = 2
UNKNOWN = 1
"""Exit statuses."""

_NO_DETAILS = "runs, but the toolstack does not report its configuration"


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """A difference from the build, or, with *unknown*, something that could not be checked.

    *project* is empty for a finding about the whole server; *what* is the text of the finding.
    """

    server: str
    project: str
    what: str
    unknown: bool = False


def drift(run: RunContext, selection: Selection, parallel: int) -> list[DriftFinding]:
    """Every difference on the servers of *selection*, at most *parallel* at a time. One round trip to each server."""
    found = run.everywhere(selection, lambda server: _ask(run, server, selection), parallel)
    differences: list[DriftFinding] = []
    for server, answer in found.items():
        if isinstance(answer, str):
            differences.append(DriftFinding(server, "", answer, unknown=True))
        else:
            differences += _Comparison(run, server, list(selection[server]), answer).differences()
    return differences


def exit_status(differences: list[DriftFinding]) -> int:
    """``SAME``, ``DRIFT``, or ``UNKNOWN`` if something could not be checked."""
    if any(difference.unknown for difference in differences):
        return UNKNOWN
    return DRIFT if differences else SAME


def as_data(difference: DriftFinding) -> dict[str, object]:
    """*difference* as plain values for JSON."""
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


class _Comparison:
    """Comparison of one server with the build."""

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
        for word, what in (("no-volumes", "lvs failed"), ("no-links", "ip link failed")):
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
        """Differences from the IR of *project*, whose generation this server has applied."""
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
                unknown = what == _NO_DETAILS
                yield DriftFinding(self._server, project.project, f"domain {name}: {what}", unknown)

    def _domain(self, host: Host | None, uuid: str) -> Iterator[str]:
        if host is None:
            yield "runs, but is not a host of this project"
        elif host.uuid != uuid:
            yield f"runs with the UUID {uuid}, not {host.uuid}"
        elif host.service_host != self._server:
            yield f"runs here, but belongs on {host.service_host}"
        elif uuid not in self._running:
            yield _NO_DETAILS
        else:
            yield from domain_differences(host, self._running[uuid], self._bridges)


def _generation(wanted: str | None, state: State) -> Iterator[str]:
    if state.pending:
        interrupted = "removal" if state.pending == REMOVAL else "deployment"
        yield f"the last {interrupted} was interrupted; run it again"
    if state.applied != wanted:
        applied = f"has generation {state.applied[:SHORT]}" if state.applied else "is not deployed"
        yield f"{applied}, {f'out/ has {wanted[:SHORT]}' if wanted else 'is not in out/ any more'}"
    if state.waiting:
        yield f"guest configuration pending: {', '.join(state.waiting)}"


def _running(toolstack: Literal["xl", "xm"], answer: Answer) -> dict[str, Running]:
    """The configuration of each running domain by UUID, without those that *answer* does not describe."""
    try:
        return running(toolstack, "\n".join(answer.texts("details").get("all", [])))
    except ValueError:
        return {}
