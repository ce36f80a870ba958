"""Upgrades, step by step across all servers: as much side by side as may be, each project up to its first failure."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol

from mlnc.output.plan_model import Step
from mlnc.runner.deploy.step_graph import AT_ONCE, Graph, Limits, StepNode, nodes
from mlnc.runner.results import FAILURES, Display, Result
from mlnc.runner.run_context import RunContext


class Acts(Protocol):
    """What can be done for one project: its steps, one by one, and the end of it all."""

    def act(self, step: Step) -> Result:
        """Do *step*, or take it back."""

    def conclude(self) -> Result:
        """All steps have succeeded."""


class Execution:
    """The steps of several projects, *backwards* or forwards, and what comes of each.

    *steps* and *acts* are by project. A step that fails ends its project, and what depends on it; what has begun goes
    on. After Ctrl-C nothing more begins.
    """

    def __init__(
        self,
        run: RunContext,
        display: Display,
        acts: Mapping[str, Acts],
        steps: Mapping[str, Sequence[Step]],
        limits: Limits,
        backwards: bool = False,
    ) -> None:
        self._run = run
        self._display = display
        self._acts = acts
        self._backwards = backwards
        self._graph = Graph(nodes(steps, backwards), limits)
        self._left = {project: len(each) for project, each in steps.items()}
        self._done: dict[str, list[str]] = {project: [] for project in steps}
        self._running: dict[Future[Result], StepNode | None] = {}
        self._results: list[Result] = []
        servers = [step.server for each in steps.values() for step in each]
        self._workers = max(1, limits.servers) * AT_ONCE
        for server in sorted(set(servers)):
            display.expect(server, servers.count(server))

    def run(self) -> list[Result]:
        """Go on until nothing more can begin; what came of each step, and of what was not begun."""
        with ThreadPoolExecutor(self._workers) as pool:
            for project, left in self._left.items():
                if not left:
                    self._running[pool.submit(self._acts[project].conclude)] = None
            self._begin(pool)
            while self._running:
                for future in self._run.wait(self._running):
                    self._ended(pool, self._running.pop(future), future.result())
                self._begin(pool)
        unfinished = [self._unfinished(project) for project, left in self._left.items() if left]
        for result in unfinished:
            self._display.done(result)
        return self._results + unfinished

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        if self._run.stopping.is_set():
            return
        for node in self._graph.begin():
            deed: Callable[[], Result] = partial(self._acts[node.project].act, node.step)
            self._running[pool.submit(deed)] = node

    def _ended(self, pool: ThreadPoolExecutor, node: StepNode | None, result: Result) -> None:
        self._results.append(result)
        self._display.done(result)
        if node is None:
            return
        succeeded = result.outcome not in FAILURES
        self._graph.end(node, succeeded)
        if succeeded:
            self._left[node.project] -= 1
            self._done[node.project].append(node.step.id)
            if not self._left[node.project]:
                self._running[pool.submit(self._acts[node.project].conclude)] = None

    def _unfinished(self, project: str) -> Result:
        """The state of a project that did not come to its end: what was done, what was not, and what happens next."""
        left = [(node, cause) for node, cause in self._graph.left() if node.project == project]
        failed = self._graph.failed.get(project)
        server = next((node.step.server for node, _ in left), "-")
        parts = [
            f"stopped at {failed[1]}" if failed else self._reason(left[0][1]),
            f"done: {', '.join(self._done[project]) or 'nothing'}",
            f"not begun: {', '.join(node.step.id for node, _ in left) or 'nothing'}",
            f"{_AGAIN[self._backwards]}",
        ]
        return Result(server, project, "skipped", "; ".join(parts))

    def _reason(self, cause: str | None) -> str:
        if cause is not None:
            return f"waits for {cause}, which failed"
        return (
            "you stopped it" if self._run.stopping.is_set() else "its steps wait for one another: build again"
        )


_AGAIN = {
    False: "'invoke deploy' asks the servers and goes on from there, 'invoke deploy --undo' takes back what was done",
    True: "'invoke deploy --undo' again takes back the rest",
}
