"""``deployed``: fetch the records of the servers into ``out/deployed``, where these are lost or out of date."""

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
    """Set the record of every project of *selection* to the one of its server. One round trip to each server."""
    found = run.everywhere(selection, lambda server: _ask(run, server), parallel)
    results: list[Result] = []
    chosen = {name for projects in selection.values() for name in projects}
    for server, answer in found.items():
        if isinstance(answer, str):
            results.append(Result(server, "-", "skipped", answer))
            continue
        names = [SERVER_ROOM, *selection[server]]
        # Includes projects that were built for other servers since: this server is the source of their move.
        known = (name for name in states(answer) if name in chosen or name not in run.manifest.projects)
        names += [name for name in known if name not in names]
        results += [_record(run, server, name, answer) for name in names]
    for result in results:
        display.done(result)
    return results


def _ask(run: RunContext, server: str) -> Answer | str:
    try:
        return expect(run.ask(server, "fetch", ()))
    except Unreachable as error:
        return run.secrets.masked(str(error))


def _record(run: RunContext, server: str, project: str, answer: Answer) -> Result:
    """Record the generation and IR of *project* in the *answer* of *server*."""
    state = states(answer).get(project)
    applied = state.applied if state else None
    if applied == run.recorded(project, server):
        return Result(server, project, "unchanged")
    if applied is None:
        run.note_removed(project, server)
        return Result(server, project, "changed", "not deployed on this server")
    try:
        run.note(project, server, applied, _ir_text(project, applied, answer))
    except Refused as error:
        return Result(server, project, "failed", str(error))
    return Result(server, project, "changed")


def _ir_text(project: str, generation: str, answer: Answer) -> str | None:
    """The IR of *generation* as the server keeps it; None for the server room. Raises Refused if it is damaged."""
    listing = answer.texts("files").get(project, [])
    if not digest("".join(f"{line}\n" for line in listing).encode()).startswith(generation):
        raise Refused("its list of files on the server is damaged; deploy it with --again")
    text = "".join(f"{line}\n" for line in answer.texts("ir").get(project, []))
    if project == SERVER_ROOM:
        return None
    if f"{digest(text.encode())}  ./{IR}" not in listing:
        raise Refused(f"its {IR} on the server is damaged; deploy it with --again")
    return text
