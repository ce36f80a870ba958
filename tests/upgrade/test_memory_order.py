"""Order within the memory of servers: simulated at every moment, and compared with an exhaustive search."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.upgrade.capacity.memory_moves import Event, Unit
from mlnc.upgrade.capacity.memory_order import Order, Shortage, order

Servers = Mapping[str, int | None]


def unit(
    name: str, source: str | None, target: str | None, old: int, new: int | None = None, **more: object
) -> Unit:
    """Return the unit *name*, ``PROJECT/HOST``, live unless *more* says otherwise."""
    live = cast(bool, more.get("live", True))
    thirds = cast(tuple[str, ...], more.get("thirds", ()))
    was, will = cast(tuple[int | None, int | None], more.get("displays", (None, None)))
    size = old if new is None else new
    return Unit(name, name.partition("/")[0], source, old, target, size, live, thirds, was, will)


def found(declared: Servers, used: Mapping[str, int], units: list[Unit]) -> Order:
    """Return the order, which must exist, after a check of every moment of it."""
    made = order(declared, used, units)
    assert isinstance(made, Order)
    check(declared, used, units, made)
    return made


# ---- what happens when an order is carried out ---------------------------------------------------------------


def events(units: list[Unit], made: Order) -> dict[Event, tuple[Counter[str], Counter[str]]]:
    """Return the memory that each event acquires when it begins and releases when it ends, from the units alone."""
    happens: dict[Event, tuple[Counter[str], Counter[str]]] = {}
    for each in units:
        live = each.live and each.id not in made.stopped
        moving = min(each.old_mib, each.new_mib)
        if each.source and each.target and live and each.source != each.target:
            stations = [each.source, *([made.via[each.id]] if each.id in made.via else []), each.target]
            parts = ("hop", "move") if each.id in made.via else ("move",)
            for part, here, there in zip(parts, stations, stations[1:], strict=False):
                happens[Event(each.id, part)] = (Counter({there: moving}), Counter({here: moving}))  # type: ignore[arg-type]
        stays = moving if live and each.source and each.target else 0
        if each.source and each.old_mib > stays:
            happens[Event(each.id, "release")] = (Counter(), Counter({each.source: each.old_mib - stays}))
        if each.target and each.new_mib > stays:
            happens[Event(each.id, "acquire")] = (Counter({each.target: each.new_mib - stays}), Counter())
        if not (live and each.source == each.target):
            _displays(each, happens)
    return happens


def _displays(each: Unit, happens: dict[Event, tuple[Counter[str], Counter[str]]]) -> None:
    """A server has a display once; it is used from the beginning of an arrival to the end of a departure."""
    parts = [event for event in happens if event.unit == each.id]
    moves = [event for event in parts if event.part in ("hop", "move")]
    if each.source and each.old_display is not None:
        first = (moves or [Event(each.id, "release")])[0]
        happens[first][1][f"{each.source}:{each.old_display}"] += 1
    if each.target and each.new_display is not None:
        last = (moves or [Event(each.id, "acquire")])[-1]
        happens[last][0][f"{each.target}:{each.new_display}"] += 1


STAGES = {"release": 0, "hop": 1, "move": 1, "acquire": 2}


def before(units: list[Unit], made: Order) -> dict[Event, set[Event]]:
    """Return for each event those that end before it begins: its waits, and the earlier phases of its project."""
    projects = {each.id: each.project for each in units}
    happens = events(units, made)
    return {
        event: {*made.waits.get(event, ())}
        | {
            other
            for other in happens
            if projects[other.unit] == projects[event.unit] and STAGES[other.part] < STAGES[event.part]
        }
        for event in happens
    }


def closure(direct: dict[Event, set[Event]]) -> dict[Event, set[Event]]:
    """Return all events that end before each event; fail if an event waits for itself."""
    done: dict[Event, set[Event]] = {}
    left = dict(direct)
    while left:
        ready = [event for event, waits in left.items() if waits <= done.keys()]
        assert ready, f"nothing of {sorted(left)} can ever begin"
        for event in ready:
            done[event] = set().union(left[event], *(done[each] for each in left[event]))
            del left[event]
    return done


def check(declared: Servers, used: Mapping[str, int], units: list[Unit], made: Order) -> None:
    """Assert that no server exceeds its limit, however events overlap.

    At the worst moment of a server, some events have taken and not yet given: the worst is sought by letting every
    event that takes there begin as early, and every event that gives there end as late, as a set of begun events
    that is closed under what must be over allows. Small cases try every such set.
    """
    happens = events(units, made)
    over = closure(before(units, made))
    limits = limits_of(declared, used, units)
    shown = {f"{each.source}:{each.old_display}": 1 for each in units if each.old_display is not None}
    limits |= dict.fromkeys([*shown, *(f"{each.target}:{each.new_display}" for each in units)], 1)
    used = {**used, **shown}
    for begun in closed_sets(list(happens), over):
        ended = set().union(*(over[event] for event in begun)) if begun else set()
        for server, limit in limits.items():
            here = used.get(server, 0)
            here += sum(happens[event][0][server] for event in begun)
            here -= sum(happens[event][1][server] for event in ended)
            assert here <= limit, (server, here, limit, sorted(begun), made)


def limits_of(declared: Servers, used: Mapping[str, int], units: list[Unit]) -> dict[str, int]:
    end = Counter(used)
    for each in units:
        if each.source:
            end[each.source] -= each.old_mib
        if each.target and (each.source is None or each.source == each.target):
            end[each.target] += each.new_mib
    return {name: max(mib, used.get(name, 0), end[name]) for name, mib in declared.items() if mib is not None}


def closed_sets(names: list[Event], over: dict[Event, set[Event]]) -> Iterator[set[Event]]:
    """Yield every set of events that can have begun at one moment, if there are few; else those of one event's past,
    with everything that can have begun beside it."""
    if len(names) <= 9:
        for bits in range(1 << len(names)):
            begun = {event for number, event in enumerate(names) if bits >> number & 1}
            if all(over[event] <= begun for event in begun):
                yield begun
        return
    for event in names:
        # as much as possible has begun while *event* has not ended
        yield {other for other in names if event not in over[other]}


# ---- cases ---------------------------------------------------------------------------------------------------


def test_a_migration_to_a_server_with_room_waits_for_nothing() -> None:
    made = found({"a": 1024, "b": 1024}, {"a": 512, "b": 512}, [unit("p/x", "a", "b", 512)])
    assert made == Order()


def test_a_migration_to_a_full_server_waits_for_a_departure() -> None:
    units = [unit("p/x", "a", "b", 512), unit("q/y", "b", "c", 512)]
    made = found({"a": 512, "b": 512, "c": None}, {"a": 512, "b": 512}, units)
    assert made.waits == {Event("p/x", "move"): (Event("q/y", "move"),)}


def test_a_migration_waits_for_one_departure_if_that_is_enough() -> None:
    units = [unit("p/x", "a", "b", 256), unit("q/y", "b", "c", 512), unit("r/z", "b", "c", 256)]
    made = found({"b": 768}, {"a": 256, "b": 768}, units)
    assert [len(waits) for waits in made.waits.values()] == [1]


def test_a_stop_of_the_same_project_needs_no_wait() -> None:
    units = [unit("p/x", "a", "b", 512), unit("p/y", "b", None, 512)]
    assert found({"b": 512}, {"a": 512, "b": 512}, units) == Order()


def test_the_search_reverts_a_greedy_choice_that_blocks() -> None:
    # x and y both fit into b, but only y makes room in c for z, which makes room in b for x
    units = [unit("p/x", "a", "b", 512), unit("q/y", "c", "b", 512), unit("r/z", "b", "c", 512)]
    made = found({"a": None, "b": 1024, "c": 512}, {"a": 512, "b": 512, "c": 512}, units)
    assert made.stopped == ()
    assert Event("p/x", "move") in made.waits


def test_an_exchange_uses_a_third_server() -> None:
    servers = {"a": 512, "b": 512, "c": 1024}
    units = [unit("p/x", "a", "b", 512, thirds=("c",)), unit("q/y", "b", "a", 512, thirds=("c",))]
    made = found(servers, {"a": 512, "b": 512, "c": 512}, units)
    assert (made.stopped, made.via) == ((), {"p/x": "c"})
    assert made.waits == {
        Event("q/y", "move"): (Event("p/x", "hop"),),
        Event("p/x", "move"): (Event("q/y", "move"),),
    }


def test_an_exchange_without_a_third_server_stops_the_smallest() -> None:
    units = [unit("p/x", "a", "b", 512), unit("q/y", "b", "a", 256)]
    made = found({"a": 512, "b": 512}, {"a": 512, "b": 256}, units)
    assert made.stopped == ("q/y",)
    assert made.waits == {
        Event("p/x", "move"): (Event("q/y", "release"),),
        Event("q/y", "acquire"): (Event("p/x", "move"),),
    }


def test_two_groups_swap_between_full_servers() -> None:
    units = [unit(f"g{n}/x", "a", "b", 256, thirds=("c",)) for n in range(4)]
    units += [unit(f"h{n}/y", "b", "a", 256, thirds=("c",)) for n in range(4)]
    made = found({"a": 1024, "b": 1024, "c": 256}, {"a": 1024, "b": 1024, "c": 0}, units)
    assert made.stopped == ()
    assert len(made.via) == 1


def test_a_growing_unit_waits_for_a_departure() -> None:
    units = [unit("p/x", "a", "a", 512, 1024), unit("q/y", "a", "b", 512)]
    made = found({"a": 1024}, {"a": 1024}, units)
    assert made.waits == {Event("p/x", "acquire"): (Event("q/y", "move"),)}


def test_a_unit_shrinks_before_and_grows_after_its_migration() -> None:
    units = [unit("p/x", "a", "b", 1024, 512), unit("q/y", "b", "a", 512, 1024)]
    made = found({"a": 1536, "b": 512}, {"a": 1024, "b": 512}, units)
    assert made.waits == {
        Event("p/x", "move"): (Event("q/y", "move"),),
        Event("q/y", "acquire"): (Event("p/x", "release"),),
    }


def test_a_display_is_free_after_its_holder_has_left() -> None:
    units = [unit("p/x", "a", "b", 1, displays=(3, 3)), unit("q/y", "b", "c", 1, displays=(3, 3))]
    made = found({}, {}, units)
    assert made.waits == {Event("p/x", "move"): (Event("q/y", "move"),)}


def test_an_exchange_of_a_display_stops_the_smaller_unit() -> None:
    units = [unit("p/x", "a", "b", 2, displays=(3, 3)), unit("q/y", "b", "a", 1, displays=(3, 3))]
    made = found({}, {}, units)
    assert made.stopped == ("q/y",)
    assert made.waits == {
        Event("p/x", "move"): (Event("q/y", "release"),),
        Event("q/y", "acquire"): (Event("p/x", "move"),),
    }


def test_a_created_unit_waits_until_its_display_is_free() -> None:
    units = [
        unit("p/x", None, "a", 0, 1, displays=(None, 3)),
        unit("q/y", "a", "a", 1, live=False, displays=(3, 4)),
    ]
    assert found({}, {}, units).waits == {Event("p/x", "acquire"): (Event("q/y", "release"),)}


def test_arrivals_must_fit_after_the_upgrade() -> None:
    units = [unit("p/x", "a", "b", 512), unit("q/y", "a", "b", 512)]
    assert order({"a": 2048, "b": 1024}, {"a": 1024, "b": 256}, units) == (
        Shortage("b", 256, ("p/x", "q/y")),
    )


def test_an_overcommitted_server_without_arrivals_is_no_shortage() -> None:
    units = [unit("p/x", None, "a", 0, 512), unit("p/y", "a", "a", 512, 1024, live=False)]
    assert found({"a": 512}, {"a": 512}, units).stopped == ()


def test_the_order_of_the_units_changes_nothing() -> None:
    units = [unit(f"p{n}/x", "a", "b", 256 + n, thirds=("c",)) for n in range(3)]
    units += [unit(f"q{n}/x", "b", "a", 256 + n, thirds=("c",)) for n in range(3)]
    full = {"a": 771, "b": 771, "c": 0}
    made = [order({"a": 771, "b": 771, "c": 300}, full, list(each)) for each in permutations(units)]
    assert all(each == made[0] for each in made)


@pytest.mark.parametrize("slack", [0, 512, 4096])
@pytest.mark.parametrize("thirds", [(), ("c",)])
@pytest.mark.parametrize("distinct", [False, True])
def test_a_large_course_is_ordered_within_the_time_limit(
    slack: int, thirds: tuple[str, ...], distinct: bool
) -> None:
    units = []
    for n in range(60):
        here, there = ("a", "b") if n % 2 else ("b", "a")
        size = n * 4 if distinct else 0
        units.append(unit(f"g{n:02}/linux", here, there, 256 + size // 2, thirds=thirds))
        units.append(unit(f"g{n:02}/windows", here, there, 512 + size, 512 + size, thirds=thirds))
    used = Counter[str]()
    for each in units:
        used[str(each.source)] += each.old_mib
    top = max(used.values()) + slack
    began = time.perf_counter()
    made = order({"a": top, "b": top, "c": 4096}, used, units)
    assert isinstance(made, Order)
    assert time.perf_counter() - began < 5, "it takes well under a second on an idle machine"
    check({"a": top, "b": top, "c": 4096}, used, units, made)


# ---- properties ----------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c")


@st.composite
def courses(draw: st.DrawFn) -> tuple[dict[str, int | None], dict[str, int], list[Unit]]:
    """Draw a few virtual machines of a few projects on three servers, some bounded, that fit at the beginning."""
    units = []
    shown: set[tuple[str, str | None, int | None]] = set()
    for number in range(draw(st.integers(1, 5))):
        source, target = draw(st.sampled_from((*NAMES, None))), draw(st.sampled_from(NAMES))
        old, new = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        thirds = tuple(name for name in NAMES if name not in (source, target)) if draw(st.booleans()) else ()
        display = draw(st.none() | st.integers(1, 2))
        ends = {("old", source, display), ("new", target, display)}
        displays = (None, None) if shown & ends else (display if source else None, display)
        shown |= ends if display is not None else set()
        live = draw(st.booleans()) or source != target
        name = f"{draw(st.sampled_from('pqr'))}/{number}"
        size = old if source else 0
        units.append(unit(name, source, target, size, new, live=live, thirds=thirds, displays=displays))
    used = Counter({name: draw(st.integers(0, 2)) for name in NAMES})
    for each in units:
        if each.source:
            used[each.source] += each.old_mib
    slack = {name: draw(st.integers(0, 4) | st.none()) for name in NAMES}
    declared = {name: None if more is None else used[name] + more for name, more in slack.items()}
    return declared, dict(used), units


@settings(max_examples=300, deadline=None)
@given(courses())
def test_no_server_ever_exceeds_its_memory(
    course: tuple[dict[str, int | None], dict[str, int], list[Unit]],
) -> None:
    declared, used, units = course
    made = order(declared, used, units)
    if isinstance(made, Order):
        check(declared, used, units, made)
    else:
        assert all(shortage.missing_mib > 0 and shortage.units for shortage in made)


@st.composite
def swaps(draw: st.DrawFn) -> tuple[dict[str, int | None], dict[str, int], list[Unit]]:
    """Draw live migrations only, between servers that are nearly full."""
    units = []
    for number in range(draw(st.integers(2, 5))):
        source, target = draw(st.permutations(NAMES))[:2]
        thirds = tuple(set(NAMES) - {source, target}) if draw(st.booleans()) else ()
        units.append(unit(f"p{number}/x", source, target, draw(st.integers(1, 4)), thirds=thirds))
    here, there = Counter[str](), Counter[str]()
    for each in units:
        here[str(each.source)] += each.old_mib
        there[str(each.target)] += each.new_mib
    declared: dict[str, int | None] = {
        name: max(here[name], there[name]) + draw(st.integers(0, 2)) for name in NAMES
    }
    return declared, dict(here), units


def cheapest(declared: Servers, used: Mapping[str, int], units: list[Unit]) -> tuple[int, int]:
    """Return the fewest MiB to stop, then the fewest detours, by an exhaustive search."""
    full = {name: mib for name, mib in declared.items() if mib is not None}
    best = (sum(each.old_mib for each in units), 0)
    for bits in range(1 << len(units)):
        moving = [each for number, each in enumerate(units) if not bits >> number & 1]
        stopped = [each for each in units if each not in moving]
        mib = sum(each.old_mib for each in stopped)
        if mib > best[0]:
            continue
        free = {name: mib - used.get(name, 0) for name, mib in full.items()}
        for each in stopped:
            free[str(each.source)] += each.old_mib
        detours = fewest_detours(free, moving)
        if detours is not None:
            best = min(best, (mib, detours))
    return best


def fewest_detours(free: dict[str, int], moving: list[Unit]) -> int | None:
    """Breadth-first search over all placements."""
    start = tuple(str(each.source) for each in moving)
    front, seen, detours = {start}, {start}, 0
    while front:
        more: set[tuple[str, ...]] = set()
        todo = list(front)
        while todo:
            at = todo.pop()
            if all(here == each.target for here, each in zip(at, moving, strict=True)):
                return detours
            left = dict(free)
            for here, each in zip(at, moving, strict=True):
                left[str(each.source)] += each.old_mib
                left[here] -= each.old_mib
            for number, each in enumerate(moving):
                ways = [each.target] if at[number] != each.target else []
                ways += each.thirds if at[number] == each.source else ()
                for there in filter(None, ways):
                    if left[there] >= each.old_mib:
                        state = (*at[:number], there, *at[number + 1 :])
                        if there == each.target and state not in seen:
                            seen.add(state)
                            todo.append(state)
                        elif there != each.target:
                            more.add(state)
        front = more - seen
        seen |= front
        detours += 1
    return None


@settings(max_examples=300, deadline=None)
@given(swaps())
def test_the_order_has_the_fewest_stops_and_detours(
    course: tuple[dict[str, int | None], dict[str, int], list[Unit]],
) -> None:
    declared, used, units = course
    made = found(declared, used, units)
    stopped = sum(each.old_mib for each in units if each.id in made.stopped)
    mib, detours = cheapest(declared, used, units)
    assert stopped == mib
    assert len(made.via) == detours or made.stopped
