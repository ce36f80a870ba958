"""Decisions: every combination of wanted, recorded and applied generation."""

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
        (None, State(NEW), False, "unchanged"),  # the record is lost, but the wanted generation is applied
        (OLD, State(NEW), False, "unchanged"),  # the deployment was killed before it wrote the record
        (NEW, State(NEW), True, "finish"),
        (None, State(), True, "make"),
        (OLD, State(OTHER), False, "conflict"),
        (None, State(OTHER), False, "conflict"),
        (OLD, State(), False, "conflict"),  # the server was reinstalled
        (None, State(None, NEW), False, "finish"),
        (OLD, State(OTHER, NEW), False, "finish"),  # the same deployment, begun at another desk
        (OLD, State(OLD, OTHER), False, "finish"),
        (None, State(None, OTHER), False, "make"),
        (NEW, State(NEW, REMOVAL), False, "finish"),
        (NEW, State(NEW, None, ("linux",)), False, "finish"),
    ],
)
def test_decide_chooses_the_kind(recorded: str | None, state: State, again: bool, kind: str) -> None:
    assert decide(NEW, recorded, state, again).kind == kind


def test_a_conflict_names_the_author_and_the_way_out() -> None:
    decision = decide(NEW, OLD, State(OTHER, by="grace@desk", when="2026-01-01T00:00:00Z"))
    assert not decision.acts
    assert "has generation cccccccccccc, applied by grace@desk 2026-01-01T00:00:00Z" in decision.reason
    assert "out/deployed says aaaaaaaaaaaa" in decision.reason
    assert "invoke deployed" in decision.reason
