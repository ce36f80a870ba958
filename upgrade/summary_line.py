"""The one line in which people read what happens to a virtual machine."""

from mlnc.output.plan_model import Change
from mlnc.schemas.language import CHANGES
from mlnc.upgrade.diff.host_change import HostChange

_MARKS = {"create": "+", "retire": "-", "keep": "="}
_SHOWN = 3
"""Changes that a line names; the others are counted."""


def host_line(change: HostChange) -> str:
    """``~ italy/roma  migrate live  bigvmbox → newvmbox``, with what else changes, the dearest first."""
    mark = "!" if change.data_loss else _MARKS.get(change.action, "~")
    parts = [_action(change), *_changes(change.changes)]
    return f"{mark} {change.project}/{change.name}  {'; '.join(part for part in parts if part)}"


def _action(change: HostChange) -> str:
    loss = ", DATA LOSS" if change.data_loss else ""
    if change.pair is not None and change.pair.moves:
        word = "rebuild" if change.data_loss else f"migrate {change.way}"
        stations = filter(None, (change.old_server, change.over, change.new_server))
        moved = f"{word}{loss}  {' → '.join(stations)}"
        return f"{moved}; rename from {change.pair.was}" if change.pair.renamed else moved
    if change.action == "create":
        return f"create on {change.new_server}"
    if change.action == "retire":
        return f"retire on {change.old_server}, volumes kept"
    if change.pair is not None and change.pair.renamed:
        was = change.pair.was if change.pair.was_project == change.project else change.pair.old.domain
        return f"{'rename' if change.action == 'rename' else change.action}{loss} from {was}"
    if change.action == "rebuild":
        return f"copy disk{loss}" if change.way == "copy" else f"rebuild{loss}"
    return change.action


def _changes(changes: tuple[Change, ...]) -> list[str]:
    told = [each for each in changes if each.path not in ("service_host", "domain")]
    told.sort(key=lambda each: -CHANGES.index(each.change))
    shown = [_one(each) for each in told[:_SHOWN]]
    left = len(told) - len(shown)
    return [*shown, f"{left} more"] if left > 0 else shown


def _one(change: Change) -> str:
    name = change.directive or change.path
    card = f"{change.path.split('/')[1]} " if change.path.startswith("interfaces/") else ""
    if change.old is None:
        return f"{card}{name} {change.new}" if change.new else f"{card}{name}"
    return f"{card}{name} {change.old} → {change.new or 'none'}"
