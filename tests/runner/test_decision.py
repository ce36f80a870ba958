"""What is to be done with a project: every case of what is wanted, recorded and there."""

import pytest

from mlnc.runner.observe.decision import decide
from mlnc.runner.observe.survey import REMOVAL, State

OLD, NEW, OTHER = "a" * 32, "b" * 32, "c" * 32


@pytest.mark.parametrize(
    ("recorded", "state", "again", "kind"),
    [
        (None, State(), False, "make"),
        (OLD, State(OLD), False, "change"),
        (NEW, State(NEW), False, "unchanged"),
        (None, State(NEW), False, "unchanged"),  # the record is lost, but the server has just what is wanted
        (OLD, State(NEW), False, "unchanged"),  # deployed, and killed before the record was written
        (NEW, State(NEW), True, "finish"),
        (None, State(), True, "make"),
        (OLD, State(OTHER), False, "conflict"),
        (None, State(OTHER), False, "conflict"),
        (OLD, State(), False, "conflict"),  # the server was set up anew
        (None, State(None, NEW), False, "finish"),
        (OLD, State(OTHER, NEW), False, "finish"),  # the same deployment, begun by somebody else
        (OLD, State(OLD, OTHER), False, "finish"),
        (None, State(None, OTHER), False, "make"),
        (NEW, State(NEW, REMOVAL), False, "finish"),
        (NEW, State(NEW, None, ("linux",)), False, "finish"),
    ],
)
def test_decision(recorded: str | None, state: State, again: bool, kind: str) -> None:
    assert decide(NEW, recorded, state, again).kind == kind


def test_a_conflict_says_who_and_what_to_do() -> None:
    decision = decide(NEW, OLD, State(OTHER, by="grace@desk", when="2026-01-01T00:00:00Z"))
    assert not decision.acts
    assert "has generation cccccccccccc, applied by grace@desk 2026-01-01T00:00:00Z" in decision.reason
    assert "out/deployed says aaaaaaaaaaaa" in decision.reason
    assert "invoke deployed" in decision.reason
