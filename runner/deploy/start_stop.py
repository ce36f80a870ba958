"""``start`` and ``stop``: what runs, of what is deployed."""

from collections.abc import Iterable
from typing import Literal

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.secret_names import secret_names
from mlnc.runner.deploy.double_run_guard import refuse_starting
from mlnc.runner.deployment import Options
from mlnc.runner.parallel import Job, work
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.secret_values import expect
from mlnc.runner.selection import Selection

Verb = Literal["start", "stop"]


def start_where_it_may(
    run: RunContext, selection: Selection, options: Options, display: Display, parallel: int
) -> list[Result]:
    """Start what was chosen, but nothing that may run on another server; what came of it. Raises Refused.

    A server that a project leaves, by what is built, has nothing of it to start.
    """
    chosen = {
        server: {name: hosts for name, hosts in projects.items() if name in run.bundles.get(server, {})}
        for server, projects in selection.items()
    }
    refused = refuse_starting(run, chosen, options.fenced)
    for result in refused:
        display.done(result)
    return refused + change_life(run, chosen, "start", options.wait_seconds, display, parallel)


def change_life(
    run: RunContext,
    selection: Selection,
    verb: Verb,
    wait_seconds: int | None,
    display: Display,
    parallel: int,
) -> list[Result]:
    """Start or stop every project of *selection*, or the hosts that were named. Raises Refused for lacking secrets."""
    if verb == "start":
        check_secrets(run, selection)

    def job(server: str, project: str, hosts: Iterable[str]) -> Job:
        call = life_call(run, server, project, verb, hosts, wait_seconds)
        return Job(server, project, lambda: perform(run, display, call))

    jobs = {
        server: [job(server, name, hosts) for name, hosts in projects.items()]
        for server, projects in selection.items()
    }
    return work(run, display, jobs, parallel)


def check_secrets(run: RunContext, selection: Selection) -> None:
    """Raise Refused unless every secret is there that the projects of *selection* need to start."""
    pairs = [(server, name) for server, names in selection.items() for name in names]
    known = [(run.project(name), server) for server, name in pairs if name in run.manifest.projects]
    expect(run.secrets, known, run.stores)


def life_call(
    run: RunContext, server: str, project: str, verb: Verb, hosts: Iterable[str], wait_seconds: int | None
) -> Call:
    """The call that starts or stops *hosts* (none: all) of *project* on *server*.

    To start, the generation there must be the one that is built here; to stop, the recorded one will do.
    """
    wait = "-" if wait_seconds is None or verb == "stop" else str(wait_seconds)
    generations = known_generations if verb == "stop" else _built
    ids = generations(run, server, project)
    library = generations(run, server, SERVER_ROOM) or "-"
    arguments = (project, library, *run.signature(), ids, verb, wait, *hosts)
    names = secret_names(run.project(project), server) if verb == "start" and ids else ()
    stdin = run.secrets.lines(names) + b"\n" if verb == "start" else b""
    return Call(server, project, "life", arguments, stdin, "done")


def known_generations(run: RunContext, server: str, project: str) -> str:
    """The generations of *project* on *server* that are known here, separated by commas."""
    recorded = run.recorded(project, server)
    return ",".join(dict.fromkeys(filter(None, (_built(run, server, project), recorded))))


def _built(run: RunContext, server: str, project: str) -> str:
    bundle = run.bundles.get(server, {}).get(project)
    return bundle.generation if bundle else ""
