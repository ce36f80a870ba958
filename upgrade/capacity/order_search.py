"""The search for an order of live migrations over the memory of servers.

A state is how many machines of each kind (same way, same size) still have to go; what is free follows from it.
A move into a server that can take all that still comes to it never stands in the way of another and is made at once;
moves out of such a server help nobody and come last, unless another waits for them. What is left, few moves as a
rule, is searched depth first, without visiting a state twice. First without detours, then with one over a third
server, two, and so on; then with machines stopped, the fewest MiB first. The work is bounded: where the bound is
met, machines are stopped one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from mlnc.upgrade.capacity.search_state import DONE, Free, Lane, LiveMove, Problem, State

WORK = 600_000
"""How many lanes all searches together look at before they give up; about half a second."""

DETOURS = 6
"""How many detours are tried, and beside machines that are stopped STOPPED_DETOURS."""

STOPPED_DETOURS = 2


@dataclass(frozen=True, slots=True)
class Leg:
    """One live migration; *last*: it ends where the machine shall be; *second*: it comes from a third server."""

    move: str
    source: str
    target: str
    last: bool
    second: bool


@dataclass(frozen=True, slots=True)
class Route:
    """The migrations in order, and who has to be stopped before them and started after them."""

    legs: tuple[Leg, ...]
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A state of the search, what is free in it, the detours that are left, and the lane that led there."""

    state: State
    free: Free
    detours: int
    lane: Lane | None


def find_legs(free: Free, moves: Mapping[str, LiveMove]) -> Route:
    """An order for *moves* over *free*, the MiB that are free on each bounded server before the first of them.

    Once all have been made, everything must fit.
    """
    return _OrderSearch(moves).find(free)


class _OrderSearch:
    """One search, with what is left of its work."""

    def __init__(self, moves: Mapping[str, LiveMove]) -> None:
        self.problem = Problem(moves)
        self.everything = self.problem.start()
        self.nobody: State = (0,) * len(self.everything)
        self.work = WORK

    def find(self, free: Free) -> Route:
        lanes = self.with_detours(free, self.everything, DETOURS)
        if lanes is not None:
            return self.route(lanes, self.nobody)
        for stopped in self.stops(free):
            if self.work <= 0:
                break
            lanes = self.with_detours(*self.problem.without(free, self.everything, stopped), STOPPED_DETOURS)
            if lanes is not None:
                return self.route(lanes, stopped)
        return self.stop_what_is_in_the_way(free)

    def with_detours(self, free: Free, start: State, most: int) -> list[Lane] | None:
        """The lanes from *start* to the end with the fewest detours, at *most* that many."""
        for detours in range(min(most, self.problem.total(start)) + 1 if self.problem.thirds else 1):
            for hasty in (True, False) if detours else (True,):
                found = self.search(free, start, detours, hasty) if self.work > 0 else None
                if found is not None:
                    return found
        return None

    def stops(self, free: Free) -> Iterator[State]:
        """Sets of machines that could be stopped, as numbers of each kind, the fewest MiB first."""
        useful = self.problem.tight(free, self.everything) | self.problem.thirds
        kinds = [
            kind
            for kind, move in enumerate(self.problem.moves)
            if move.source in useful or kind in self.problem.waited_for or self.problem.empty[kind]
        ]
        order = count()
        queue = [(0, 0, next(order), 0, self.nobody)]
        while queue:
            mib, machines, _, first, stopped = heappop(queue)
            if machines:
                yield stopped
            for place in range(first, len(kinds)):
                kind = kinds[place]
                if stopped[kind] < self.everything[kind]:
                    size = mib + self.problem.moves[kind].mib
                    heappush(queue, (size, machines + 1, next(order), place, _one_more(stopped, kind)))

    def stop_what_is_in_the_way(self, free: Free) -> Route:
        """Goes as far as it can; where it cannot, stops the smallest machine that is left and begins again."""
        stopped = self.nobody
        while True:
            lanes, stuck = self.problem.run(*self.problem.without(free, self.everything, stopped))
            left = [kind for kind in range(self.problem.kinds) if stuck[kind]]
            if not left:
                return self.route(lanes, stopped)
            stopped = _one_more(stopped, min(left, key=lambda kind: self.problem.moves[kind].mib))

    def search(self, free: Free, start: State, detours: int, hasty: bool) -> list[Lane] | None:
        """The lanes from *start* to the end with at most that many *detours*; None where none was found.

        *hasty*: a move that is sure is made at once even where it could take the room of a detour.
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
        """What can be done next."""
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
        """Names for the machines of each kind: the first are stopped, the others go in the order of their names."""
        at: dict[int, list[str]] = {}
        halted: list[str] = []
        for kind, names in enumerate(self.problem.names):
            halted += names[: stopped[kind]]
            at[kind] = names[stopped[kind] :]
        legs: list[Leg] = []
        for lane in lanes:
            name = at[lane.slot].pop(0)
            second = lane.slot >= self.problem.kinds
            legs.append(Leg(name, lane.source, lane.target, lane.leads == DONE, second))
            if lane.leads != DONE:
                at.setdefault(lane.leads, []).append(name)
        return Route(tuple(legs), tuple(sorted(halted)))


def _one_more(stopped: State, kind: int) -> State:
    return (*stopped[:kind], stopped[kind] + 1, *stopped[kind + 1 :])
