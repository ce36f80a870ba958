"""Invoke tasks for volumes of hosts that are no longer built."""

from functools import partial

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run


@command("project")
def retired(
    context: Context,
    project: list[str],
    restore: str = "",
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """List the volumes that removed hosts have left behind, or bring those of a host into use again."""
    with opened_run(context, out, "retired") as run:
        from mlnc.runner.console.command_output import finish, shown
        from mlnc.runner.console.retired_output import expect_retired, print_retired
        from mlnc.runner.deploy import retired_volumes as leaving
        from mlnc.runner.results import exit_status

        found, silent = leaving.retired(run, project, parallel)
        if not restore:
            print_retired(found, silent, json)
            raise Exit(code=exit_status(silent))
        expect_retired(found, silent, restore)
        change = partial(leaving.change_retired, run, "restore", restore, volumes=found)
        finish(run, silent + shown(json, lambda display: change(display=display)), json)


@command()
def purge(
    context: Context,
    name: str,
    confirm: str = "",
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Remove what is retired of PROJECT or PROJECT/HOST, with all data on it. Asks for that name."""
    with opened_run(context, out, "purge") as run:
        from mlnc.runner.console.command_output import finish, shown
        from mlnc.runner.console.retired_output import confirm_purge, expect_retired
        from mlnc.runner.deploy import retired_volumes as leaving

        found, silent = leaving.retired(run, [], parallel)
        expect_retired(found, silent, name)
        confirm_purge(name, leaving.belonging(found, name), confirm)
        change = partial(leaving.change_retired, run, "purge", name, volumes=found)
        finish(run, silent + shown(json, lambda display: change(display=display)), json)
