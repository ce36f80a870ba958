"""``status``: the current state of each host of each project."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from mlnc.ir.model import Host
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.observe.survey import Unreachable, domains, expect, no_domains
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

UP = "up"


@dataclass(frozen=True, slots=True)
class VmStatus:
    """State of one host.

    *state* is up, down, absent, foreign or moving (from project.sh), elsewhere or unknown. *answers* is the result of
    a ping to its fixed address, None if it has no such address or is down.
    """

    server: str
    project: str
    host: str
    state: str
    uptime: str = ""
    answers: bool | None = None
    remark: str = ""


def status(run: RunContext, selection: Selection, parallel: int) -> list[VmStatus]:
    """State of every host of *selection*, by server, project and name. One round trip to each server."""
    found = run.everywhere(selection, lambda server: _ask(run, server, selection), parallel)
    locations = {
        (name, uuid): server
        for server, answer in found.items()
        if isinstance(answer, Answer)
        for name, uuid in domains(answer).items()
    }
    return [
        _located(vm, run, locations)
        for server, answer in found.items()
        for vm in _vms(run, server, selection, answer)
    ]


def as_data(vm: VmStatus) -> dict[str, object]:
    """*vm* as plain values for JSON."""
    return asdict(vm)


def chosen_hosts(run: RunContext, server: str, selection: Selection) -> list[tuple[str, str, Host]]:
    """Project, name and facts of the Xen hosts of *selection* on *server*."""
    return [
        (project, name, host)
        for project, names in selection[server].items()
        if project in run.manifest.projects
        for name, host in run.project(project).xen_hosts(server).items()
        if not names or name in names
    ]


def _ask(run: RunContext, server: str, selection: Selection) -> Answer | str:
    hosts = chosen_hosts(run, server, selection)
    lines = "".join(f"{project} {name} {_fixed_address(host)}\n" for project, name, host in hosts)
    try:
        return expect(run.ask(server, "status", (run.site[server].toolstack,), lines.encode()))
    except Unreachable as error:
        return run.secrets.masked(str(error))


def _fixed_address(host: Host) -> str:
    """The first fixed address of *host*, IPv4 before IPv6; ``-`` if it has none."""
    cards = list(host.interfaces.values())
    fixed = [card.address for card in cards if card.mode == "static" and card.address]
    fixed += [card.address6 for card in cards if card.mode6 == "static" and card.address6]
    return fixed[0] if fixed else "-"


def _vms(run: RunContext, server: str, selection: Selection, answer: Answer | str) -> list[VmStatus]:
    hosts = chosen_hosts(run, server, selection)
    if isinstance(answer, str):
        return [VmStatus(server, project, name, "unknown", remark=answer) for project, name, _ in hosts]
    states = {(project, host): state for project, host, state in answer.told("vm")}
    unknown = _pairs(answer, "unknown")
    uptimes = _pairs(answer, "uptime")
    answers = {(project, host): word == "yes" for project, host, word in answer.told("answers")}
    silent = no_domains(answer)
    found = []
    for project, name, host in hosts:
        state = states.get((project, name), "unknown" if project in unknown or silent else "absent")
        runs = state == UP
        remark = unknown.get(project) or (silent if state == "unknown" else None) or ""
        uptime, replies = uptimes.get(host.domain, ""), answers.get((project, name))
        found.append(
            VmStatus(server, project, name, state, uptime if runs else "", replies if runs else None, remark)
        )
    return found


def _pairs(answer: Answer, word: str) -> dict[str, str]:
    return {words[0]: words[1] for words in answer.told(word)}


def _located(vm: VmStatus, run: RunContext, locations: dict[tuple[str, str], str]) -> VmStatus:
    """*vm* with the state ``elsewhere`` if *locations* has its domain on another server.

    During an upgrade a moved domain runs before the applied generation of its new server includes it: ``up``.
    """
    host = run.project(vm.project).hosts[vm.host]
    server = locations.get((host.domain, host.uuid))
    if server == vm.server and vm.state == "absent":
        return replace(vm, state=UP, remark="moved here by an unfinished upgrade; run invoke deploy")
    return vm if server in (None, vm.server) else replace(vm, state="elsewhere", remark=f"runs on {server}")


def lines(found: list[VmStatus]) -> Iterator[str]:
    """A printed line for each of *found*: server, project/host, state, uptime, answer, remark."""
    width = max((len(f"{vm.server} {vm.project}/{vm.host}") for vm in found), default=0)
    for vm in found:
        answers = {True: "answers", False: "does not answer", None: ""}[vm.answers]
        facts = ", ".join(filter(None, (vm.uptime, answers, vm.remark)))
        yield f"{f'{vm.server} {vm.project}/{vm.host}':{width}}  {vm.state:9} {facts}".rstrip()
