"""Text and data of a deployment plan: a line for each VM, then the details of each project."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.ir.model import Host
from mlnc.ir.quantity import counted
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import IR
from mlnc.runner.console.upgrade_text import upgrade_data, upgrade_lines, vm_lines
from mlnc.runner.deployment import BundleTask, DeploymentPlan
from mlnc.runner.observe.decision import SHORT, Kind
from mlnc.runner.results import as_data as result_data
from mlnc.runner.run_context import RunContext

_SHOWN_FIELDS = 3
"""Number of changed fields in the line of a VM."""

_ACTIONS: dict[Kind, str] = {"make": "create", "change": "change", "finish": "apply again"}
"""The printed action of each kind of decision that acts."""


def plan_lines(run: RunContext, plan: DeploymentPlan) -> Iterator[str]:
    """The lines of *plan*: each VM with its action, the details of each project, refusals, and a summary."""
    tasks = list(plan.acting())
    for upgrade in plan.upgrades:
        yield from vm_lines(upgrade.plan)
    for task in tasks:
        yield from (f"{place:32} {action}" for place, action in _vms(run, task))
    if tasks or plan.upgrades:
        yield ""
    for upgrade in plan.upgrades:
        yield from upgrade_lines(upgrade)
    yield from (line for task in tasks for line in _details(task))
    yield from not_built_lines(plan)
    for result in plan.refused:
        yield f"{result.server} {result.project}: refused: {result.message}"
    unchanged = sum(not (task.decision.acts or task.starts) for each in plan.tasks.values() for task in each)
    yield f"{len(tasks) + len(plan.upgrades)} to apply, {unchanged} unchanged, {len(plan.refused)} refused"


def plan_data(run: RunContext, plan: DeploymentPlan) -> dict[str, object]:
    """*plan* as plain values for JSON."""
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
            "vms": [{"vm": place.split(" ")[-1], "what": action} for place, action in _vms(run, task)],
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


def not_built_lines(plan: DeploymentPlan) -> Iterator[str]:
    """A line for each project that a server has and that is not built for this server, with what to do."""
    for server, project in plan.unrecorded:
        yield (
            f"{server} {project}: deployed there, but neither built for this server nor in out/deployed;"
            " its VMs may run there. Run invoke deployed, build again and review the plan"
        )
    for server, project, generation in plan.left_over:
        yield (
            f"{server} {project}: not built for this server any more (generation {generation[:SHORT]});"
            f" remove it with invoke remove --project {project} --host {server}"
        )


def _vms(run: RunContext, task: BundleTask) -> Iterator[tuple[str, str]]:
    """Each VM of *task*, as SERVER PROJECT/HOST, and its action."""
    server, name = task.bundle.server, task.bundle.project
    if name == SERVER_ROOM:
        return
    record = run.records.get(name)
    applied = record.applied(server) if record else None
    old = _hosts_on(server, applied.hosts) if applied else {}
    new = _hosts_on(server, run.project(name).hosts)
    for host in sorted(old.keys() | new.keys()):
        yield f"{server} {name}/{host}", _action(task, old.get(host), new.get(host))


def _hosts_on(server: str, hosts: dict[str, Host]) -> dict[str, Host]:
    return {name: host for name, host in hosts.items() if host.service_host == server}


def _action(task: BundleTask, old: Host | None, new: Host | None) -> str:
    start = ", start" if task.starts else ""
    if new is None:
        return "remove from this server, keep volumes"
    if not task.decision.acts:
        return "start"
    if old is None:
        return f"create: {_facts(new)}{start}"
    changes = list(_changes("", to_data(old), to_data(new)))
    if not changes:
        return f"no change{start}"
    hidden = len(changes) - _SHOWN_FIELDS
    more = f" and {hidden} more" if hidden > 0 else ""
    return f"change: {', '.join(changes[:_SHOWN_FIELDS])}{more}{start}"


def _facts(host: Host) -> str:
    vifs, volumes = counted(len(host.interfaces), "vif"), counted(len(host.volumes), "volume")
    return f"{host.type}, {host.memory_mib} MiB, {volumes}, {vifs}"


def _changes(path: str, old: object, new: object) -> Iterator[str]:
    """Each field that differs as ``path old -> new``; only the path of lists and of added or removed fields."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _changes(f"{path}/{key}".lstrip("/"), old.get(key), new.get(key))
    elif old != new:
        plain = all(isinstance(value, str | int) for value in (old, new))
        yield f"{path} {old} -> {new}" if plain else path


def _details(task: BundleTask) -> Iterator[str]:
    """The line of a project with action, reason and generation, and the line of its files."""
    bundle = task.bundle
    reason = f" ({task.decision.reason})" if task.decision.reason else ""
    action = _ACTIONS[task.decision.kind] if task.decision.acts else "start"
    yield f"{bundle.server} {bundle.project}: {action}{reason}, generation {bundle.generation[:SHORT]}"
    files = [path for path in task.files if path != IR]
    if files and task.decision.acts:
        yield f"    files: {', '.join(files)}"
