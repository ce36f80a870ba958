"""Root volumes whose template was replaced under the same name after they were created."""

from mlnc.ir.model import Volume
from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.deploy.start_stop import known_generations
from mlnc.runner.observe.drift import DriftFinding
from mlnc.runner.observe.status import chosen_hosts
from mlnc.runner.observe.survey import Unreachable, expect
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def outdated_roots(run: RunContext, selection: Selection, parallel: int) -> list[DriftFinding]:
    """A finding for each such host of *selection*, none for a silent server. One round trip to each server."""
    servers = [server for server in selection if run.recorded(SERVER_ROOM, server)]
    found = run.everywhere(servers, lambda server: _outdated_on(run, server, selection), parallel)
    return [each for server in servers for each in found[server]]


def _outdated_on(run: RunContext, server: str, selection: Selection) -> list[DriftFinding]:
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
    """True if both checksums are known and differ."""
    return bool(made and now) and made != now


def _text(project: str, host: str, template: str) -> str:
    return (
        f"the root volume of {host} was made from another version of the template {template};"
        f" recreate it with invoke rebuild {project}/{host}"
    )


def _place(volume: Volume) -> str:
    return volume.path if volume.kind == "file" else f"{volume.volume_group}/{volume.name}"


def _ask(run: RunContext, server: str, lines: str) -> Answer | None:
    library = known_generations(run, server, SERVER_ROOM) or "-"
    try:
        return expect(run.ask(server, "templates", (library,), lines.encode()))
    except Unreachable:
        return None
