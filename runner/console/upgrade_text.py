"""An upgrade for people, a line a VM and the details, and for machines."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.output.plan_model import Change, HostPlan, Step, UpgradePlan
from mlnc.runner.deployment import PlannedUpgrade
from mlnc.runner.observe.decision import SHORT


def vm_lines(plan: UpgradePlan) -> Iterator[str]:
    """The line of each VM that something happens to."""
    return (host.line for _, host in sorted(plan.hosts.items()) if _happens(host))


def upgrade_lines(upgrade: PlannedUpgrade) -> Iterator[str]:
    """What stands behind the lines: changes with their places in the sources, what follows from them, the steps."""
    plan = upgrade.plan
    yield f"{upgrade.project}: {len(upgrade.steps)} steps on {', '.join(upgrade.servers)}{_progress(upgrade)}"
    for name, host in sorted(plan.hosts.items()):
        yield from (f"    {name}: {_change(change)}" for change in host.changes)
        yield from (f"    {name}: {note}" for note in host.notes)
    yield from (f"    {line[0]} switch {name}: {line[2:]}" for name, line in sorted(plan.switches.items()))
    yield from (f"    {note}" for note in plan.notes)
    yield from (f"    {_step(upgrade, step)}" for step in plan.steps)


def upgrade_data(upgrade: PlannedUpgrade) -> dict[str, object]:
    """*upgrade* as JSON has it: its plan, and what the servers have noted of the steps."""
    noted = dict(sorted(upgrade.noted.items()))
    return {"id": upgrade.id, "noted": noted, "fenced": sorted(upgrade.fenced), "plan": to_data(upgrade.plan)}


def _happens(host: HostPlan) -> bool:
    return host.action != "keep" or bool(host.changes or host.notes)


def _progress(upgrade: PlannedUpgrade) -> str:
    return f" (plan {upgrade.id[:SHORT]}, begun and not ended)" if upgrade.noted else ""


def _change(change: Change) -> str:
    name = change.path if change.directive in (None, change.path) else f"{change.path} ({change.directive})"
    values = f" {change.old or 'nothing'} -> {change.new or 'nothing'}"
    place = f", {change.at}" if change.at else ""
    return f"{name}{values}: {change.change}{place}"


def _step(upgrade: PlannedUpgrade, step: Step) -> str:
    loss = f"DATA LOSS ({', '.join(step.data_loss)}): " if step.data_loss else ""
    word = upgrade.noted.get(step.id)
    noted = f" [{word}]" if word else ""
    left_out = " [left out: the server is off]" if step.server in upgrade.fenced else ""
    final = "; cannot be taken back" if step.undo is None else ""
    return f"{step.id} on {step.server}: {loss}{step.holds_after}{final}{noted}{left_out}"
