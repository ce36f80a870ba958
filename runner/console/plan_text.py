"""A plan for people, a line a VM with details below, and for machines."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.ir.model import Host
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import IR
from mlnc.runner.console.upgrade_text import upgrade_data, upgrade_lines, vm_lines
from mlnc.runner.deployment import BundleTask, DeploymentPlan
from mlnc.runner.observe.decision import SHORT
from mlnc.runner.results import as_data as result_data
from mlnc.runner.run_context import RunContext

_MOST = 3


def plan_lines(run: RunContext, plan: DeploymentPlan) -> Iterator[str]:
    """The lines of *plan*: each VM that something is done for, then what travels, then what cannot be done."""
    tasks = list(plan.acting())
    for upgrade in plan.upgrades:
        yield from vm_lines(upgrade.plan)
    for task in tasks:
        yield from (f"{place:32} {what}" for place, what in _vms(run, task))
    if tasks or plan.upgrades:
        yield ""
    for upgrade in plan.upgrades:
        yield from upgrade_lines(upgrade)
    yield from (line for task in tasks for line in _details(task))
    yield from left_over_lines(plan)
    for result in plan.refused:
        yield f"{result.server} {result.project}: cannot be deployed: {result.message}"
    unchanged = sum(not (task.decision.acts or task.starts) for each in plan.tasks.values() for task in each)
    yield f"{len(tasks) + len(plan.upgrades)} to do, {unchanged} unchanged, {len(plan.refused)} cannot be deployed"


def plan_data(run: RunContext, plan: DeploymentPlan) -> dict[str, object]:
    """*plan* as JSON has it."""
    tasks = [
        {
            "server": task.bundle.server,
            "project": task.bundle.project,
            "do": task.decision.kind,
            "reason": task.decision.reason,
            "starts": task.starts,
            "generation": task.bundle.generation,
            "base": task.base,
            "files": list(task.files),
            "vms": [{"vm": place.split(" ")[-1], "what": what} for place, what in _vms(run, task)],
        }
        for each in plan.tasks.values()
        for task in each
    ]
    left_over = [{"server": server, "project": name, "generation": id} for server, name, id in plan.left_over]
    return {
        "tasks": tasks,
        "upgrades": [upgrade_data(each) for each in plan.upgrades],
        "left_over": left_over,
        "unrecorded": [{"server": server, "project": name} for server, name in plan.unrecorded],
        "refused": [result_data(each) for each in plan.refused],
    }


def _vms(run: RunContext, task: BundleTask) -> Iterator[tuple[str, str]]:
    """Each VM of a task, as SERVER PROJECT/HOST, and what happens to it."""
    server, name = task.bundle.server, task.bundle.project
    if name == SERVER_ROOM:
        return
    record = run.records.get(name)
    before = record.applied(server) if record else None
    old = (
        {host: facts for host, facts in before.hosts.items() if facts.service_host == server}
        if before
        else {}
    )
    new = {host: facts for host, facts in run.project(name).hosts.items() if facts.service_host == server}
    for host in sorted(old.keys() | new.keys()):
        yield f"{server} {name}/{host}", _what(task, old.get(host), new.get(host))


def _what(task: BundleTask, old: Host | None, new: Host | None) -> str:
    starts = ", start" if task.starts else ""
    if new is None:
        return "is no host here any more; its volumes stay"
    if not task.decision.acts:
        return "start"
    if old is None:
        return f"make: {_facts(new)}{starts}"
    changes = list(_changes("", to_data(old), to_data(new)))
    if not changes:
        return f"no change{starts}"
    more = f" and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
    return f"change: {', '.join(changes[:_MOST])}{more}{starts}"


def _facts(host: Host) -> str:
    cards = f"{len(host.interfaces)} card{'' if len(host.interfaces) == 1 else 's'}"
    volumes = f"{len(host.volumes)} volume{'' if len(host.volumes) == 1 else 's'}"
    return f"{host.type}, {host.memory_mib} MiB, {volumes}, {cards}"


def _changes(place: str, old: object, new: object) -> Iterator[str]:
    """Each field that differs, ``place old -> new``; lists and what is new or gone by their place alone."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _changes(f"{place}/{key}".lstrip("/"), old.get(key), new.get(key))
    elif old != new:
        plain = all(isinstance(value, str | int) for value in (old, new))
        yield f"{place} {old} -> {new}" if plain else place


def _details(task: BundleTask) -> Iterator[str]:
    bundle = task.bundle
    reason = f" ({task.decision.reason})" if task.decision.reason else ""
    verb = task.decision.kind if task.decision.acts else "start"
    yield f"{bundle.server} {bundle.project}: {verb}{reason}, generation {bundle.generation[:SHORT]}"
    files = [path for path in task.files if path != IR]
    if files and task.decision.acts:
        yield f"    files: {', '.join(files)}"


def print_left_over(plan: DeploymentPlan, machine: bool) -> None:
    """Print what the servers have that is not built any more, unless a *machine* reads."""
    if not machine:
        for line in left_over_lines(plan):
            print(line)


def left_over_lines(plan: DeploymentPlan) -> Iterator[str]:
    """What the servers have that is not built for them: it stays until somebody removes it, or a plan takes it away."""
    for server, project in plan.unrecorded:
        yield (
            f"{server} {project}: is there, though it is not built for this server and out/deployed does not say so;"
            " its VMs may run there. Run 'invoke deployed', build again, and review the plan"
        )
    for server, project, generation in plan.left_over:
        yield (
            f"{server} {project}: left over, not built for this server any more (generation {generation[:SHORT]});"
            f" invoke remove --project {project} --host {server} removes it"
        )
