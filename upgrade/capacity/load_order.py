"""The parts of an upgrade that take and give memory, in an order that fits, and what each has to wait for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mlnc.upgrade.capacity.memory_moves import Event, Part, Unit
from mlnc.upgrade.capacity.order_search import Leg
from mlnc.upgrade.capacity.wait_conditions import Load


def loads(units: Sequence[Unit], legs: Sequence[Leg]) -> list[Load[Event]]:
    """What is given back first, then the moves in the order of *legs*, then what is taken when all have been made."""
    by_id = {unit.id: unit for unit in units}
    follows = {name: _left(others, by_id, legs) for name, others in holders(units).items()}
    given = [
        Load(Event(unit.id, "release"), unit.project, 0, (), unit.given_back)
        for unit in units
        if unit.given_back
    ]
    moved = [_leg(leg, by_id[leg.move], follows) for leg in legs]
    taken = [
        Load(Event(unit.id, "acquire"), unit.project, 2, unit.taken, (), _unless_moved(unit, follows))
        for unit in units
        if unit.taken
    ]
    return [*given, *moved, *taken]


def holders(units: Sequence[Unit]) -> dict[str, list[str]]:
    """For each unit those that have its display on its target until they leave or stop."""
    having: dict[tuple[str, int], list[str]] = defaultdict(list)
    for unit in units:
        if unit.source is not None and unit.old_display is not None:
            having[unit.source, unit.old_display].append(unit.id)
    return {
        unit.id: others
        for unit in units
        if unit.target is not None and unit.new_display is not None
        if (others := [name for name in having.get((unit.target, unit.new_display), ()) if name != unit.id])
    }


def _left(others: Sequence[str], by_id: Mapping[str, Unit], legs: Sequence[Leg]) -> tuple[Event, ...]:
    """What is over when *others* have left where they were."""
    first = {leg.move: leg for leg in legs if not leg.second}
    events = []
    for name in others:
        if name in first:
            events.append(Event(name, "move" if first[name].last else "hop"))
        elif by_id[name].given_back:
            events.append(Event(name, "release"))
    return tuple(events)


def _leg(leg: Leg, unit: Unit, follows: Mapping[str, tuple[Event, ...]]) -> Load[Event]:
    part: Part = "move" if leg.last else "hop"
    after: tuple[Event, ...] = (Event(unit.id, "hop"),) if leg.second else ()
    after += follows.get(unit.id, ()) if leg.last else ()
    taken, given = (leg.target, unit.moving_mib), (leg.source, unit.moving_mib)
    return Load(Event(unit.id, part), unit.project, 1, (taken,), (given,), after)


def _unless_moved(unit: Unit, follows: Mapping[str, tuple[Event, ...]]) -> tuple[Event, ...]:
    """What a unit has to wait for that has its display only when it is started."""
    return () if unit.live and unit.source is not None else follows.get(unit.id, ())
