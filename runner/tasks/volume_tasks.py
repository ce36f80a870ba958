"""Invoke tasks for retired volumes: those of hosts that were removed from the course."""

from functools import partial

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run


@command("project")
def retired(
    _: Context,
    project: list[str],
    restore: str = "",
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """List retired volumes, or put those of a host into use again.

    Exit status: 0 done, 1 failed or no server answered, 3 partly.
    """
    with opened_run(out, "retired") as run:
        from mlnc.runner.console.command_output import finish, with_display
        from mlnc.runner.console.retired_output import print_retired, require_retired
        from mlnc.runner.deploy import retired_volumes
        from mlnc.runner.results import exit_status

        found, silent = retired_volumes.retired(run, project, parallel)
        if not restore:
            print_retired(found, silent, json)
            raise Exit(code=exit_status(silent))
        require_retired(found, silent, restore)
        change = partial(retired_volumes.change_retired, run, "restore", restore, volumes=found)
        finish(run, silent + with_display(json, lambda display: change(display=display)), json)


@command()
def purge(
    _: Context,
    name: str,
    confirm: str = "",
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Delete the retired volumes of PROJECT or PROJECT/HOST, with all data.

    Asks for that name. Exit status: 0 done, 1 failed, 3 partly failed.
    """
    with opened_run(out, "purge") as run:
        from mlnc.runner.console.command_output import finish, with_display
        from mlnc.runner.console.retired_output import confirm_purge, require_retired
        from mlnc.runner.deploy import retired_volumes

        found, silent = retired_volumes.retired(run, [], parallel)
        require_retired(found, silent, name)
        confirm_purge(name, retired_volumes.belonging(found, name), confirm)
        change = partial(retired_volumes.change_retired, run, "purge", name, volumes=found)
        finish(run, silent + with_display(json, lambda display: change(display=display)), json)
