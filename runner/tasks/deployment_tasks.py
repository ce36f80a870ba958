"""Invoke tasks that plan, deploy and verify a build, fetch deployed records, and print logs."""

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.runner.console.task_options import PARALLEL, command, opened_run, refusals
from mlnc.runner.selection import Selection, known_hosts, known_servers, select

if TYPE_CHECKING:
    from mlnc.runner.deployment import DeploymentPlan
    from mlnc.runner.results import Result
    from mlnc.runner.run_context import RunContext


@command("project", "host", "fence", "allow_data_loss")
def plan(
    _: Context,
    project: list[str],
    host: list[str],
    fence: list[str],
    allow_data_loss: list[str],
    start: bool = False,
    again: bool = False,
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Show what deploy would do. Read-only.

    Prints a line for each VM, then details. Exit status: 0 all can be deployed, 1 nothing can, 3 a part can.
    """
    early = 0 if project or host or fence else parallel
    with opened_run(out, "plan", early) as run:
        selection = select(run, project, host)
        fenced, lossy = known_servers(run, fence), known_hosts(run, allow_data_loss)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import warn_changed_secrets
        from mlnc.runner.console.plan_output import print_objections, print_plan
        from mlnc.runner.deploy.deployment_plan import make_plan
        from mlnc.runner.deployment import Options
        from mlnc.runner.observe.template_drift import outdated_roots

        print_objections(run)
        options = Options(start, again, None, False, fenced, lossy)
        planned = make_plan(run, selection, options, parallel)
        print_plan(run, planned, json, outdated_roots(run, selection, parallel))
        warn_changed_secrets(run, selection)
    raise Exit(code=planned.status)


@command("project", "host", "fence", "allow_data_loss")
def deploy(
    _: Context,
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
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Deploy the build to its servers, and execute upgrade plans.

    Exit status: 0 done, 1 failed, 3 partly failed.
    """
    early = 0 if project or host or fence else parallel
    with opened_run(out, "deploy", early) as run:
        selection = select(run, project, host)
        fenced, lossy = known_servers(run, fence), known_hosts(run, allow_data_loss)
        run.lines.connect(selection, parallel)
        from mlnc.runner.console.command_output import finish, require_reviewed, with_display
        from mlnc.runner.deploy.deploy_run import check_secrets
        from mlnc.runner.deploy.deploy_run import deploy as execute
        from mlnc.runner.deploy.deployment_plan import make_plan
        from mlnc.runner.deployment import Options

        options = Options(start, again, wait or None, undo, fenced, lossy)
        require_reviewed(run, git=not unreviewed and not dry_run)
        planned = make_plan(run, selection, options, parallel, resting=not start)
        check_secrets(run, planned)
        if dry_run:
            from mlnc.runner.console.plan_output import print_plan

            print_plan(run, planned, json)
            raise Exit(code=planned.status)
        results = with_display(json, lambda display: execute(run, planned, options, display, parallel))
        _conclude(run, selection, planned, results, json)
        finish(run, results, json)


def _conclude(
    run: "RunContext", selection: Selection, planned: "DeploymentPlan", results: "list[Result]", json: bool
) -> None:
    """Record the secrets that were deployed; print which secrets changed, and which projects are not built any more."""
    from mlnc.runner.console.command_output import warn_changed_secrets
    from mlnc.runner.console.plan_text import not_built_lines
    from mlnc.runner.deploy.secret_digests import note_laid

    note_laid(run, results)
    warn_changed_secrets(run, selection)
    for line in () if json else not_built_lines(planned):
        print(line)


@command()
def verify(_: Context, unreviewed: bool = False, json: bool = False, out: str = "out") -> None:
    """Check that every file of out/ is as built and committed.

    Exit status: 0 ready to deploy, 1 objections, which are printed.
    """
    from mlnc.runner.console.command_output import print_json
    from mlnc.runner.review import load_output, objections

    with refusals():
        found = objections(Path(out), load_output(Path(out)), not unreviewed)
    if json:
        print_json(found)
    else:
        print("\n".join(found) or f"{out} is ready to deploy: every file is as built")
    raise Exit(code=1 if found else 0)


@command("project", "host")
def deployed(
    _: Context,
    project: list[str],
    host: list[str],
    parallel: int = PARALLEL,
    json: bool = False,
    out: str = "out",
) -> None:
    """Fetch the deployed records of the servers into out/deployed.

    Exit status: 0 done, 1 failed, 3 partly failed.
    """
    with opened_run(out, "deployed") as run:
        from mlnc.runner.console.command_output import finish, with_display
        from mlnc.runner.observe.fetch_records import fetch

        selection = select(run, project, host)
        finish(run, with_display(json, lambda display: fetch(run, selection, display, parallel)), json)


@command()
def log(_: Context, number: int = 1, json: bool = False, out: str = "out") -> None:
    """Print the transcript of the last run, step by step."""
    from mlnc.runner.console.command_output import print_json
    from mlnc.runner.run_log import read_entries, read_log

    with refusals():
        if json:
            print_json(read_entries(Path(out), number))
        else:
            print("\n".join(read_log(Path(out), number)))
