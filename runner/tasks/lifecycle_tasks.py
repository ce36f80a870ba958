"""Invoke tasks that start, stop, rebuild and remove virtual machines."""

from functools import partial

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run
from mlnc.runner.selection import known_servers, select


@command("project", "host", "fence")
def start(
    context: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    wait: int = 0,
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Start VMs that are deployed, unless they may run on another server."""
    with opened_run(context, out, "start") as run:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.start_stop import start_where_it_may
        from mlnc.runner.deployment import Options

        selection = select(run, project, host)
        options = Options(start=True, wait_seconds=wait or None, fenced=known_servers(run, fence))
        if dry_run:
            print_selection(selection, "start", json)
            return
        expect_reviewed(run, git=False)
        begin = partial(start_where_it_may, run, selection, options, parallel=parallel)
        finish(run, shown(json, lambda display: begin(display=display)), json)


@command("project", "host")
def stop(
    context: Context,
    project: list[str],
    host: list[str],
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Stop VMs: orderly, and by force after the time that the project gives them."""
    with opened_run(context, out, "stop") as run:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.start_stop import change_life

        selection = select(run, project, host)
        if dry_run:
            print_selection(selection, "stop", json)
            return
        expect_reviewed(run, git=False)
        end = partial(change_life, run, selection, "stop", None, parallel=parallel)
        finish(run, shown(json, lambda display: end(display=display)), json)


@command("fence", "allow_data_loss")
def rebuild(
    context: Context,
    name: str,
    fence: list[str],
    allow_data_loss: list[str],
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Make the root volumes of PROJECT, PROJECT/HOST or all anew from their templates; what ran is started again."""
    with opened_run(context, out, "rebuild") as run:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.rebuild import expect_consent, rebuildable
        from mlnc.runner.deploy.rebuild import rebuild as make_anew
        from mlnc.runner.deployment import Options

        selection = rebuildable(run, name)
        if dry_run:
            print_selection(selection, "rebuild", json)
            return
        expect_reviewed(run, git=False)
        expect_consent(name, selection, allow_data_loss)
        options = Options(fenced=known_servers(run, fence))
        make = partial(make_anew, run, selection, options, parallel=parallel)
        finish(run, shown(json, lambda display: make(display=display)), json)


@command("project", "host")
def remove(
    context: Context,
    project: list[str],
    host: list[str],
    stop: bool = False,
    confirm: str = "",
    dry_run: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Take a project from its servers, with all data of its VMs. Asks for the project's name."""
    if len(project) != 1 or any("/" in name for name in host):
        raise Exit("remove takes one --project, and service hosts for --host", code=1)
    with opened_run(context, out, "remove") as run:
        from mlnc.runner.console.command_output import confirm_removal, finish, print_selection, shown
        from mlnc.runner.deploy.remove import remove as take_away

        selection = select(run, project, host)
        if dry_run:
            print_selection(selection, "remove", json)
            return
        confirm_removal(project[0], selection, confirm)
        finish(run, shown(json, lambda display: take_away(run, selection, stop, display, parallel)), json)
