"""Search for an order of live migrations within the memory of the servers.

A state is the number of virtual machines of each kind (same source, target and size) that still have to migrate; it
determines the free memory. A migration to a server with room for all that still arrives never blocks another one and
is made at once. Migrations from such a server free no memory that is needed and come last, unless another one waits
for them. The rest, usually few, is searched depth first without visiting a state twice: first without a third server,
then with one detour, two, and so on; then with stopped virtual machines, the fewest MiB first. The work is bounded: at
the bound, virtual machines are stopped one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from mlnc.upgrade.capacity.search_state import DONE, Free, Lane, LiveMove, Problem, State

WORK = 600_000
"""Number of lanes that all searches together visit before they give up; about half a second."""

DETOURS = 6
"""Highest number of detours; STOPPED_DETOURS if virtual machines are stopped too."""

STOPPED_DETOURS = 2


@dataclass(frozen=True, slots=True)
class Leg:
    """One live migration; *last*: it ends on the target; *second*: it begins on a third server."""

    move: str
    source: str
    target: str
    last: bool
    second: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Migrations in order, and the virtual machines to stop before them and start after them."""

    legs: tuple[Leg, ...]
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """State of the search, its free memory, the detours left, and the lane that led to it."""

    state: State
    free: Free
    detours: int
    lane: Lane | None


def find_legs(free: Free, moves: Mapping[str, LiveMove]) -> Route:
    """Return an order for *moves*. *free* has the free MiB of each bounded server before the first one.

    After all of them, everything must fit.
    """
    return _OrderSearch(moves).find(free)


class _OrderSearch:
    """One search and the work it may still do."""

    def __init__(self, moves: Mapping[str, LiveMove]) -> None:
        self.problem = Problem(moves)
        self.all_moves = self.problem.start()
        self.none_stopped: State = (0,) * len(self.all_moves)
        self.work = WORK

    def find(self, free: Free) -> Route:
        lanes = self.with_detours(free, self.all_moves, DETOURS)
        if lanes is not None:
            return self.route(lanes, self.none_stopped)
        for stopped in self.stops(free):
            if self.work <= 0:
                break
            lanes = self.with_detours(*self.problem.without(free, self.all_moves, stopped), STOPPED_DETOURS)
            if lanes is not None:
                return self.route(lanes, stopped)
        return self.stop_blocking(free)

    def with_detours(self, free: Free, start: State, most: int) -> list[Lane] | None:
        """Return the lanes from *start* to the end with the fewest detours, at most *most*; None if there are none."""
        for detours in range(min(most, self.problem.total(start)) + 1 if self.problem.thirds else 1):
            for hasty in (True, False) if detours else (True,):
                found = self.search(free, start, detours, hasty) if self.work > 0 else None
                if found is not None:
                    return found
        return None

    def stops(self, free: Free) -> Iterator[State]:
        """Yield sets of virtual machines to stop, as numbers of each kind, the fewest MiB first."""
        useful = self.problem.tight(free, self.all_moves) | self.problem.thirds
        kinds = [
            kind
            for kind, move in enumerate(self.problem.moves)
            if move.source in useful or kind in self.problem.waited_for or self.problem.empty[kind]
        ]
        order = count()
        queue = [(0, 0, next(order), 0, self.none_stopped)]
        while queue:
            mib, machines, _, first, stopped = heappop(queue)
            if machines:
                yield stopped
            for place in range(first, len(kinds)):
                kind = kinds[place]
                if stopped[kind] < self.all_moves[kind]:
                    size = mib + self.problem.moves[kind].mib
                    heappush(queue, (size, machines + 1, next(order), place, _one_more(stopped, kind)))

    def stop_blocking(self, free: Free) -> Route:
        """Make all possible migrations; if some are left, stop the smallest of them and begin again."""
        stopped = self.none_stopped
        while True:
            lanes, stuck = self.problem.run(*self.problem.without(free, self.all_moves, stopped))
            left = [kind for kind in range(self.problem.kinds) if stuck[kind]]
            if not left:
                return self.route(lanes, stopped)
            stopped = _one_more(stopped, min(left, key=lambda kind: self.problem.moves[kind].mib))

    def search(self, free: Free, start: State, detours: int, hasty: bool) -> list[Lane] | None:
        """Return the lanes from *start* to the end with at most *detours* detours; None if none were found.

        *hasty*: a migration that blocks no other is made at once even if it takes the room of a detour.
        """
        seen: set[tuple[State, int]] = set()
        path: list[Lane] = []
        stack = [iter([Branch(start, free, detours, None)])]
        straight = len(self.problem.lanes) * 2 * self.problem.total(start)
        work = self.work - max(self.work // 4, straight)
        while stack and self.work > work:
            branch = next(stack[-1], None)
            if branch is None:
                stack.pop()
                del path[-1:]
            elif (branch.state, branch.detours) not in seen:
                seen.add((branch.state, branch.detours))
                self.work -= len(self.problem.lanes)
                path += [branch.lane] if branch.lane else []
                tight = self.problem.tight(branch.free, branch.state)
                if self.problem.finished(branch.state, tight):
                    lanes, stuck = self.problem.run(branch.free, branch.state)
                    if not self.problem.total(stuck):
                        return path + lanes
                stack.append(self.branches(branch, tight, hasty or not branch.detours))
        return None

    def branches(self, here: Branch, tight: frozenset[str], hasty: bool) -> Iterator[Branch]:
        """Yield the next branches."""
        lanes = self.problem.open(here.free, here.state)
        sure = [lane for lane in lanes if not lane.detour and lane.target not in tight]
        if hasty:
            needed = self.problem.waited_for
            lanes = sure[:1] or [lane for lane in lanes if lane.source in tight or lane.slot in needed]
        elif sure:
            lanes = [*sure, *(lane for lane in lanes if lane not in sure)]
        for lane in lanes:
            if lane.detour <= here.detours:
                state, free = self.problem.after(here.state, lane), self.problem.moved(here.free, lane)
                yield Branch(state, free, here.detours - lane.detour, lane)

    def route(self, lanes: list[Lane], stopped: State) -> Route:
        """Return the route by name: of each kind the first are stopped, the others migrate in order of name."""
        at: dict[int, list[str]] = {}
        halted: list[str] = []
        for kind, names in enumerate(self.problem.names):
            halted += names[: stopped[kind]]
            at[kind] = names[stopped[kind] :]
        legs: list[Leg] = []
        for lane in lanes:
            name = at[lane.slot].pop(0)
            second = lane.slot >= self.problem.kinds
            legs.append(Leg(name, lane.source, lane.target, lane.end == DONE, second))
            if lane.end != DONE:
                at.setdefault(lane.end, []).append(name)
        return Route(tuple(legs), tuple(sorted(halted)))


def _one_more(stopped: State, kind: int) -> State:
    return (*stopped[:kind], stopped[kind] + 1, *stopped[kind + 1 :])
