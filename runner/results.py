"""What came of each project on each server, and the exit status of the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["made", "changed", "unchanged", "done", "failed", "skipped"]

OK = 0
FAILED = 1
PARTLY = 3
"""Exit statuses: all is well; nothing came of it; some of it failed."""

FAILURES = ("failed", "skipped")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one project on one server.

    *output* are the last lines of what failed; *lost* says that the connection broke; *step* names the step of a plan.
    """

    server: str
    project: str
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    output: tuple[str, ...] = ()
    lost: bool = False
    step: str = ""


class Display(Protocol):
    """Shows a run while it happens; called from several threads."""

    def expect(self, server: str, projects: int) -> None:
        """So many projects are worked on at *server*."""

    def step(self, server: str, project: str, step: str) -> None:
        """*server* has begun a step."""

    def done(self, result: Result) -> None:
        """Something came to an end."""

    def say(self, text: str) -> None:
        """A line for people."""

    def close(self) -> None:
        """Nothing more will come."""


def exit_status(results: Iterable[Result]) -> int:
    """``OK``, ``FAILED`` or ``PARTLY``."""
    outcomes = [result.outcome in FAILURES for result in results]
    if not any(outcomes):
        return OK
    return FAILED if all(outcomes) else PARTLY


def summary(results: Iterable[Result]) -> str:
    """How many of each outcome there were, in one line."""
    found = [result.outcome for result in results]
    order: tuple[Outcome, ...] = ("made", "changed", "unchanged", "done", "failed", "skipped")
    counts = [f"{found.count(outcome)} {outcome}" for outcome in order if found.count(outcome)]
    return ", ".join(counts) or "nothing to do"


def as_data(result: Result) -> dict[str, object]:
    """*result* as JSON has it."""
    return {
        "server": result.server,
        "project": result.project,
        "outcome": result.outcome,
        "message": result.message,
        "seconds": round(result.seconds, 3),
        "output": list(result.output),
        "step": result.step,
    }
