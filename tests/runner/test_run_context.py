"""How the desk waits for servers."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from mlnc.runner.run_context import RunContext


class Counted(RunContext):
    """A desk with nothing on it, which counts how often it waits."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.waits = 0

    def wait(self, running: Iterable[Future[Any]]) -> set[Future[Any]]:
        self.waits += 1
        return super().wait(running)


def test_one_that_is_done_is_not_waited_for() -> None:
    """The first is done at once. Only the second can end a wait then, or the time after which one looks up."""
    run, end = Counted(), threading.Event()
    threading.Timer(0.2, end.set).start()

    def work(server: str) -> bool:
        return server == "quick" or end.wait(60)

    assert run.everywhere(["quick", "slow"], work, 2) == {"quick": True, "slow": True}
    assert run.waits < 10
