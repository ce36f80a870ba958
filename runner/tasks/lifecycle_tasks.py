"""Invoke tasks that start, stop, rebuild and remove virtual machines."""

from functools import partial

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run
from mlnc.runner.selection import known_servers, select


@command("project", "host", "fence")
def start(
    _: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    wait: int = 0,
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Start deployed VMs, except those that may run on another server.

    Exit status: 0 done, 1 failed, 3 partly failed.
    """
    with opened_run(out, "start") as run:
        from mlnc.runner.console.command_output import (
            finish,
            print_selection,
            require_reviewed,
            with_display,
        )
        from mlnc.runner.deploy.start_stop import start_where_it_may
        from mlnc.runner.deployment import Options

        selection = select(run, project, host)
        options = Options(start=True, wait_seconds=wait or None, fenced=known_servers(run, fence))
        if dry_run:
            print_selection(selection, "start", json)
            return
        require_reviewed(run, git=False)
        start_vms = partial(start_where_it_may, run, selection, options, parallel=parallel)
        finish(run, with_display(json, lambda display: start_vms(display=display)), json)


@command("project", "host")
def stop(
    _: Context,
    project: list[str],
    host: list[str],
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Shut down VMs; destroy those that still run after stop_timeout.

    Exit status: 0 done, 1 failed, 3 partly failed.
    """
    with opened_run(out, "stop") as run:
        from mlnc.runner.console.command_output import (
            finish,
            print_selection,
            require_reviewed,
            with_display,
        )
        from mlnc.runner.deploy.start_stop import change_life

        selection = select(run, project, host)
        if dry_run:
            print_selection(selection, "stop", json)
            return
        require_reviewed(run, git=False)
        stop_vms = partial(change_life, run, selection, "stop", None, parallel=parallel)
        finish(run, with_display(json, lambda display: stop_vms(display=display)), json)


@command("fence", "allow_data_loss")
def rebuild(
    _: Context,
    name: str,
    fence: list[str],
    allow_data_loss: list[str],
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Recreate the root volumes of PROJECT, PROJECT/HOST or all from their templates.

    Destroys the data on these volumes. VMs that ran are started again.
    Exit status: 0 done, 1 failed, 3 partly failed.
    """
    with opened_run(out, "rebuild") as run:
        from mlnc.runner.console.command_output import (
            finish,
            print_selection,
            require_reviewed,
            with_display,
        )
        from mlnc.runner.deploy.rebuild import expect_consent, rebuildable
        from mlnc.runner.deploy.rebuild import rebuild as execute
        from mlnc.runner.deployment import Options

        selection = rebuildable(run, name)
        if dry_run:
            print_selection(selection, "rebuild", json)
            return
        require_reviewed(run, git=False)
        expect_consent(name, selection, allow_data_loss)
        options = Options(fenced=known_servers(run, fence))
        recreate = partial(execute, run, selection, options, parallel=parallel)
        finish(run, with_display(json, lambda display: recreate(display=display)), json)


@command("project", "host")
def remove(
    _: Context,
    project: list[str],
    host: list[str],
    stop: bool = False,
    confirm: str = "",
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Remove a project from its servers, with all data of its VMs.

    Asks for the name of the project. Exit status: 0 done, 1 failed, 3 partly failed.
    """
    if len(project) != 1 or any("/" in name for name in host):
        raise Exit("remove takes exactly one --project, and only service hosts for --host", code=1)
    with opened_run(out, "remove") as run:
        from mlnc.runner.console.command_output import confirm_removal, finish, print_selection, with_display
        from mlnc.runner.deploy.remove import remove as execute

        selection = select(run, project, host)
        if dry_run:
            print_selection(selection, "remove", json)
            return
        confirm_removal(project[0], selection, confirm)
        finish(
            run, with_display(json, lambda display: execute(run, selection, stop, display, parallel)), json
        )
