"""Summary line: the change of a virtual machine in one line."""

from collections.abc import Sequence

from mlnc.schemas.language import CHANGES
from mlnc.upgrade.diff.host_change import HostChange, PricedDifference
from mlnc.upgrade.diff.value_format import difference_texts

_MARKS = {"create": "+", "retire": "-", "keep": "="}
_SHOWN = 3
"""Differences that a line names; the others are counted."""


def host_line(change: HostChange) -> str:
    """Return ``~ italy/roma  migrate live  bigvmbox → newvmbox``, then the other differences, the dearest first."""
    mark = "!" if change.data_loss or change.left_behind else _MARKS.get(change.action, "~")
    left = [f"WITHOUT the data of {path}" for path in change.left_behind]
    parts = [_action(change), *left, *_differences(change.changes)]
    return f"{mark} {change.project}/{change.name}  {'; '.join(part for part in parts if part)}"


def _action(change: HostChange) -> str:
    loss = ", DATA LOSS" if change.data_loss else ""
    if change.pair is not None and change.pair.moves:
        action = "rebuild" if change.data_loss else f"migrate {change.mode}"
        stations = filter(None, (change.old_server, change.via, change.new_server))
        moved = f"{action}{loss}  {' → '.join(stations)}"
        return f"{moved}; rename from {change.pair.old_name}" if change.pair.renamed else moved
    if change.action == "create":
        return f"create on {change.new_server}"
    if change.action == "retire":
        return f"retire on {change.old_server}, volumes kept"
    if change.pair is not None and change.pair.renamed:
        same_project = change.pair.old_project == change.project
        old_name = change.pair.old_name if same_project else change.pair.old.domain
        return f"{change.action}{loss} from {old_name}"
    if change.action == "rebuild":
        return f"copy disk{loss}" if change.mode == "copy" else f"rebuild{loss}"
    return change.action


def _differences(changes: Sequence[PricedDifference]) -> list[str]:
    others = [each for each in changes if not _in_action(each)]
    others.sort(key=lambda each: -CHANGES.index(each.change))
    shown = [_difference(each) for each in others[:_SHOWN]]
    left = len(others) - len(shown)
    return [*shown, f"{left} more"] if left > 0 else shown


def _in_action(priced: PricedDifference) -> bool:
    """Return True for a difference that the action names already."""
    return priced.difference.part == "host" and priced.difference.field in ("service_host", "domain")


def _difference(priced: PricedDifference) -> str:
    difference = priced.difference
    name = priced.directive or difference.path
    card = f"{difference.item} " if difference.part == "interfaces" else ""
    old, new = difference_texts(difference)
    if old is None:
        return f"{card}{name} {new}" if new else f"{card}{name}"
    return f"{card}{name} {old} → {new or 'none'}"
