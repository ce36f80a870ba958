"""``remove``: takes projects from servers, with all their data."""

from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.deploy.start_stop import known_generations
from mlnc.runner.parallel import Job, work
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def remove(
    run: RunContext, selection: Selection, stop: bool, display: Display, parallel: int
) -> list[Result]:
    """Remove each project of *selection* from each of its servers; one that runs only if it may be stopped first."""
    jobs = {
        server: [_job(run, display, _call(run, server, name, stop)) for name in projects]
        for server, projects in selection.items()
    }
    return work(run, display, jobs, parallel)


def _job(run: RunContext, display: Display, call: Call) -> Job:
    return Job(call.server, call.project, lambda: perform(run, display, call))


def _call(run: RunContext, server: str, project: str, stop: bool) -> Call:
    ids = known_generations(run, server, project)
    library = known_generations(run, server, SERVER_ROOM) or "-"
    arguments = (project, library, *run.signature(), ids, *(["stop"] if stop else []))

    def settle(answer: Answer) -> None:
        if answer.status == 0:
            run.note_removed(project, server)

    return Call(server, project, "remove", arguments, b"", "done", settle)
