"""``retired`` and ``purge``: the volumes that hosts have left behind which are built no more."""

from dataclasses import asdict, dataclass
from typing import Literal

from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.deploy.start_stop import known_generations
from mlnc.runner.observe.survey import Unreachable, expect
from mlnc.runner.parallel import Job, work
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext


@dataclass(frozen=True, slots=True)
class Retired:
    """One volume on *server*: whose it was, its kind (lvm or file), its place, its size in bytes, since when."""

    server: str
    project: str
    host: str
    role: str
    kind: str
    place: str
    size_bytes: int
    date: str


def retired(run: RunContext, projects: list[str], parallel: int) -> tuple[list[Retired], list[Result]]:
    """What is retired on all servers, of *projects* if any are named; and which servers did not say."""
    answers = run.everywhere(_servers(run), lambda server: _ask(run, server), parallel)
    silent = [
        Result(server, "-", "skipped", found) for server, found in answers.items() if isinstance(found, str)
    ]
    volumes = [each for found in answers.values() if not isinstance(found, str) for each in found]
    chosen = [each for each in volumes if not projects or each.project in projects]
    return sorted(chosen, key=lambda each: (each.project, each.host, each.server, each.place)), silent


def change_retired(
    run: RunContext, what: Literal["purge", "restore"], name: str, display: Display, volumes: list[Retired]
) -> list[Result]:
    """Remove those of *volumes* that belong to *name*, with all data, or bring them into use again."""
    project, _, host = name.partition("/")
    servers = sorted({each.server for each in belonging(volumes, name)})
    hosts = (host,) if host else ()

    def job(server: str) -> Job:
        words = (_library(run, server), what, *run.signature(), project, *hosts)
        call = Call(server, project, "retired", words, b"", "done")
        return Job(server, project, lambda: perform(run, display, call))

    return work(run, display, {server: [job(server)] for server in servers}, len(servers))


def belonging(volumes: list[Retired], name: str) -> list[Retired]:
    """Those of *volumes* that belong to *name*, PROJECT or PROJECT/HOST."""
    project, _, host = name.partition("/")
    return [each for each in volumes if each.project == project and host in ("", each.host)]


def as_data(volume: Retired) -> dict[str, object]:
    """*volume* as JSON has it."""
    return asdict(volume)


def _servers(run: RunContext) -> list[str]:
    """The servers that were given a library; others have nothing of ours."""
    return [server for server in sorted(run.site) if run.recorded(SERVER_ROOM, server)]


def _library(run: RunContext, server: str) -> str:
    return known_generations(run, server, SERVER_ROOM) or "-"


def _ask(run: RunContext, server: str) -> list[Retired] | str:
    try:
        answer = expect(run.ask(server, "retired", (_library(run, server), "list")))
    except Unreachable as error:
        return run.secrets.masked(str(error))
    return [
        Retired(
            server, project, host, role, kind, where if name == "-" else f"{where}/{name}", int(size), date
        )
        for project, host, role, kind, where, name, size, date in answer.told("retired")
    ]
