"""The states of the search for an order: which machines still have to go where, and what is free meanwhile."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Free = dict[str, int]
"""MiB that are free, by server; a server that is not in it has no bound."""

State = tuple[int, ...]
"""How many machines there are in each slot: a slot a kind that has not left yet, then one a kind and third server."""

DONE = -1
"""The slot of those that are where they shall be, which nobody counts."""


@dataclass(frozen=True, slots=True, order=True)
class LiveMove:
    """A live migration that is asked for: from, to, memory in MiB, and the servers it could go over.

    *name* tells one apart that others wait for or that waits for others; it is empty for all else. *follows* are the
    names of those that must have left where they are before it arrives.
    """

    source: str
    target: str
    mib: int
    thirds: tuple[str, ...] = ()
    name: str = ""
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """A way of one machine from one slot to another. *detour* is 1 where it leads to a third server.

    It is open when nobody is left in the slots *empty*.
    """

    slot: int
    leads: int
    source: str
    target: str
    mib: int
    detour: int
    empty: tuple[int, ...] = ()


class Problem:
    """The kinds of machines, the lanes they can take, and the arithmetic of states."""

    def __init__(self, moves: Mapping[str, LiveMove]) -> None:
        kinds = Counter(moves.values())
        self.moves = sorted(kinds, key=lambda move: (-move.mib, move))
        self.names = [sorted(name for name, move in moves.items() if move == kind) for kind in self.moves]
        self.kinds = len(self.moves)
        self.lanes: list[Lane] = []
        self.thirds = frozenset(third for move in self.moves for third in move.thirds)
        self._slots = self.kinds
        named = {move.name: kind for kind, move in enumerate(self.moves) if move.name}
        self.empty = [tuple(named[name] for name in move.follows if name in named) for move in self.moves]
        self.waited_for = frozenset(kind for kinds in self.empty for kind in kinds)
        for kind, move in enumerate(self.moves):
            self.lanes.append(Lane(kind, DONE, move.source, move.target, move.mib, 0, self.empty[kind]))
        for kind, move in enumerate(self.moves):
            for third in move.thirds:
                self._over(kind, move, third)

    def _over(self, kind: int, move: LiveMove, third: str) -> None:
        slot = self._slots
        self._slots += 1
        self.lanes.insert(0, Lane(slot, DONE, third, move.target, move.mib, 0, self.empty[kind]))
        self.lanes.append(Lane(kind, slot, move.source, third, move.mib, 1))

    def start(self) -> State:
        """Nobody has left."""
        return tuple(map(len, self.names)) + (0,) * (self._slots - self.kinds)

    def total(self, state: State) -> int:
        """How many machines still have to go."""
        return sum(state)

    def tight(self, free: Free, state: State) -> frozenset[str]:
        """The servers that have no room for all that still comes to stay."""
        coming = dict.fromkeys(free, 0)
        for lane in self.lanes:
            if state[lane.slot] and not lane.detour and lane.target in coming:
                coming[lane.target] += lane.mib * state[lane.slot]
        return frozenset(server for server, mib in coming.items() if mib > free[server])

    def finished(self, state: State, tight: frozenset[str]) -> bool:
        """Whether what is left finds room in any order: nothing of it waits for memory that another gives back."""
        return not any(lane.source in tight for lane in self.lanes if state[lane.slot] and not lane.detour)

    def open(self, free: Free, state: State) -> list[Lane]:
        """The lanes that somebody can take now."""
        return [
            lane
            for lane in self.lanes
            if state[lane.slot]
            and (lane.target not in free or free[lane.target] >= lane.mib)
            and not any(state[slot] for slot in lane.empty)
        ]

    def after(self, state: State, lane: Lane) -> State:
        """The state when one machine has taken *lane*."""
        counts = list(state)
        counts[lane.slot] -= 1
        if lane.leads != DONE:
            counts[lane.leads] += 1
        return tuple(counts)

    def moved(self, free: Free, lane: Lane) -> Free:
        """What is free when one machine has taken *lane*."""
        left = dict(free)
        for server, mib in ((lane.source, lane.mib), (lane.target, -lane.mib)):
            if server in left:
                left[server] += mib
        return left

    def without(self, free: Free, state: State, stopped: State) -> tuple[Free, State]:
        """What is free and who has to go when some have been *stopped*; they are started when all is over."""
        left = dict(free)
        for kind, move in enumerate(self.moves):
            if move.source in left:
                left[move.source] += move.mib * stopped[kind]
        return left, tuple(here - gone for here, gone in zip(state, stopped, strict=True))

    def run(self, free: Free, state: State) -> tuple[list[Lane], State]:
        """Takes lanes without detour, what needs no luck first, as long as any is open; and the state then."""
        taken: list[Lane] = []
        while lanes := [lane for lane in self.open(free, state) if not lane.detour]:
            tight = self.tight(free, state)
            sure = (lane for lane in lanes if lane.target not in tight)
            lane = next(sure, lanes[0])
            taken.append(lane)
            free, state = self.moved(free, lane), self.after(state, lane)
        return taken, state
