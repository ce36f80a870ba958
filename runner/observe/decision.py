"""Choose the action for a project on a server, from its wanted, recorded and applied generations."""

from dataclasses import dataclass
from typing import Literal

from mlnc.runner.observe.survey import REMOVAL, State

Kind = Literal["make", "change", "finish", "unchanged", "conflict"]
"""Make: first deployment. Finish: apply the same generation again. Conflict: refuse."""

SHORT = 12
"""Number of digits of a generation in printed text."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An action, and its reason where *kind* alone does not explain it."""

    kind: Kind
    reason: str = ""

    @property
    def acts(self) -> bool:
        """True if the server has to be changed."""
        return self.kind in ("make", "change", "finish")


def decide(wanted: str, recorded: str | None, state: State, again: bool = False) -> Decision:
    """Choose the action that brings a server with *state* to the generation *wanted*.

    *recorded* is the server's generation in out/deployed, None if it has no record. *again* repeats an unchanged one.
    An applied generation that is neither wanted nor recorded is a conflict. The server repeats this check under its
    lock.
    """
    if state.pending == wanted:
        return Decision("finish", "the last deployment was interrupted")
    if state.applied not in (wanted, recorded):
        return Decision("conflict", _conflict(recorded, state))
    if state.pending is not None or state.waiting or again:
        return _repeated(state)
    if state.applied is None:
        return Decision("make")
    return Decision("change" if state.applied != wanted else "unchanged")


def _repeated(state: State) -> Decision:
    """The decision to apply a generation although it may be the applied one already."""
    if state.pending is not None:
        interrupted = "a removal" if state.pending == REMOVAL else "another deployment"
        return Decision("finish" if state.applied else "make", f"{interrupted} was interrupted")
    if state.waiting:
        return Decision("finish", f"guest configuration pending: {', '.join(state.waiting)}")
    return Decision("finish" if state.applied else "make", "--again was given")


def _conflict(recorded: str | None, state: State) -> str:
    applied = f"has generation {state.applied[:SHORT]}" if state.applied else "has no generation"
    author = f", applied by {state.by} {state.when}" if state.applied and state.by else ""
    record = f"says {recorded[:SHORT]}" if recorded else "has no record of it"
    return (
        f"the server {applied}{author}, but out/deployed {record}. Pull your colleagues' commits. If that does not"
        " help, fetch the records of the servers with invoke deployed, review them, build and deploy again"
    )
