"""Text and data of a planned upgrade: a line for each VM, changes, steps and their progress."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.output.plan_model import Change, HostPlan, Step, UpgradePlan
from mlnc.runner.deployment import PlannedUpgrade
from mlnc.runner.observe.decision import SHORT


def vm_lines(plan: UpgradePlan) -> Iterator[str]:
    """The line of each VM that *plan* changes."""
    return (host.line for _, host in sorted(plan.hosts.items()) if _is_changed(host))


def upgrade_lines(upgrade: PlannedUpgrade) -> Iterator[str]:
    """The details of *upgrade*: changes with their places in the sources, consequences, and steps."""
    plan = upgrade.plan
    yield f"{upgrade.project}: {len(upgrade.steps)} steps on {', '.join(upgrade.servers)}{_progress(upgrade)}"
    for name, host in sorted(plan.hosts.items()):
        yield from (f"    {name}: {_change(change)}" for change in host.changes)
        yield from (f"    {name}: {note}" for note in host.notes)
    yield from (f"    {line[0]} switch {name}: {line[2:]}" for name, line in sorted(plan.switches.items()))
    yield from (f"    {note}" for note in plan.notes)
    yield from (f"    {_step(upgrade, step)}" for step in plan.steps)


def upgrade_data(upgrade: PlannedUpgrade) -> dict[str, object]:
    """*upgrade* as plain values for JSON: its plan, and the progress of each step as recorded on the servers."""
    noted = dict(sorted(upgrade.noted.items()))
    return {"id": upgrade.id, "noted": noted, "fenced": sorted(upgrade.fenced), "plan": to_data(upgrade.plan)}


def _is_changed(host: HostPlan) -> bool:
    return host.action != "keep" or bool(host.changes or host.notes)


def _progress(upgrade: PlannedUpgrade) -> str:
    return f" (plan {upgrade.id[:SHORT]}, unfinished)" if upgrade.noted else ""


def _change(change: Change) -> str:
    name = change.path if change.directive in (None, change.path) else f"{change.path} ({change.directive})"
    values = f" {change.old or 'nothing'} -> {change.new or 'nothing'}"
    place = f", {change.at}" if change.at else ""
    return f"{name}{values}: {change.change}{place}"


def _step(upgrade: PlannedUpgrade, step: Step) -> str:
    loss = f"DATA LOSS ({', '.join(step.data_loss)}): " if step.data_loss else ""
    recorded = upgrade.noted.get(step.id)
    progress = f" [{recorded}]" if recorded else ""
    skipped = " [skipped: the server is powered off (--fence)]" if step.server in upgrade.fenced else ""
    final = "; no rollback" if step.undo is None else ""
    return f"{step.id} on {step.server}: {loss}{step.holds_after}{final}{progress}{skipped}"
