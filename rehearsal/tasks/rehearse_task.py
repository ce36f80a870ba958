"""Invoke task that rehearses a deployment."""

import time
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

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
    """Deploy to servers that are folders, from what was deployed last, and compare the end with the IR.

    Where nothing was deployed yet, the servers have nothing. Exit status: 0 all is as it should be, 1 it is not.
    """
    from mlnc.rehearsal.folder_transport import missing
    from mlnc.rehearsal.rehearsal_paths import Folder
    from mlnc.rehearsal.rehearsal_run import Play, stage_folder
    from mlnc.runner.console.task_options import refusals
    from mlnc.runner.results import exit_status, summary

    reason = missing()
    if reason:
        raise Exit(f"mlnc: nothing can be rehearsed here: {reason}", code=1)
    begun = time.monotonic()
    with stage_folder(keep) as folder, refusals():
        rehearsed = Play(context, Path(out), Folder(folder.resolve()), project)
        results = rehearsed.play(start)
        wrong = rehearsed.report(start)
        print(f"{summary(results)}; {time.monotonic() - begun:.0f} s")
    raise Exit(code=1 if wrong or exit_status(results) else 0)
