"""Order of an upgrade in which no server needs more memory than it has at any time.

A live migration acquires memory on the target when it begins and releases it on the source when it ends. A virtual
machine that is stopped releases its memory first. If two full servers exchange virtual machines, one of these migrates
through a third server or is stopped meanwhile. A VNC display is free on a server once the virtual machine that had it
there has left.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlnc.upgrade.capacity.load_order import display_holders, loads
from mlnc.upgrade.capacity.memory_moves import Event, Unit
from mlnc.upgrade.capacity.order_search import find_legs
from mlnc.upgrade.capacity.search_state import Free, LiveMove
from mlnc.upgrade.capacity.wait_conditions import chain


@dataclass(frozen=True, slots=True)
class Order:
    """An order that fits.

    *stopped* are live units that must be stopped nevertheless, *via* has the third server of those that need one.
    *waits* has for an event the other events that must end before it begins, besides the earlier phases of its own
    project (release, then hop and move, then acquire). Every sequence that respects these fits.
    """

    stopped: tuple[str, ...] = ()
    via: dict[str, str] = field(default_factory=dict)
    waits: dict[Event, tuple[Event, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A server that lacks *missing_mib* after the upgrade for *units*, which come from other servers."""

    server: str
    missing_mib: int
    units: tuple[str, ...]


Shortages = tuple[Shortage, ...]


def order(
    declared: Mapping[str, int | None], used: Mapping[str, int], units: Sequence[Unit]
) -> Order | Shortages:
    """Return an order for *units*, or the shortages if there is none.

    *declared* is the memory of each server in MiB (None: unknown, unbounded), *used* that of all virtual machines of
    the course on it before the upgrade. A server that is overcommitted without any arrival is not refused here: only
    arrivals must fit. The same input gives the same order.
    """
    units = sorted(units, key=lambda unit: unit.id)
    residents = _used_after(used, [unit for unit in units if not unit.arrives], units)
    limits = {
        server: max(memory, used.get(server, 0), residents[server])
        for server, memory in declared.items()
        if memory is not None
    }
    shortages = tuple(_shortages(limits, _used_after(used, units, units), units))
    return shortages or _order({name: limit - used.get(name, 0) for name, limit in limits.items()}, units)


def _used_after(used: Mapping[str, int], counted: Sequence[Unit], units: Sequence[Unit]) -> Counter[str]:
    """Return the memory used on each server after the upgrade, with only those *units* that are *counted*."""
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
    final = [replace(unit, live=unit.live and unit.id not in stopped) for unit in units]
    via = {leg.move: leg.target for leg in route.legs if not leg.last}
    return Order(route.stopped, via, chain(free, loads(final, route.legs)))


def _moves(units: Sequence[Unit]) -> dict[str, LiveMove]:
    """Return the live migrations. Those that share a display with another one have names."""
    holders = display_holders(units)
    related = {name for pair in holders.items() for name in (pair[0], *pair[1])}
    return {
        unit.id: LiveMove(
            unit.source,
            unit.target,
            unit.moving_mib,
            unit.thirds,
            unit.id if unit.id in related else "",
            tuple(holders.get(unit.id, ())),
        )
        for unit in units
        if unit.live and unit.arrives and unit.source is not None and unit.target is not None
    }


def _after_releases(free: Free, units: Sequence[Unit]) -> Free:
    """Return the free memory of each server after all releases that precede the migrations."""
    left = dict(free)
    for server, mib in (amount for unit in units for amount in unit.released):
        if server in left:
            left[server] += mib
    return left
