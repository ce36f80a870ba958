"""What an upgrade does to one virtual machine: its differences, what they cost, the way it moves, its volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlnc.ir.model import Host, Site
from mlnc.output.plan_model import Action, Change, Way
from mlnc.schemas.language import Change as Class
from mlnc.upgrade.cost.change_cost import Cost, cost, dearest
from mlnc.upgrade.cost.migration_mode import MigrationChoice, move
from mlnc.upgrade.cost.volume_actions import Fate, fates
from mlnc.upgrade.diff.directive_fields import directive
from mlnc.upgrade.diff.host_diff import Difference, Pair, differences

Locate = Callable[[str, Difference], str | None]
"""Host and a difference of it, to FILE:LINE:COLUMN as seen from ``out/``; None where nothing was written."""

_STOPS = frozenset({"reboot", "rebuild", "data-loss"})
_TORN = "a snapshot cannot be copied as what it is: it is made anew from the volume that it was taken of"
_PLAIN: dict[Class, Action] = {"reboot": "restart", "live": "live"}


@dataclass(frozen=True, slots=True)
class HostChange:
    """One virtual machine in an upgrade. *pair* is None where one of *old* and *new* is.

    *was_project* is the project it belonged to, None for a new one. *held* are the servers on which it may be, or may
    have been. *stops*: it is down for a while. *over* is the server that it goes over on its way.
    """

    project: str
    name: str
    old: Host | None
    new: Host | None
    pair: Pair | None
    was_project: str | None
    held: frozenset[str]
    action: Action
    way: Way | None
    stops: bool
    data_loss: bool
    changes: tuple[Change, ...]
    fates: tuple[Fate, ...]
    notes: tuple[str, ...]
    over: str | None = None

    @property
    def old_server(self) -> str | None:
        """The service host it is on."""
        return self.old.service_host if self.old else None

    @property
    def new_server(self) -> str | None:
        """The service host it will be on."""
        return self.new.service_host if self.new else None

    @property
    def elsewhere(self) -> bool:
        """Whether it may run on a server that is not the one it belongs to."""
        return len(self.held) > 1


def created(project: str, name: str, new: Host) -> HostChange:
    """A host that there is only on the new side."""
    made = tuple(Fate("made", None, volume) for volume in new.volumes.values())
    held = frozenset({new.service_host})
    return HostChange(project, name, None, new, None, None, held, "create", None, False, False, (), made, ())


def retired(project: str, was_project: str, name: str, old: Host, held: frozenset[str]) -> HostChange:
    """A host that there is only on the old side: it is stopped, and its volumes are kept."""
    kept = tuple(Fate("retired", volume, None) for volume in old.volumes.values())
    note = f"its volumes are kept: 'invoke retired' lists them, 'invoke purge {project}/{name}' removes them"
    return HostChange(
        project, name, old, None, None, was_project, held, "retire", None, True, False, (), kept, (note,)
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What all differences of a host come to. *torn*: its root would have to be copied and cannot be."""

    costs: tuple[Cost, ...]
    stops: str | None
    moves: MigrationChoice | None
    torn: bool

    @property
    def classes(self) -> list[Class]:
        """The classes of the differences, and of what follows from them."""
        follows: list[Class] = ["data-loss"] if self.torn else []
        return [each.change for each in self.costs] + follows

    @property
    def way(self) -> Way | None:
        """How its data moves, to another server or to another place of this one."""
        if self.moves is not None:
            return self.moves.way
        return "copy" if "rebuild" in self.classes and "data-loss" not in self.classes else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of it, each once."""
        reasons = self.moves.reasons if self.moves else ()
        notes = [*(f"not live: {reason}" for reason in reasons), *(each.note for each in self.costs)]
        return tuple(dict.fromkeys(note for note in [*notes, _TORN if self.torn else None] if note))


def changed(
    pair: Pair, held: frozenset[str], site: Site, locate: Locate, down: str | None = None
) -> HostChange:
    """A host that there is on both sides. *down* says why it must not run meanwhile, if it must not."""
    found = differences(pair)
    verdict = _verdict(pair, found, site, down)
    replaced = "data-loss" in verdict.classes
    return HostChange(
        project=pair.project,
        name=pair.name,
        old=pair.old,
        new=pair.new,
        pair=pair,
        was_project=pair.was_project,
        held=held,
        action=_action(pair, verdict.classes),
        way=verdict.way,
        stops=verdict.stops is not None or verdict.way in ("cold", "copy"),
        data_loss=replaced,
        changes=tuple(
            _change(difference, price.change, pair.name, locate)
            for difference, price in zip(found, verdict.costs, strict=True)
        ),
        fates=fates(pair, verdict.moves.way if verdict.moves else None, replaced),
        notes=verdict.notes,
    )


def _verdict(pair: Pair, found: Sequence[Difference], site: Site, down: str | None) -> _Verdict:
    costs = tuple(cost(difference, pair, site) for difference in found)
    why = next((each.path for each, price in zip(found, costs, strict=True) if price.change in _STOPS), None)
    stops = down or (f"{_word(why)} changes, which needs a restart" if why else None)
    moves = move(pair, site, stops) if pair.moves else None
    copied = moves.way == "copy" if moves else any(price.change == "rebuild" for price in costs)
    return _Verdict(costs, stops, moves, copied and pair.old.volumes["root"].snapshot)


def _word(path: str | None) -> str:
    """The last word of a path that says something, for a sentence."""
    return (path or "").replace("_", " ").replace("/", " ")


def _action(pair: Pair, classes: list[Class]) -> Action:
    price = dearest(classes)
    if price in ("data-loss", "rebuild"):
        return "rebuild"
    if pair.moves:
        return "migrate"
    if pair.renamed:
        return "rename"
    return _PLAIN.get(price, "keep")


def _change(difference: Difference, price: Class, host: str, locate: Locate) -> Change:
    at = locate(host, difference)
    return Change(difference.path, directive(difference.path), price, difference.old, difference.new, at)
