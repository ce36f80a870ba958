"""The order of an upgrade over the memory of its servers: at no moment is one of them asked for more than it has.

A virtual machine that moves while it runs takes its memory on the target when it sets out and gives it back on the
source when it has arrived. One that is stopped gives it back first. Where two full servers exchange machines, one
of these goes over a third server or is stopped for as long as it takes. A VNC display is free for one that arrives only
when who had it there has left.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlnc.upgrade.capacity.load_order import holders, loads
from mlnc.upgrade.capacity.memory_moves import Event, Unit
from mlnc.upgrade.capacity.order_search import find_legs
from mlnc.upgrade.capacity.search_state import Free, LiveMove
from mlnc.upgrade.capacity.wait_conditions import chain


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
    route = find_legs(_after_releases(free, units), _moves(units))
    stopped = frozenset(route.stopped)
    settled = [replace(unit, live=unit.live and unit.id not in stopped) for unit in units]
    over = {leg.move: leg.target for leg in route.legs if not leg.last}
    return Order(route.stopped, over, chain(free, loads(settled, route.legs)))


def _moves(units: Sequence[Unit]) -> dict[str, LiveMove]:
    """The live migrations. Those that have to do with each other's displays have names."""
    before = holders(units)
    related = {name for pair in before.items() for name in (pair[0], *pair[1])}
    return {
        unit.id: LiveMove(
            unit.source,
            unit.target,
            unit.moving_mib,
            unit.thirds,
            unit.id if unit.id in related else "",
            tuple(before.get(unit.id, ())),
        )
        for unit in units
        if unit.live and unit.arrives and unit.source is not None and unit.target is not None
    }


def _after_releases(free: Free, units: Sequence[Unit]) -> Free:
    """What is free on each server once everything has been given back that is before any move."""
    left = dict(free)
    for server, mib in (amount for unit in units for amount in unit.given_back):
        if server in left:
            left[server] += mib
    return left
