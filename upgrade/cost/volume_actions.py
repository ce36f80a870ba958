"""What becomes of each volume of a virtual machine in an upgrade."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mlnc.ir.model import Volume
from mlnc.output.plan_model import Way
from mlnc.upgrade.cost.migration_mode import same_place
from mlnc.upgrade.diff.host_diff import Pair, same_size

Goes = Literal["stays", "handed", "copied", "copied-here", "discarded", "left", "retired", "made"]
"""
* ``stays`` where it is; ``handed`` to the other server over shared storage; ``copied`` there; ``copied-here`` to
  another place of the same server; what was copied is retired;
* ``discarded``: removed once the domain is down; ``left``: removed when all is done; neither holds data, unless the
  upgrade says so;
* ``retired``: kept, but no longer its domain's; ``made``: new.
"""


@dataclass(frozen=True, slots=True)
class Fate:
    """One volume: *old* is None for one that is made, *new* for one that goes for good.

    *renamed*: it gets its new name first, where it is. *resized*: another size is asked for. *data_loss*: the data
    on it is gone for its domain.
    """

    goes: Goes
    old: Volume | None
    new: Volume | None
    renamed: bool = False
    resized: bool = False
    data_loss: bool = False


def fates(pair: Pair, way: Way | None, replaced: bool) -> tuple[Fate, ...]:
    """The fates of the volumes of *pair*, which moves by *way*; *replaced*: its root is made anew from a template."""
    return tuple(_fates(pair, way, replaced))


def _fates(pair: Pair, way: Way | None, replaced: bool) -> Iterator[Fate]:
    after = dict(pair.new.volumes)
    for role, old in pair.old.volumes.items():
        new = after.pop(role, None)
        if role == "root" and new is not None:
            yield _root(pair, old, new, way, replaced)
        else:
            yield _plain(pair, old, new, way)
    for new in after.values():
        yield Fate("made", None, new)


def _root(pair: Pair, old: Volume, new: Volume, way: Way | None, replaced: bool) -> Fate:
    here = same_place(pair, old, new)
    if replaced:
        return Fate("discarded" if here and way != "copy" else "retired", old, new, data_loss=True)
    resized = not same_size(old, new)
    if way == "copy":
        return Fate("copied", old, new, resized=resized)
    if not here:
        return Fate("copied-here", old, new, resized=resized)
    return Fate("handed" if pair.moves else "stays", old, new, pair.renamed, resized)


def _plain(pair: Pair, old: Volume, new: Volume | None, way: Way | None) -> Fate:
    """Swap and seed hold no data: where they change, or would have to be copied, they are made anew."""
    if way == "copy":
        return Fate("left", old, new)
    if new is None or not same_place(pair, old, new) or not same_size(old, new):
        return Fate("discarded", old, new)
    return Fate("handed" if pair.moves else "stays", old, new, pair.renamed)
