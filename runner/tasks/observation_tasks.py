"""Invoke tasks that compare the servers with the build and change nothing."""

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run
from mlnc.runner.selection import select


@command("project", "host")
def status(
    context: Context,
    project: list[str],
    host: list[str],
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Show each VM: up, down, absent or elsewhere, since when, and whether it answers."""
    with opened_run(context, out, "status", 0 if project or host else parallel) as run:
        selection = select(run, project, host)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import status as looking

        found = looking.status(run, selection, parallel)
        if json:
            print_json([looking.as_data(vm) for vm in found])
        else:
            for line in looking.lines(found):
                print(line)
        if any(vm.state == "unknown" for vm in found):
            raise Exit(code=3 if any(vm.state != "unknown" for vm in found) else 1)


@command("project", "host")
def drift(
    context: Context,
    project: list[str],
    host: list[str],
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Compare the servers with what was built. Exit status: 0 same, 2 drift, 1 could not tell."""
    with opened_run(context, out, "drift", 0 if project or host else parallel) as run:
        selection = select(run, project, host)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import drift as drifting
        from mlnc.runner.observe.template_drift import outdated

        found = drifting.drift(run, selection, parallel) + outdated(run, selection, parallel)
        if json:
            print_json([drifting.as_data(each) for each in found])
        else:
            for each in found:
                print(" ".join(filter(None, (each.server, each.project))) + f": {each.what}")
            print(f"{len(found)} differences" if found else "the servers are as they were built")
        raise Exit(code=drifting.exit_status(found))
