"""Action on each volume of a virtual machine in an upgrade."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mlnc.ir.model import Volume
from mlnc.output.plan_model import MigrationMode
from mlnc.upgrade.cost.migration_mode import same_location
from mlnc.upgrade.diff.host_diff import HostPair, same_size

VolumeActionKind = Literal[
    "keep", "hand-over", "copy", "copy-here", "discard", "discard-last", "retire", "create"
]
"""
* ``keep``: the volume stays in its place; ``hand-over``: the other server takes it over on shared storage;
* ``copy`` to the other server; ``copy-here`` to another place of the same server; the source is then retired;
* ``discard``: remove once the domain is down; ``discard-last``: remove in the clean phase; neither holds data, unless
  *data_loss* is set;
* ``retire``: keep the volume without its domain; ``create``: make a new one.
"""


@dataclass(frozen=True, slots=True)
class VolumeAction:
    """Action on one volume: *old* is None for a created one, *new* for one without a successor.

    *renamed*: the volume gets its new name first, in its old place. *resized*: another size is requested.
    *data_loss*: the domain loses the data on it.
    """

    kind: VolumeActionKind
    old: Volume | None
    new: Volume | None
    renamed: bool = False
    resized: bool = False
    data_loss: bool = False


def volume_actions(pair: HostPair, mode: MigrationMode | None, replaced: bool) -> tuple[VolumeAction, ...]:
    """Return the actions on the volumes of *pair*, which migrates by *mode*.

    *replaced*: the root volume is made again from its template.
    """
    return tuple(_actions(pair, mode, replaced))


def _actions(pair: HostPair, mode: MigrationMode | None, replaced: bool) -> Iterator[VolumeAction]:
    after = dict(pair.new.volumes)
    for role, old in pair.old.volumes.items():
        new = after.pop(role, None)
        if role == "root" and new is not None:
            yield _root(pair, old, new, mode, replaced)
        else:
            yield _without_data(pair, old, new, mode)
    for new in after.values():
        yield VolumeAction("create", None, new)


def _root(
    pair: HostPair, old: Volume, new: Volume, mode: MigrationMode | None, replaced: bool
) -> VolumeAction:
    in_place = same_location(pair, old, new)
    if replaced:
        return VolumeAction("discard" if in_place and mode != "copy" else "retire", old, new, data_loss=True)
    resized = not same_size(old, new)
    if mode == "copy":
        return VolumeAction("copy", old, new, resized=resized)
    if not in_place:
        return VolumeAction("copy-here", old, new, resized=resized)
    return VolumeAction("hand-over" if pair.moves else "keep", old, new, pair.renamed, resized)


def _without_data(
    pair: HostPair, old: Volume, new: Volume | None, mode: MigrationMode | None
) -> VolumeAction:
    """Swap and seed hold no data: instead of a copy, and where they change, they are made again."""
    if mode == "copy":
        return VolumeAction("discard-last", old, new)
    if new is None or not same_location(pair, old, new) or not same_size(old, new):
        return VolumeAction("discard", old, new)
    return VolumeAction("hand-over" if pair.moves else "keep", old, new, pair.renamed)
