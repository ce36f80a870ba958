"""What is to be done with a project on a server, from what is wanted, recorded and there."""

from dataclasses import dataclass
from typing import Literal

from mlnc.runner.observe.survey import REMOVAL, State

Kind = Literal["make", "change", "finish", "unchanged", "conflict"]

SHORT = 12
"""So many digits of a generation are shown to people."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, and why, where that is not plain."""

    kind: Kind
    reason: str = ""

    @property
    def acts(self) -> bool:
        """Whether something is to be done on the server."""
        return self.kind in ("make", "change", "finish")


def decide(wanted: str, recorded: str | None, state: State, again: bool = False) -> Decision:
    """What *wanted*, a generation, asks for on a server with *state*; *recorded* is what out/deployed says it has.

    The server checks the same under its lock: nothing is applied over a generation that the desk does not know.
    """
    if state.pending == wanted:
        return Decision("finish", "a deployment was interrupted")
    if state.applied not in (wanted, recorded):
        return Decision("conflict", _conflict(recorded, state))
    if state.pending is not None or state.waiting or again:
        return _finish(state)
    if state.applied is None:
        return Decision("make")
    return Decision("change" if state.applied != wanted else "unchanged")


def _finish(state: State) -> Decision:
    """The decision where the generation alone does not tell that something is to be done."""
    if state.pending is not None:
        begun = "a removal" if state.pending == REMOVAL else "another deployment"
        return Decision("finish" if state.applied else "make", f"{begun} was interrupted")
    if state.waiting:
        return Decision("finish", f"guest configuration waits for: {', '.join(state.waiting)}")
    return Decision("finish" if state.applied else "make", "asked to lay it again")


def _conflict(recorded: str | None, state: State) -> str:
    there = f"has generation {state.applied[:SHORT]}" if state.applied else "has nothing of it"
    who = f", applied by {state.by} {state.when}" if state.applied and state.by else ""
    here = f"says {recorded[:SHORT]}" if recorded else "has no record of it"
    return (
        f"the server {there}{who}, but out/deployed {here}. Get your colleagues' commits first; if that does not help, "
        "run 'invoke deployed', which fetches the servers' record, look at it, build and deploy again"
    )
