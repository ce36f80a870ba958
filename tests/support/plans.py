"""Plans written by hand, for tests of what executes them."""

from typing import Any

from hypothesis import strategies as st

from mlnc.output.plan_model import Guard, Kind, Step
from mlnc.output.plan_store import PHASES

SERVERS = ("atlas", "boreas", "calypso")


def step(number: int, kind: Kind, server: str = "atlas", what: str = "all", **facts: Any) -> Step:
    """A step without a script and without guards, unless *facts* say otherwise."""
    known: dict[str, Any] = {
        "hosts": (),
        "peer": None,
        "script": None,
        "after": (),
        "guards": (),
        "holds_before": "what was before",
        "holds_after": "what is afterwards",
        "undo": None,
        "data_loss": (),
    }
    return Step(f"{number:02}-{kind}-{what}", kind, server, **known | facts)


def guard(host: str, *servers: str, may_run: tuple[str, ...] = ()) -> Guard:
    """A guard for the domain of *host* of the project ada; all *servers* are asked."""
    return Guard(host, f"{host}.ada", f"uuid of {host}", servers, may_run)


@st.composite
def courses(draw: st.DrawFn) -> dict[str, list[Step]]:
    """Steps of a few projects, in order; some name steps of earlier projects in ``after``: there is no circle."""
    found: dict[str, list[Step]] = {}
    for name in draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4)):
        phases = sorted(draw(st.lists(st.integers(0, len(PHASES) - 1), max_size=6)))
        before = [f"{project}/{each.id}" for project, steps in found.items() for each in steps]
        found[name] = [_drawn(draw, number, PHASES[phase], before) for number, phase in enumerate(phases, 1)]
    return found


def _drawn(draw: st.DrawFn, number: int, kind: Kind, before: list[str]) -> Step:
    after = draw(st.lists(st.sampled_from(before), max_size=2)) if before else []
    server = draw(st.sampled_from(SERVERS))
    peer = draw(st.sampled_from([None, *SERVERS])) if kind in ("copy", "migrate") else None
    return step(number, kind, server, peer=None if peer == server else peer, after=tuple(after))
