"""Invoke tasks that report the state of the servers. Read-only."""

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.ir.quantity import counted
from mlnc.runner.console.task_options import PARALLEL, command, opened_run
from mlnc.runner.selection import select


@command("project", "host")
def status(
    _: Context,
    project: list[str],
    host: list[str],
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Show each VM: state, uptime, and answer to ping. Read-only.

    States: up, down, absent, foreign, moving, elsewhere, unknown.
    Exit status: 0 all known, 1 all unknown, 3 some unknown.
    """
    with opened_run(out, "status", 0 if project or host else parallel) as run:
        selection = select(run, project, host)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import status as observed

        found = observed.status(run, selection, parallel)
        if json:
            print_json([observed.as_data(vm) for vm in found])
        else:
            for line in observed.lines(found):
                print(line)
        if any(vm.state == "unknown" for vm in found):
            raise Exit(code=3 if any(vm.state != "unknown" for vm in found) else 1)


@command("project", "host")
def drift(
    _: Context,
    project: list[str],
    host: list[str],
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Show differences between the servers and the build. Read-only.

    Exit status: 0 none, 2 drift, 1 a server could not be checked.
    """
    with opened_run(out, "drift", 0 if project or host else parallel) as run:
        selection = select(run, project, host)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import drift as observed
        from mlnc.runner.observe.template_drift import outdated_roots

        found = observed.drift(run, selection, parallel) + outdated_roots(run, selection, parallel)
        if json:
            print_json([observed.as_data(each) for each in found])
        else:
            for each in found:
                print(" ".join(filter(None, (each.server, each.project))) + f": {each.what}")
            print(f"{counted(len(found), 'difference') if found else 'no differences'} from the build")
        raise Exit(code=observed.exit_status(found))
