"""States of the search for an order: migrations still to make, and the free memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Free = dict[str, int]
"""Free MiB by server; a server without an entry has no bound."""

State = tuple[int, ...]
"""Number of virtual machines by slot: one slot per kind before its migration, then one per kind and third server."""

DONE = -1
"""Slot of virtual machines on their target, which are not counted."""


@dataclass(frozen=True, slots=True, order=True)
class LiveMove:
    """A live migration: source, target, memory in MiB, and possible third servers.

    *name* identifies one that waits for others or that others wait for; it is empty for all others. *follows* are the
    names of those that must have left their source before it arrives.
    """

    source: str
    target: str
    mib: int
    thirds: tuple[str, ...] = ()
    name: str = ""
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """A migration of one virtual machine from *slot* to the slot *end*; *detour* is 1 if that is a third server.

    The lane is open once the slots *empty* are empty.
    """

    slot: int
    end: int
    source: str
    target: str
    mib: int
    detour: int
    empty: tuple[int, ...] = ()


class Problem:
    """Kinds of virtual machines, their lanes, and the arithmetic of states."""

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
        """Return the state before the first migration."""
        return tuple(map(len, self.names)) + (0,) * (self._slots - self.kinds)

    def total(self, state: State) -> int:
        """Return the number of virtual machines that still have to migrate."""
        return sum(state)

    def tight(self, free: Free, state: State) -> frozenset[str]:
        """Return the servers without room for all that still arrives."""
        arriving = dict.fromkeys(free, 0)
        for lane in self.lanes:
            if state[lane.slot] and not lane.detour and lane.target in arriving:
                arriving[lane.target] += lane.mib * state[lane.slot]
        return frozenset(server for server, mib in arriving.items() if mib > free[server])

    def finished(self, state: State, tight: frozenset[str]) -> bool:
        """Return True if the rest fits in any order: no migration of it waits for memory that another one releases."""
        return not any(lane.source in tight for lane in self.lanes if state[lane.slot] and not lane.detour)

    def open(self, free: Free, state: State) -> list[Lane]:
        """Return the lanes that are possible now."""
        return [
            lane
            for lane in self.lanes
            if state[lane.slot]
            and (lane.target not in free or free[lane.target] >= lane.mib)
            and not any(state[slot] for slot in lane.empty)
        ]

    def after(self, state: State, lane: Lane) -> State:
        """Return the state after one migration on *lane*."""
        counts = list(state)
        counts[lane.slot] -= 1
        if lane.end != DONE:
            counts[lane.end] += 1
        return tuple(counts)

    def moved(self, free: Free, lane: Lane) -> Free:
        """Return the free memory after one migration on *lane*."""
        left = dict(free)
        for server, mib in ((lane.source, lane.mib), (lane.target, -lane.mib)):
            if server in left:
                left[server] += mib
        return left

    def without(self, free: Free, state: State, stopped: State) -> tuple[Free, State]:
        """Return free memory and state with some virtual machines *stopped*; they start after all migrations."""
        left = dict(free)
        for kind, move in enumerate(self.moves):
            if move.source in left:
                left[move.source] += move.mib * stopped[kind]
        return left, tuple(number - fewer for number, fewer in zip(state, stopped, strict=True))

    def run(self, free: Free, state: State) -> tuple[list[Lane], State]:
        """Return lanes without detour, those that block no other first, and the state in which none is open."""
        taken: list[Lane] = []
        while lanes := [lane for lane in self.open(free, state) if not lane.detour]:
            tight = self.tight(free, state)
            sure = (lane for lane in lanes if lane.target not in tight)
            lane = next(sure, lanes[0])
            taken.append(lane)
            free, state = self.moved(free, lane), self.after(state, lane)
        return taken, state
