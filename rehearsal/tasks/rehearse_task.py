"""Invoke task that rehearses a deployment."""

import time
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

_HELP = {
    "project": "Rehearse only this project (may be given several times).",
    "out": "Output folder of mlnc build.",
    "keep": "Create the servers in this new folder and keep it afterwards.",
    "start": "Start the domains; --no-start deploys without starting them.",
}


@task(iterable=["project"], auto_shortflags=False, help=_HELP)
def rehearse(_: Context, project: list[str], out: str = "out", keep: str = "", start: bool = True) -> None:
    """Deploy to simulated servers (folders), starting from the deployed records, and compare the result with the IR.

    Without deployed records the servers start empty. Exit status: 0 no failure and no difference, 1 otherwise.
    """
    from mlnc.rehearsal.folder_transport import missing
    from mlnc.rehearsal.rehearsal_paths import Folder
    from mlnc.rehearsal.rehearsal_run import RehearsalRun, rehearsal_folder
    from mlnc.runner.console.task_options import refusals
    from mlnc.runner.results import exit_status, summary

    reason = missing()
    if reason:
        raise Exit(f"mlnc: this machine cannot rehearse: {reason}", code=1)
    started = time.monotonic()
    with rehearsal_folder(keep) as folder, refusals():
        rehearsal = RehearsalRun(Path(out), Folder(folder.resolve()), project)
        results = rehearsal.run(start)
        differs = rehearsal.report(start)
        print(f"{summary(results)}; {time.monotonic() - started:.0f} s")
    raise Exit(code=1 if differs or exit_status(results) else 0)
