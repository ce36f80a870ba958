"""``deployed``: fetches the servers' own record of what was applied, where the one in ``out/deployed`` is lost."""

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import IR
from mlnc.output.errors import Refused
from mlnc.output.manifest import digest
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.observe.survey import Unreachable, expect, states
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def fetch(run: RunContext, selection: Selection, display: Display, parallel: int) -> list[Result]:
    """Bring the record of every project of *selection* to what its server says. One round trip a server."""
    found = run.everywhere(selection, lambda server: _ask(run, server), parallel)
    results: list[Result] = []
    chosen = {name for projects in selection.values() for name in projects}
    for server, answer in found.items():
        if isinstance(answer, str):
            results.append(Result(server, "-", "skipped", answer))
            continue
        names = [SERVER_ROOM, *selection[server]]
        # what has been built for other servers since, too: what stands here is the old side of its move
        others = (name for name in states(answer) if name in chosen or name not in run.manifest.projects)
        names += [name for name in others if name not in names]
        results += [_take(run, server, name, answer) for name in names]
    for result in results:
        display.done(result)
    return results


def _ask(run: RunContext, server: str) -> Answer | str:
    try:
        return expect(run.ask(server, "fetch", ()))
    except Unreachable as error:
        return run.secrets.masked(str(error))


def _take(run: RunContext, server: str, project: str, answer: Answer) -> Result:
    """Record what the *answer* of *server* says of *project*."""
    state = states(answer).get(project)
    applied = state.applied if state else None
    if applied == run.recorded(project, server):
        return Result(server, project, "unchanged")
    if applied is None:
        run.note_removed(project, server)
        return Result(server, project, "changed", "the server has nothing of it")
    try:
        run.note(project, server, applied, _ir_text(project, applied, answer))
    except Refused as error:
        return Result(server, project, "failed", str(error))
    return Result(server, project, "changed")


def _ir_text(project: str, generation: str, answer: Answer) -> str | None:
    """The IR that *generation* was made of, as the server keeps it, if it is that. Raises Refused."""
    listing = answer.texts("files").get(project, [])
    if not digest("".join(f"{line}\n" for line in listing).encode()).startswith(generation):
        raise Refused("the list of its files on the server is damaged; deploy it again with --again")
    text = "".join(f"{line}\n" for line in answer.texts("ir").get(project, []))
    if project == SERVER_ROOM:
        return None
    if f"{digest(text.encode())}  ./{IR}" not in listing:
        raise Refused(f"its {IR} on the server is damaged; deploy it again with --again")
    return text
