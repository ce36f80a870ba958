"""What the commands of :mod:`mlnc.runner.tasks` ask of the user, print, and end with."""

import json
import sys
from collections.abc import Callable, Sequence

from invoke.exceptions import Exit

from mlnc.runner.bundle import Refused
from mlnc.runner.desk import Desk
from mlnc.runner.display import display
from mlnc.runner.drift import Difference
from mlnc.runner.drift import as_data as difference_data
from mlnc.runner.laid import changed_secrets
from mlnc.runner.plan_text import left_over_lines, plan_data, plan_lines
from mlnc.runner.results import Display, Result, as_data, exit_status, summary
from mlnc.runner.retired import Retired, belonging
from mlnc.runner.retired import as_data as retired_data
from mlnc.runner.review import objections
from mlnc.runner.selection import Selection
from mlnc.runner.status import VmStatus
from mlnc.runner.task import Plan


def expect_reviewed(desk: Desk, git: bool) -> None:
    """Raise Refused unless ``out/`` is what was built, and, with *git*, committed."""
    found = objections(desk.out, desk.manifest, git)
    if found:
        raise Refused("\n      ".join(found))


def print_objections(desk: Desk) -> None:
    """Print what speaks against deploying ``out/`` as it is."""
    for objection in objections(desk.out, desk.manifest):
        print(f"deploy would stop: {objection}", file=sys.stderr)


def confirm_removal(project: str, selection: Selection, given: str) -> None:
    """Ask for the name of *project* unless it was *given*. Raises Refused for another answer."""
    places = ", ".join(selection)
    _confirm(project, f"This removes {project} from {places}, with all data on the disks of its VMs.", given)


def confirm_purge(name: str, volumes: list[Retired], given: str) -> None:
    """Ask for *name* unless it was *given*, before *volumes* go for good. Raises Refused for another answer."""
    places = ", ".join(f"{each.place} on {each.server}" for each in volumes)
    _confirm(name, f"This removes for good, with all data: {places}.", given)


def _confirm(name: str, warning: str, given: str) -> None:
    if not given and sys.stdin.isatty():
        print(warning, file=sys.stderr)
        print("Its name, to go on: ", end="", file=sys.stderr, flush=True)
        given = sys.stdin.readline().strip()
    if given != name:
        raise Refused(f"nothing was removed: that needs --confirm {name}, or its name typed on a terminal")


def expect_retired(volumes: list[Retired], silent: list[Result], name: str) -> None:
    """Raise Refused unless something of *name* is retired; the *silent* servers are named."""
    if not belonging(volumes, name):
        unknown = ", ".join(f"{each.server} ({each.message})" for each in silent)
        raise Refused(
            f"nothing of {name} is retired"
            + (f", as far as is known; not asked: {unknown}" if silent else "")
        )


def print_retired(volumes: list[Retired], silent: list[Result], machine: bool) -> None:
    """Print a line for each of *volumes*, and which servers were *silent*."""
    if machine:
        print_json({"retired": list(map(retired_data, volumes)), "silent": list(map(as_data, silent))})
        return
    for each in volumes:
        size = f"{each.size_bytes / 2**20:.0f} MiB"
        print(
            f"{each.project}/{each.host}  {each.role}  {each.server} {each.place}  {size}  since {each.date}"
        )
    for result in silent:
        print(f"{result.server}: {result.message}")
    many = "1 volume is" if len(volumes) == 1 else f"{len(volumes)} volumes are"
    print(f"{many} retired; invoke purge PROJECT/HOST removes those of a host for good")


def shown(machine: bool, work: Callable[[Display], list[Result]]) -> list[Result]:
    """What comes of *work*, shown while it happens unless a *machine* reads."""
    shows = display(machine)
    try:
        return work(shows)
    finally:
        shows.close()


def finish(desk: Desk, results: list[Result], machine: bool) -> None:
    """Print what came of it all, and end with the exit status that says so."""
    status = exit_status(results)
    if machine:
        print_json(
            {"summary": summary(results), "exit": status, "results": [as_data(each) for each in results]}
        )
    else:
        _print_undone(results)
        stopped = "stopped by you: " if desk.stopping.is_set() else ""
        print(f"{stopped}{summary(results)}")
    for result in results:
        if result.outcome != "unchanged":
            desk.transcript.note(result.server, result.project, result.outcome, message=result.message)
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


def print_plan(desk: Desk, plan: Plan, machine: bool, outdated: Sequence[Difference] = ()) -> None:
    """Print *plan*, and what *outdated* templates would change that it leaves."""
    if machine:
        print_json(plan_data(desk, plan) | {"outdated": [difference_data(each) for each in outdated]})
    else:
        lines = [f"{each.server} {each.project}: {each.what}" for each in outdated]
        print("\n".join([*lines, *plan_lines(desk, plan)]))


def print_left_over(plan: Plan, machine: bool) -> None:
    """Print what the servers have that is not built any more."""
    if not machine:
        for line in left_over_lines(plan):
            print(line)


def warn_of_secrets(desk: Desk, selection: Selection) -> None:
    """Say whose secrets are not those that were laid from here, and what lays them."""
    found = changed_secrets(desk, selection)
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


def print_status(found: list[VmStatus]) -> None:
    """Print a line a VM."""
    width = max((len(f"{vm.server} {vm.project}/{vm.host}") for vm in found), default=0)
    for vm in found:
        answers = {True: "answers", False: "does not answer", None: ""}[vm.answers]
        facts = ", ".join(filter(None, (vm.uptime, answers, vm.remark)))
        print(f"{f'{vm.server} {vm.project}/{vm.host}':{width}}  {vm.state:9} {facts}".rstrip())
