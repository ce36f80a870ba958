"""The runner's commands for Invoke. A course's own ``tasks.py`` imports them: ``from mlnc.runner.tasks import *``.

Python needs as long to load all of the runner as a server needs to answer. So a command begins to connect with the
little that is loaded here, and loads what comes next while the servers are at it.
"""

from functools import partial
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import at_desk, command, refusals
from mlnc.runner.selection import known_hosts, known_servers, select

__all__ = [
    "deploy",
    "deployed",
    "drift",
    "log",
    "plan",
    "purge",
    "rebuild",
    "remove",
    "retired",
    "start",
    "status",
    "stop",
    "verify",
]

_PARALLEL = 16
"""So many servers are worked on at once where nothing else is said."""


@command("project", "host", "fence", "allow_data_loss")
def deploy(
    context: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    allow_data_loss: list[str],
    start: bool = False,
    wait: int = 0,
    again: bool = False,
    undo: bool = False,
    unreviewed: bool = False,
    dry_run: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Bring what was built onto its servers. Exit status: 0 done, 1 failed, 3 failed in part."""
    early = 0 if project or host or fence else parallel
    with at_desk(context, out, "deploy", early) as desk:
        selection = select(desk, project, host)
        words = known_servers(desk, fence), known_hosts(desk, allow_data_loss)
        desk.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import expect_reviewed, finish, shown, warn_of_secrets
        from mlnc.runner.console.left_over import print_left_over
        from mlnc.runner.deploy.deploy_run import check_secrets
        from mlnc.runner.deploy.deploy_run import deploy as bring
        from mlnc.runner.deploy.deployment_plan import make_plan
        from mlnc.runner.deploy.secret_digests import note_laid
        from mlnc.runner.deployment import Options

        options = Options(start, again, wait or None, undo, *words)
        expect_reviewed(desk, git=not unreviewed and not dry_run)
        planned = make_plan(desk, selection, options, parallel, resting=not start)
        check_secrets(desk, planned)
        if dry_run:
            from mlnc.runner.console.plan_output import print_plan

            print_plan(desk, planned, json)
            return
        results = shown(json, lambda display: bring(desk, planned, options, display, parallel))
        note_laid(desk, results)
        warn_of_secrets(desk, selection)
        print_left_over(planned, json)
        finish(desk, results, json)


@command("project", "host", "fence", "allow_data_loss")
def plan(
    context: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    allow_data_loss: list[str],
    start: bool = False,
    again: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Say what deploy would do: a line a VM, details below. Writes nothing anywhere."""
    early = 0 if project or host or fence else parallel
    with at_desk(context, out, "plan", early) as desk:
        selection = select(desk, project, host)
        words = known_servers(desk, fence), known_hosts(desk, allow_data_loss)
        desk.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import warn_of_secrets
        from mlnc.runner.console.plan_output import print_objections, print_plan
        from mlnc.runner.deploy.deployment_plan import make_plan
        from mlnc.runner.deployment import Options
        from mlnc.runner.observe.template_drift import outdated

        print_objections(desk)
        options = Options(start, again, None, False, *words)
        planned = make_plan(desk, selection, options, parallel)
        print_plan(desk, planned, json, outdated(desk, selection, parallel))
        warn_of_secrets(desk, selection)


@command("project", "host")
def status(
    context: Context,
    project: list[str],
    host: list[str],
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Show each VM: up, down, absent or elsewhere, since when, and whether it answers."""
    with at_desk(context, out, "status", 0 if project or host else parallel) as desk:
        selection = select(desk, project, host)
        desk.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import status as looking

        found = looking.status(desk, selection, parallel)
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
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Compare the servers with what was built. Exit status: 0 same, 2 drift, 1 could not tell."""
    with at_desk(context, out, "drift", 0 if project or host else parallel) as desk:
        selection = select(desk, project, host)
        desk.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import print_json
        from mlnc.runner.observe import drift as drifting
        from mlnc.runner.observe.template_drift import outdated

        found = drifting.drift(desk, selection, parallel) + outdated(desk, selection, parallel)
        if json:
            print_json([drifting.as_data(each) for each in found])
        else:
            for each in found:
                print(" ".join(filter(None, (each.server, each.project))) + f": {each.what}")
            print(f"{len(found)} differences" if found else "the servers are as they were built")
        raise Exit(code=drifting.exit_status(found))


@command("project", "host", "fence")
def start(
    context: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    wait: int = 0,
    dry_run: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Start VMs that are deployed, unless they may run on another server."""
    with at_desk(context, out, "start") as desk:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.start_stop import start_where_it_may
        from mlnc.runner.deployment import Options

        selection = select(desk, project, host)
        options = Options(start=True, wait_seconds=wait or None, fenced=known_servers(desk, fence))
        if dry_run:
            print_selection(selection, "start", json)
            return
        expect_reviewed(desk, git=False)
        begin = partial(start_where_it_may, desk, selection, options, parallel=parallel)
        finish(desk, shown(json, lambda display: begin(display=display)), json)


@command("project", "host")
def stop(
    context: Context,
    project: list[str],
    host: list[str],
    dry_run: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Stop VMs: orderly, and by force after the time that the project gives them."""
    with at_desk(context, out, "stop") as desk:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.start_stop import change_life

        selection = select(desk, project, host)
        if dry_run:
            print_selection(selection, "stop", json)
            return
        expect_reviewed(desk, git=False)
        end = partial(change_life, desk, selection, "stop", None, parallel=parallel)
        finish(desk, shown(json, lambda display: end(display=display)), json)


@command("project", "host")
def remove(
    context: Context,
    project: list[str],
    host: list[str],
    stop: bool = False,
    confirm: str = "",
    dry_run: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Take a project from its servers, with all data of its VMs. Asks for the project's name."""
    if len(project) != 1 or any("/" in name for name in host):
        raise Exit("remove takes one --project, and service hosts for --host", code=1)
    with at_desk(context, out, "remove") as desk:
        from mlnc.runner.console.command_output import confirm_removal, finish, print_selection, shown
        from mlnc.runner.deploy.remove import remove as take_away

        selection = select(desk, project, host)
        if dry_run:
            print_selection(selection, "remove", json)
            return
        confirm_removal(project[0], selection, confirm)
        finish(desk, shown(json, lambda display: take_away(desk, selection, stop, display, parallel)), json)


@command("project")
def retired(
    context: Context,
    project: list[str],
    restore: str = "",
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """List the volumes that removed hosts have left behind, or bring those of a host into use again."""
    with at_desk(context, out, "retired") as desk:
        from mlnc.runner.console.command_output import finish, shown
        from mlnc.runner.console.retired_output import expect_retired, print_retired
        from mlnc.runner.deploy import retired_volumes as leaving
        from mlnc.runner.results import exit_status

        found, silent = leaving.retired(desk, project, parallel)
        if not restore:
            print_retired(found, silent, json)
            raise Exit(code=exit_status(silent))
        expect_retired(found, silent, restore)
        change = partial(leaving.change_retired, desk, "restore", restore, volumes=found)
        finish(desk, silent + shown(json, lambda display: change(display=display)), json)


@command()
def purge(
    context: Context,
    name: str,
    confirm: str = "",
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Remove what is retired of PROJECT or PROJECT/HOST, with all data on it. Asks for that name."""
    with at_desk(context, out, "purge") as desk:
        from mlnc.runner.console.command_output import finish, shown
        from mlnc.runner.console.retired_output import confirm_purge, expect_retired
        from mlnc.runner.deploy import retired_volumes as leaving

        found, silent = leaving.retired(desk, [], parallel)
        expect_retired(found, silent, name)
        confirm_purge(name, leaving.belonging(found, name), confirm)
        change = partial(leaving.change_retired, desk, "purge", name, volumes=found)
        finish(desk, silent + shown(json, lambda display: change(display=display)), json)


@command("fence", "allow_data_loss")
def rebuild(
    context: Context,
    name: str,
    fence: list[str],
    allow_data_loss: list[str],
    dry_run: bool = False,
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Make the root volumes of PROJECT, PROJECT/HOST or all anew from their templates; what ran is started again."""
    with at_desk(context, out, "rebuild") as desk:
        from mlnc.runner.console.command_output import expect_reviewed, finish, print_selection, shown
        from mlnc.runner.deploy.rebuild import expect_consent, rebuildable
        from mlnc.runner.deploy.rebuild import rebuild as make_anew
        from mlnc.runner.deployment import Options

        selection = rebuildable(desk, name)
        if dry_run:
            print_selection(selection, "rebuild", json)
            return
        expect_reviewed(desk, git=False)
        expect_consent(name, selection, allow_data_loss)
        options = Options(fenced=known_servers(desk, fence))
        make = partial(make_anew, desk, selection, options, parallel=parallel)
        finish(desk, shown(json, lambda display: make(display=display)), json)


@command()
def verify(_: Context, unreviewed: bool = False, json: bool = False, out: str = "out") -> None:
    """Check that every file of out/ is what was built, and was reviewed."""
    from mlnc.runner.console.command_output import print_json
    from mlnc.runner.review import load_output, objections

    with refusals():
        found = objections(Path(out), load_output(Path(out)), not unreviewed)
    if json:
        print_json(found)
    else:
        print("\n".join(found) or f"{out} is what was built and reviewed")
    raise Exit(code=1 if found else 0)


@command("project", "host")
def deployed(
    context: Context,
    project: list[str],
    host: list[str],
    parallel: int = _PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Fetch the servers' record of what was applied into out/deployed."""
    with at_desk(context, out, "deployed") as desk:
        from mlnc.runner.console.command_output import finish, shown
        from mlnc.runner.observe.fetch_records import fetch

        selection = select(desk, project, host)
        finish(desk, shown(json, lambda display: fetch(desk, selection, display, parallel)), json)


@command()
def log(_: Context, number: int = 1, json: bool = False, out: str = "out") -> None:
    """Print what the last run did."""
    from mlnc.runner.console.command_output import print_json
    from mlnc.runner.run_log import read_entries, read_log

    with refusals():
        if json:
            print_json(read_entries(Path(out), number))
        else:
            print("\n".join(read_log(Path(out), number)))
