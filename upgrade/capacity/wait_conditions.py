"""Wait conditions of loads: with them memory suffices however loads overlap that do not wait for each other.

Each MiB is either free at the beginning or released by one load, and the load that acquires it waits for that one
only. No MiB is assigned twice, so the loads never need more than there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mlnc.upgrade.capacity.memory_moves import Amounts

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Load(Generic[Key]):
    """A load acquires memory when it begins and releases memory when it ends.

    The loads of one *project* with a lower *stage* end before those with a higher one begin. *after* are loads that it
    waits for in any case.
    """

    key: Key
    project: str
    stage: int
    acquired: Amounts
    released: Amounts
    after: tuple[Key, ...] = ()


def chain(free: Mapping[str, int], loads: Sequence[Load[Key]]) -> dict[Key, tuple[Key, ...]]:
    """Return for each load the others that it waits for besides the lower stages of its project; no entry: none.

    *loads* are in an order that fits. *free* has the free MiB of each server at the beginning; a server without an
    entry has no bound. Stages ascend within each project.
    """
    return _Chain(free, loads).run()


@dataclass(slots=True)
class _Supply:
    """Memory that is free after the load of that number (None: from the beginning)."""

    load: int | None
    mib: int


class _Chain(Generic[Key]):
    def __init__(self, free: Mapping[str, int], loads: Sequence[Load[Key]]) -> None:
        self.loads = loads
        self.numbers = {load.key: number for number, load in enumerate(loads)}
        self.supplies = {server: [_Supply(None, mib)] for server, mib in free.items()}
        self.before: list[int] = []  # for each load those that end before it begins, as bits
        self.ended: dict[tuple[str, int], int] = {}  # loads that end before the end of a stage of a project

    def run(self) -> dict[Key, tuple[Key, ...]]:
        waits = {load.key: self.place(number, load) for number, load in enumerate(self.loads)}
        return {key: found for key, found in waits.items() if found}

    def place(self, number: int, load: Load[Key]) -> tuple[Key, ...]:
        """Assign memory to *load*, the next one; return the loads that it waits for."""
        known = 0
        for stage in range(load.stage):
            known |= self.ended.get((load.project, stage), 0)
        wanted = [self.numbers[key] for key in load.after]
        for server, mib in load.acquired:
            if server in self.supplies:
                wanted += self.take(self.supplies[server], mib, self.with_all(known, wanted))
        self.before.append(self.with_all(known, wanted))
        self.ended[load.project, load.stage] = (
            self.ended.get((load.project, load.stage), 0) | self.before[number] | 1 << number
        )
        for server, mib in load.released:
            if server in self.supplies:
                self.supplies[server].append(_Supply(number, mib))
        return tuple(self.loads[each].key for each in self.needed(known, wanted))

    def take(self, supplies: list[_Supply], mib: int, known: int) -> list[int]:
        """Take *mib* from *supplies*, first from loads in *known*; return the other loads that it takes from."""
        waited: list[int] = []
        while mib > 0:
            found = min(supplies, key=lambda each: self.rank(each, mib, known))
            taken = min(mib, found.mib)
            found.mib -= taken
            mib -= taken
            if found.load is not None:
                waited.append(found.load)
                known |= self.closed(found.load)
            if found.mib == 0:
                supplies.remove(found)
        return waited

    def rank(self, supply: _Supply, mib: int, known: int) -> tuple[int, int, int]:
        """Return a sort key: supplies without a wait, then the smallest that is enough, then the largest."""
        number = -1 if supply.load is None else supply.load
        if number < 0 or known >> number & 1:
            return 0, 0, number
        return (1, supply.mib, number) if supply.mib >= mib else (2, -supply.mib, number)

    def closed(self, number: int) -> int:
        """Return the load *number* and all that end before it begins."""
        return self.before[number] | 1 << number

    def with_all(self, known: int, numbers: list[int]) -> int:
        for number in numbers:
            known |= self.closed(number)
        return known

    def needed(self, known: int, wanted: list[int]) -> list[int]:
        """Return those of *wanted* that no other one of them implies, in order."""
        several = sorted(set(wanted))
        return [
            each
            for each in several
            if not (known | self.with_all(0, [other for other in several if self.follows(other, each)]))
            >> each
            & 1
        ]

    def follows(self, later: int, earlier: int) -> bool:
        return later != earlier and bool(self.before[later] >> earlier & 1)
