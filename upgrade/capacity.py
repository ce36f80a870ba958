"""The order of an upgrade over the memory of its servers: at no moment is one of them asked for more than it has.

A virtual machine that moves while it runs takes its memory on the target when it sets out and gives it back on the
source when it has arrived. One that is stopped gives it back first. Where two full servers exchange machines, one
of these goes over a third server or is stopped for as long as it takes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlnc.upgrade.capacity_search import Leg, find_legs
from mlnc.upgrade.capacity_state import Free, Move
from mlnc.upgrade.capacity_waits import Load, chain

Part = Literal["release", "hop", "move", "acquire"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One virtual machine that changes its server or its memory (in MiB).

    *source* None: it is made anew; *target* None: it goes away; both the same: its memory changes. *live*: it runs
    all the while. *thirds* are servers that it could go over, live from the source and live on to the target.
    """

    id: str
    project: str
    source: str | None
    old_mib: int
    target: str | None
    new_mib: int
    live: bool
    thirds: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether it comes to its target from another server."""
        return None not in (self.source, self.target) and self.source != self.target

    @property
    def moving_mib(self) -> int:
        """What it takes with it on a live move: it shrinks before and grows after."""
        return min(self.old_mib, self.new_mib)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A part of what happens to a unit.

    ``release``: it is stopped, or shrinks. ``hop``: it moves live to the third server. ``move``: it moves live to
    its target. ``acquire``: it is started or made, or grows.
    """

    unit: str
    part: Part


@dataclass(frozen=True, slots=True)
class Order:
    """An order that fits.

    *stopped* are live units that must be stopped after all, *over* the third server of those that take a detour.
    *waits* says for an event which others must be over before it begins, besides the earlier phases of its own
    project (release, then hop and move, then acquire). Whatever respects these fits, in whatever order it happens.
    """

    stopped: tuple[str, ...] = ()
    over: dict[str, str] = field(default_factory=dict)
    waits: dict[Event, tuple[Event, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A server that lacks *missing_mib* in the end for *units*, which come from other servers."""

    server: str
    missing_mib: int
    units: tuple[str, ...]


Shortages = tuple[Shortage, ...]


def order(
    declared: Mapping[str, int | None], used: Mapping[str, int], units: Sequence[Unit]
) -> Order | Shortages:
    """An order for *units*, or what no order can provide.

    *declared* is the memory of each server in MiB (None: unknown, unbounded), *used* what all virtual machines of
    the course have there at the beginning. A server that is too full by itself, at the beginning or in the end, is
    not judged again here: only what arrives must fit. The same input gives the same order.
    """
    units = sorted(units, key=lambda unit: unit.id)
    residents = _at_the_end(used, [unit for unit in units if not unit.arrives], units)
    limits = {
        server: max(memory, used.get(server, 0), residents[server])
        for server, memory in declared.items()
        if memory is not None
    }
    shortages = tuple(_shortages(limits, _at_the_end(used, units, units), units))
    return shortages or _order({name: limit - used.get(name, 0) for name, limit in limits.items()}, units)


def _at_the_end(used: Mapping[str, int], counted: Sequence[Unit], units: Sequence[Unit]) -> Counter[str]:
    """What each server has in the end, if of *units* only those *counted* are where they go."""
    total = Counter(used)
    for unit in units:
        if unit.source is not None:
            total[unit.source] -= unit.old_mib
    for unit in counted:
        if unit.target is not None:
            total[unit.target] += unit.new_mib
    return total


def _shortages(limits: Mapping[str, int], needed: Counter[str], units: Sequence[Unit]) -> list[Shortage]:
    return [
        Shortage(server, needed[server] - limit, tuple(_arriving(server, units)))
        for server, limit in sorted(limits.items())
        if needed[server] > limit
    ]


def _arriving(server: str, units: Sequence[Unit]) -> list[str]:
    return [unit.id for unit in units if unit.arrives and unit.target == server]


def _order(free: Free, units: Sequence[Unit]) -> Order:
    moves = {
        unit.id: Move(unit.source, unit.target, unit.moving_mib, unit.thirds)
        for unit in units
        if unit.live and unit.arrives and unit.source is not None and unit.target is not None
    }
    released = Counter(free)
    for unit in units:
        for server, mib in _given_back(unit, unit.live):
            released[server] += mib if server in free else 0
    route = find_legs({name: released[name] for name in free}, moves)
    loads = _loads(units, route.legs, frozenset(route.stopped))
    waits = chain(free, loads)
    over = {leg.move: leg.target for leg in route.legs if not leg.last}
    return Order(route.stopped, over, waits)


def _loads(units: Sequence[Unit], legs: Sequence[Leg], stopped: frozenset[str]) -> list[Load[Event]]:
    """Everything that takes or gives memory, in an order that fits: what is given back, the moves, what is taken."""
    runs = {unit.id: unit.live and unit.id not in stopped for unit in units}
    by_id = {unit.id: unit for unit in units}
    given = [
        Load(Event(unit.id, "release"), unit.project, 0, (), _given_back(unit, runs[unit.id]))
        for unit in units
        if _given_back(unit, runs[unit.id])
    ]
    moved = [_leg(leg, by_id[leg.move]) for leg in legs]
    taken = [
        Load(Event(unit.id, "acquire"), unit.project, 2, _taken(unit, runs[unit.id]), ())
        for unit in units
        if _taken(unit, runs[unit.id])
    ]
    return [*given, *moved, *taken]


def _leg(leg: Leg, unit: Unit) -> Load[Event]:
    part: Part = "move" if leg.last else "hop"
    after = (Event(unit.id, "hop"),) if leg.second else ()
    taken, given = (leg.target, unit.moving_mib), (leg.source, unit.moving_mib)
    return Load(Event(unit.id, part), unit.project, 1, (taken,), (given,), after)


def _given_back(unit: Unit, live: bool) -> tuple[tuple[str, int], ...]:
    """What the source gets back before anything moves."""
    if unit.source is None:
        return ()
    kept = unit.moving_mib if live and unit.target is not None else 0
    return ((unit.source, unit.old_mib - kept),) if unit.old_mib > kept else ()


def _taken(unit: Unit, live: bool) -> tuple[tuple[str, int], ...]:
    """What the target must give after everything has moved."""
    if unit.target is None:
        return ()
    has = unit.moving_mib if live and unit.source is not None else 0
    return ((unit.target, unit.new_mib - has),) if unit.new_mib > has else ()
