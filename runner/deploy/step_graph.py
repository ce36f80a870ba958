"""The steps of many plans as one graph: which may begin now, and what becomes of those that depend on a failed one."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlnc.output.plan_model import Step
from mlnc.output.plan_store import PHASES

Key = tuple[str, str]
"""A project and the id of one of its steps."""

MOVERS = ("copy", "migrate")
"""Kinds of steps that keep two servers busy for long, and may run beside each other in one project."""

AT_ONCE = 4
"""So many steps, at most, run on one server."""


@dataclass(frozen=True, slots=True)
class StepNode:
    """A step of *project*, and the steps that must have succeeded before it."""

    project: str
    step: Step
    needs: frozenset[Key]

    @property
    def key(self) -> Key:
        """Its name in the graph."""
        return self.project, self.step.id


def nodes(plans: Mapping[str, Sequence[Step]], backwards: bool = False) -> list[StepNode]:
    """The steps of each project in the order in which they should begin.

    One needs all of the earlier phases of its project, and those that it names in ``after``, as far as they are among
    *plans*. Backwards everything is the other way round: one needs what came after it.
    """
    forth = {(name, step.id): _needs(plans, name, step) for name, steps in plans.items() for step in steps}
    needs = _turned(forth) if backwards else forth
    order = [(name, step) for name, steps in plans.items() for step in steps]
    if backwards:
        order.reverse()
    return [StepNode(name, step, frozenset(needs[name, step.id])) for name, step in order]


def _needs(plans: Mapping[str, Sequence[Step]], name: str, step: Step) -> set[Key]:
    phase = PHASES.index(step.kind)
    earlier = {(name, other.id) for other in plans[name] if PHASES.index(other.kind) < phase}
    known = {f"{project}/{other.id}" for project, steps in plans.items() for other in steps}
    return earlier | {_key(word) for word in step.after if word in known}


def _turned(needs: Mapping[Key, set[Key]]) -> dict[Key, set[Key]]:
    turned: dict[Key, set[Key]] = {key: set() for key in needs}
    for key, before in needs.items():
        for other in before:
            turned[other].add(key)
    return turned


def _key(word: str) -> Key:
    project, _, step = word.partition("/")
    return project, step


@dataclass(frozen=True, slots=True)
class Limits:
    """What may happen at once: on so many servers, and so many moves for each server, counting both ends."""

    servers: int
    migrations: Mapping[str, int]

    def allow(self, node: StepNode, running: Iterable[StepNode]) -> bool:
        """Whether *node* may run beside those that are *running*."""
        others = list(running)
        there = [other for other in others if other.step.server == node.step.server]
        busy = {other.step.server for other in others} | {node.step.server}
        return (
            len(busy) <= max(1, self.servers)
            and len(there) < AT_ONCE
            and not any(_exclude(node, other) for other in there)
            and self._movable(node, others)
        )

    def _movable(self, node: StepNode, running: Iterable[StepNode]) -> bool:
        if node.step.kind not in MOVERS:
            return True
        ends = [end for other in running if other.step.kind in MOVERS for end in _ends(other)]
        return all(ends.count(end) < max(1, self.migrations.get(end, 1)) for end in _ends(node))


def _exclude(node: StepNode, other: StepNode) -> bool:
    """Whether two steps on one server would want the same project for themselves."""
    return node.project == other.project and not (node.step.kind in MOVERS and other.step.kind in MOVERS)


def _ends(node: StepNode) -> set[str]:
    return {node.step.server} | ({node.step.peer} if node.step.peer else set())


class Graph:
    """What is done, what runs, and what may begin.

    After a failure nothing more of that project begins, nor anything that needs a step which will not come.
    """

    def __init__(self, all_nodes: Iterable[StepNode], limits: Limits) -> None:
        self._waiting = {node.key: node for node in all_nodes}
        self._limits = limits
        self.running: dict[Key, StepNode] = {}
        self.done: set[Key] = set()
        self.failed: dict[str, Key] = {}

    def begin(self) -> Iterator[StepNode]:
        """Those that begin now; each is running from then on, until :meth:`end`."""
        for node in list(self._waiting.values()):
            if (
                node.project not in self.failed
                and node.needs <= self.done
                and self._limits.allow(node, self.running.values())
            ):
                del self._waiting[node.key]
                self.running[node.key] = node
                yield node

    def end(self, node: StepNode, succeeded: bool) -> None:
        """A step has ended."""
        del self.running[node.key]
        if succeeded:
            self.done.add(node.key)
        else:
            self.failed.setdefault(node.project, node.key)

    def left(self) -> Iterator[tuple[StepNode, str | None]]:
        """The steps that were not begun, each with the step, ``PROJECT/ID``, whose failure or absence kept it back.

        None where nothing failed: somebody ended it all.
        """
        for node in self._waiting.values():
            yield node, self._cause(node.key)

    def _cause(self, key: Key) -> str | None:
        """The nearest failure among all that *key* needs."""
        seen, queue = {key}, deque([key])
        while queue:
            current = queue.popleft()
            if current[0] in self.failed:
                return "/".join(self.failed[current[0]])
            missing = sorted(self._waiting[current].needs - self.done - seen)
            queue += [need for need in missing if need in self._waiting or need[0] in self.failed]
            seen.update(missing)
        return None
