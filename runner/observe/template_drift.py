"""Roots whose template has changed under the same name since they were made of it."""

from mlnc.ir.model import Volume
from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.deploy.start_stop import known_generations
from mlnc.runner.observe.drift import DriftFinding
from mlnc.runner.observe.status import chosen_hosts
from mlnc.runner.observe.survey import Unreachable, expect
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def outdated(run: RunContext, selection: Selection, parallel: int) -> list[DriftFinding]:
    """A difference for each such host of *selection*; a server that does not answer has none. One round trip each."""
    there = [server for server in selection if run.recorded(SERVER_ROOM, server)]
    found = run.everywhere(there, lambda server: _of(run, server, selection), parallel)
    return [each for server in there for each in found[server]]


def _of(run: RunContext, server: str, selection: Selection) -> list[DriftFinding]:
    roots = [
        (project, name, volume)
        for project, name, host in chosen_hosts(run, server, selection)
        if (volume := host.volumes.get("root")) and volume.template and not volume.snapshot
    ]
    if not roots:
        return []
    lines = {f"template {volume.template}\n" for _, _, volume in roots}
    lines |= {f"image {volume.path}\n" for _, _, volume in roots if volume.kind == "file"}
    answer = _ask(run, server, "".join(sorted(lines)))
    now = _sums(answer, "template")
    made = _sums(answer, "made")
    return [
        DriftFinding(server, project, _text(project, name, str(volume.template)))
        for project, name, volume in roots
        if _differ(made.get(_place(volume)), now.get(str(volume.template)))
    ]


def _sums(answer: Answer | None, word: str) -> dict[str, str]:
    return {words[0]: words[1] for words in (answer.told(word) if answer else ())}


def _differ(made: str | None, now: str | None) -> bool:
    """Whether both checksums are known, and are not the same."""
    return bool(made and now) and made != now


def _text(project: str, host: str, template: str) -> str:
    return (
        f"the root of {host} was made from another state of the template {template};"
        f" invoke rebuild {project}/{host} makes it anew"
    )


def _place(volume: Volume) -> str:
    return volume.path if volume.kind == "file" else f"{volume.volume_group}/{volume.name}"


def _ask(run: RunContext, server: str, lines: str) -> Answer | None:
    library = known_generations(run, server, SERVER_ROOM) or "-"
    try:
        return expect(run.ask(server, "templates", (library,), lines.encode()))
    except Unreachable:
        return None
