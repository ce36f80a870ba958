"""What has to wait for what, so that memory suffices whichever way steps overlap that do not wait for each other.

Each MiB is handed on: it is free at the beginning or comes from something that gave it back, and who takes it waits
for that alone. No MiB is promised twice, so no moment can ask for more than there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mlnc.upgrade.capacity.memory_moves import Amounts

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Load(Generic[Key]):
    """Something that takes memory when it begins and gives memory back when it has ended.

    Of one *project* those of a lower *stage* are over before those of a higher one begin. *after* are those that it
    waits for in any case.
    """

    key: Key
    project: str
    stage: int
    taken: Amounts
    given: Amounts
    after: tuple[Key, ...] = ()


def chain(free: Mapping[str, int], loads: Sequence[Load[Key]]) -> dict[Key, tuple[Key, ...]]:
    """For each of *loads* what it has to wait for besides the lower stages of its project; none: no entry.

    *loads* stand in an order that fits into *free*, the MiB that are free on each server at the beginning; servers
    that are not in it have no bound. Stages ascend within each project.
    """
    return _Chain(free, loads).run()


@dataclass(slots=True)
class _Supply:
    """Memory that is free once the load of that number is over (None: from the beginning)."""

    load: int | None
    mib: int


class _Chain(Generic[Key]):
    def __init__(self, free: Mapping[str, int], loads: Sequence[Load[Key]]) -> None:
        self.loads = loads
        self.numbers = {load.key: number for number, load in enumerate(loads)}
        self.supplies = {server: [_Supply(None, mib)] for server, mib in free.items()}
        self.before: list[int] = []  # for each load the set of those that are over before it begins, as bits
        self.over: dict[tuple[str, int], int] = {}  # the set of what is over when a stage of a project is

    def run(self) -> dict[Key, tuple[Key, ...]]:
        waits = {load.key: self.place(number, load) for number, load in enumerate(self.loads)}
        return {key: found for key, found in waits.items() if found}

    def place(self, number: int, load: Load[Key]) -> tuple[Key, ...]:
        """Finds the memory for *load*, the next one; what it waits for."""
        known = 0
        for stage in range(load.stage):
            known |= self.over.get((load.project, stage), 0)
        wanted = [self.numbers[key] for key in load.after]
        for server, mib in load.taken:
            if server in self.supplies:
                wanted += self.take(self.supplies[server], mib, self.with_all(known, wanted))
        self.before.append(self.with_all(known, wanted))
        self.over[load.project, load.stage] = (
            self.over.get((load.project, load.stage), 0) | self.before[number] | 1 << number
        )
        for server, mib in load.given:
            if server in self.supplies:
                self.supplies[server].append(_Supply(number, mib))
        return tuple(self.loads[each].key for each in self.needed(known, wanted))

    def take(self, supplies: list[_Supply], mib: int, known: int) -> list[int]:
        """Takes *mib* from *supplies*, first from those that *known* holds; what else is to be waited for."""
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
        """Sort key: what need not be waited for, then the least that is enough, then the most."""
        number = -1 if supply.load is None else supply.load
        if number < 0 or known >> number & 1:
            return 0, 0, number
        return (1, supply.mib, number) if supply.mib >= mib else (2, -supply.mib, number)

    def closed(self, number: int) -> int:
        """The load of that *number* and all that is over before it begins."""
        return self.before[number] | 1 << number

    def with_all(self, known: int, numbers: list[int]) -> int:
        for number in numbers:
            known |= self.closed(number)
        return known

    def needed(self, known: int, wanted: list[int]) -> list[int]:
        """Those of *wanted* that nothing else brings along, in order."""
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
