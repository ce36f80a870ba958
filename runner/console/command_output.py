"""What the commands of :mod:`mlnc.runner.tasks` ask of the user, print, and end with."""

import json
import sys
from collections.abc import Callable

from invoke.exceptions import Exit

from mlnc.output.errors import Refused
from mlnc.runner.deploy.secret_digests import changed_secrets
from mlnc.runner.live_display import display
from mlnc.runner.results import Display, Result, as_data, exit_status, summary
from mlnc.runner.review import objections
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def expect_reviewed(run: RunContext, git: bool) -> None:
    """Raise Refused unless ``out/`` is what was built, and, with *git*, committed."""
    found = objections(run.out, run.manifest, git)
    if found:
        raise Refused("\n      ".join(found))


def confirm_removal(project: str, selection: Selection, given: str) -> None:
    """Ask for the name of *project* unless it was *given*. Raises Refused for another answer."""
    places = ", ".join(selection)
    confirm(project, f"This removes {project} from {places}, with all data on the disks of its VMs.", given)


def confirm(name: str, warning: str, given: str) -> None:
    """Print *warning* and ask for *name*, unless it was *given*. Raises Refused for another answer."""
    if not given and sys.stdin.isatty():
        print(warning, file=sys.stderr)
        print("Its name, to go on: ", end="", file=sys.stderr, flush=True)
        given = sys.stdin.readline().strip()
    if given != name:
        raise Refused(f"nothing was removed: that needs --confirm {name}, or its name typed on a terminal")


def shown(machine: bool, work: Callable[[Display], list[Result]]) -> list[Result]:
    """What comes of *work*, shown while it happens unless a *machine* reads."""
    shows = display(machine)
    try:
        return work(shows)
    finally:
        shows.close()


def finish(run: RunContext, results: list[Result], machine: bool) -> None:
    """Print what came of it all, and end with the exit status that says so."""
    status = exit_status(results)
    for result in results:
        if result.outcome != "unchanged":
            run.transcript.note(result.server, result.project, result.outcome, message=result.message)
    if machine:
        print_json(
            {"summary": summary(results), "exit": status, "results": [as_data(each) for each in results]}
        )
    else:
        _print_undone(results)
        stopped = "stopped by you: " if run.stopping.is_set() else ""
        print(f"{stopped}{summary(results)}")
    raise Exit(code=status)


def _print_undone(results: list[Result]) -> None:
    undone = [
        f"{result.server}/{result.project}" for result in results if result.outcome in ("failed", "skipped")
    ]
    if undone:
        print(f"remains to be done: {' '.join(undone)}")
        print("Once what is said above is mended, the same command does just that.")


def print_json(data: object) -> None:
    """Print *data* for machines."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def warn_of_secrets(run: RunContext, selection: Selection) -> None:
    """Say whose secrets are not those that were laid from here, and what lays them."""
    found = changed_secrets(run, selection)
    if found:
        words = " ".join(f"--project {name}" for name in found)
        print(
            f"secrets have changed since they were laid: invoke deploy --again {words}; then stop and deploy again what"
            " runs",
            file=sys.stderr,
        )


def print_selection(selection: Selection, verb: str, machine: bool) -> None:
    """Print what *verb* would be done to: each project of *selection*, and its hosts where they were named."""
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
