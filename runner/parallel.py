"""Work on several servers: each server's jobs in order, the servers side by side, a failure where it belongs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with one project on one server."""

    server: str
    project: str
    act: Callable[[], Result]


def work(
    run: RunContext,
    display: Display,
    jobs: Mapping[str, Sequence[Job]],
    parallel: int,
    before: Sequence[Result] = (),
) -> list[Result]:
    """Do the *jobs* of every server. After a lost connection, or Ctrl-C, no further one is begun there.

    *before* is what came of earlier jobs; it counts as if they were among these.
    """
    for server, there in jobs.items():
        display.expect(server, len(there))
    done = run.everywhere(jobs, lambda server: _in_order(run, display, jobs[server], before), parallel)
    return [result for results in done.values() for result in results]


def _in_order(
    run: RunContext, display: Display, jobs: Sequence[Job], before: Sequence[Result]
) -> list[Result]:
    results: list[Result] = []
    earlier = [result for result in before if jobs and result.server == jobs[0].server]
    for job in jobs:
        reason = "you stopped it" if run.stopping.is_set() else _obstacle([*earlier, *results])
        result = job.act() if reason is None else _skipped(job, reason)
        results.append(result)
        display.done(result)
    return results


def _skipped(job: Job, reason: str) -> Result:
    return Result(job.server, job.project, "skipped", f"not begun: {reason}")


def _obstacle(results: Sequence[Result]) -> str | None:
    """What keeps a server with these *results* from going on, if anything does."""
    for result in results:
        if result.lost:
            return "the connection broke"
        if result.outcome == "failed" and result.project == SERVER_ROOM:
            return "what all projects of this server share could not be brought there"
    return None
