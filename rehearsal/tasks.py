"""The command ``rehearse`` for Invoke. A course's own ``tasks.py`` imports it beside those of the runner."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from mlnc.rehearsal.facts import differences
from mlnc.rehearsal.report import difference_lines, table
from mlnc.rehearsal.stage import Stage
from mlnc.rehearsal.transport import missing
from mlnc.runner.console import refusals, shown
from mlnc.runner.results import exit_status, summary
from mlnc.runner.task import Options

__all__ = ["rehearse"]

_HELP = {
    "project": "Only this project (may be given several times).",
    "out": "The folder that mlnc build wrote.",
    "keep": "Make the servers in this folder, which must not be there yet, and leave them.",
    "start": "Start the domains, or only deploy them (--no-start).",
}


@task(iterable=["project"], auto_shortflags=False, help=_HELP)
def rehearse(
    context: Context, project: list[str], out: str = "out", keep: str = "", start: bool = True
) -> None:
    """Deploy to servers that are folders, and compare the end with the IR. Exit status: 0 same, 1 not."""
    reason = missing()
    if reason:
        raise Exit(f"mlnc: nothing can be rehearsed here: {reason}", code=1)
    begun = time.monotonic()
    with _folder(keep) as folder, refusals():
        stage = Stage(context, Path(out), folder, project)
        print(f"{len(stage.servers)} servers are made in {folder}; deploying", flush=True)
        results = shown(False, lambda display: stage.deploy(Options(start), display))
        wanted, found = stage.facts(start)
        differing = differences(wanted, found)
        print("\n".join([*table(wanted, found, stage.servers), *difference_lines(differing)]))
        print(f"{summary(results)}; {time.monotonic() - begun:.0f} s")
    raise Exit(code=1 if differing or exit_status(results) else 0)


@contextmanager
def _folder(keep: str) -> Iterator[Path]:
    """The folder *keep*, new, or a temporary one that goes afterwards."""
    if not keep:
        folder = Path(tempfile.mkdtemp(prefix="mlnc-rehearsal-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
        return
    try:
        Path(keep).mkdir(parents=True)
    except FileExistsError:
        raise Exit(f"mlnc: {keep} is there already; name a new folder, or remove it", code=1) from None
    yield Path(keep)
