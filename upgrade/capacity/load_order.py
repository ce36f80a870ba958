"""Releases, migrations and acquisitions of memory in an upgrade, as loads in an order that fits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mlnc.upgrade.capacity.memory_moves import Event, Part, Unit
from mlnc.upgrade.capacity.order_search import Leg
from mlnc.upgrade.capacity.wait_conditions import Load


def loads(units: Sequence[Unit], legs: Sequence[Leg]) -> list[Load[Event]]:
    """Return the releases of *units*, then the migrations in the order of *legs*, then the acquisitions."""
    by_id = {unit.id: unit for unit in units}
    predecessors = {name: _departures(others, by_id, legs) for name, others in display_holders(units).items()}
    releases = [
        Load(Event(unit.id, "release"), unit.project, 0, (), unit.released) for unit in units if unit.released
    ]
    migrations = [_migration(leg, by_id[leg.move], predecessors) for leg in legs]
    acquisitions = [
        Load(Event(unit.id, "acquire"), unit.project, 2, unit.acquired, (), _unless_live(unit, predecessors))
        for unit in units
        if unit.acquired
    ]
    return [*releases, *migrations, *acquisitions]


def display_holders(units: Sequence[Unit]) -> dict[str, list[str]]:
    """Return for each unit the others that have its display on its target until they leave or stop."""
    holders: dict[tuple[str, int], list[str]] = defaultdict(list)
    for unit in units:
        if unit.source is not None and unit.old_display is not None:
            holders[unit.source, unit.old_display].append(unit.id)
    return {
        unit.id: others
        for unit in units
        if unit.target is not None and unit.new_display is not None
        if (others := [name for name in holders.get((unit.target, unit.new_display), ()) if name != unit.id])
    }


def _departures(others: Sequence[str], by_id: Mapping[str, Unit], legs: Sequence[Leg]) -> tuple[Event, ...]:
    """Return the events after which *others* have left their servers."""
    first = {leg.move: leg for leg in legs if not leg.second}
    events = []
    for name in others:
        if name in first:
            events.append(Event(name, "move" if first[name].last else "hop"))
        elif by_id[name].released:
            events.append(Event(name, "release"))
    return tuple(events)


def _migration(leg: Leg, unit: Unit, predecessors: Mapping[str, tuple[Event, ...]]) -> Load[Event]:
    part: Part = "move" if leg.last else "hop"
    after: tuple[Event, ...] = (Event(unit.id, "hop"),) if leg.second else ()
    after += predecessors.get(unit.id, ()) if leg.last else ()
    acquired, released = (leg.target, unit.moving_mib), (leg.source, unit.moving_mib)
    return Load(Event(unit.id, part), unit.project, 1, (acquired,), (released,), after)


def _unless_live(unit: Unit, predecessors: Mapping[str, tuple[Event, ...]]) -> tuple[Event, ...]:
    """Return the predecessors of a unit that gets its display when it starts; a live one got it when it migrated."""
    return () if unit.live and unit.source is not None else predecessors.get(unit.id, ())
