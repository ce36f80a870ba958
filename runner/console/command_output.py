"""Questions, results and exit statuses of the commands in :mod:`mlnc.runner.tasks`."""

import json
import sys
from collections.abc import Callable

from invoke.exceptions import Exit

from mlnc.output.errors import Refused
from mlnc.runner.deploy.secret_digests import changed_secrets
from mlnc.runner.live_display import display
from mlnc.runner.results import FAILURES, Display, Result, as_data, exit_status, summary
from mlnc.runner.review import objections
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def require_reviewed(run: RunContext, git: bool) -> None:
    """Raise Refused unless ``out/`` is as built and, with *git*, committed."""
    found = objections(run.out, run.manifest, git)
    if found:
        raise Refused("\n      ".join(found))


def confirm_removal(project: str, selection: Selection, given: str) -> None:
    """Ask for the name of *project*, unless *given* is that name. Raises Refused for another answer."""
    servers = ", ".join(selection)
    confirm(project, f"This removes {project} from {servers}, with all data on the disks of its VMs.", given)


def confirm(name: str, warning: str, given: str) -> None:
    """Print *warning* and ask for *name* on a terminal, unless *given*. Raises Refused for another answer."""
    if not given and sys.stdin.isatty():
        print(warning, file=sys.stderr)
        print(f"Type {name} to continue: ", end="", file=sys.stderr, flush=True)
        given = sys.stdin.readline().strip()
    if given != name:
        raise Refused(
            f"not confirmed, nothing was removed: give --confirm {name}, or type {name} on a terminal"
        )


def with_display(machine: bool, work: Callable[[Display], list[Result]]) -> list[Result]:
    """Run *work* with a display that is closed afterwards, silent if *machine*. Returns its results."""
    shows = display(machine)
    try:
        return work(shows)
    finally:
        shows.close()


def finish(run: RunContext, results: list[Result], machine: bool) -> None:
    """Log and print *results*, as JSON if *machine*. Raises Exit with their exit status."""
    status = exit_status(results)
    for result in results:
        if result.outcome != "unchanged":
            run.transcript.note(result.server, result.project, result.outcome, message=result.message)
    if machine:
        print_json(
            {"summary": summary(results), "exit": status, "results": [as_data(each) for each in results]}
        )
    else:
        _print_unfinished(results)
        interrupted = "interrupted: " if run.stopping.is_set() else ""
        print(f"{interrupted}{summary(results)}")
    raise Exit(code=status)


def _print_unfinished(results: list[Result]) -> None:
    unfinished = [f"{result.server}/{result.project}" for result in results if result.outcome in FAILURES]
    if unfinished:
        print(f"not done: {' '.join(unfinished)}")
        print("Fix the errors above and run the same command again: it does only the remaining work.")


def print_json(data: object) -> None:
    """Print *data* as indented JSON."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def warn_changed_secrets(run: RunContext, selection: Selection) -> None:
    """Print which projects of *selection* have secrets that changed since they were deployed from here."""
    found = changed_secrets(run, selection)
    if found:
        options = " ".join(f"--project {name}" for name in found)
        print(
            f"secrets changed since they were last deployed: run invoke deploy --again {options};"
            " then stop the running guests and deploy again",
            file=sys.stderr,
        )


def print_selection(selection: Selection, verb: str, machine: bool) -> None:
    """Print each project of *selection*, and its chosen hosts, as an object of *verb*: a dry run."""
    places = [
        (server, project, hosts)
        for server, projects in selection.items()
        for project, hosts in projects.items()
    ]
    if machine:
        print_json([{"server": s, "project": p, "hosts": list(hosts), "do": verb} for s, p, hosts in places])
        return
    for server, project, hosts in places:
        print(f"would {verb} {' '.join((project, *hosts))} on {server}")
