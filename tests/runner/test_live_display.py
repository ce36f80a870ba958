"""What a person sees: lines where nobody watches, a table that renews itself on a terminal, sums at the end."""

import io
import re

import pytest

from mlnc.runner.live_display import LineDisplay, Silent, Table, display
from mlnc.runner.results import FAILED, OK, PARTLY, Outcome, Result, exit_status, summary


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def result(outcome: Outcome, **facts: object) -> Result:
    return Result("atlas", "ada", outcome, **facts)  # type: ignore[arg-type]


def test_the_display_fits_who_reads() -> None:
    assert isinstance(display(machine=True, stream=Terminal()), Silent)
    assert type(display(machine=False, stream=io.StringIO())) is LineDisplay
    table = display(machine=False, stream=Terminal())
    assert isinstance(table, Table)
    table.close()


def test_lines_for_what_happened() -> None:
    stream = io.StringIO()
    lines = LineDisplay(stream)
    lines.done(result("unchanged"))
    lines.done(result("made", seconds=1.24))
    lines.done(result("failed", message="no space", output=("one", "two")))
    assert stream.getvalue() == "atlas ada made (1.2 s)\natlas ada failed: no space\n    one\n    two\n"


def test_the_table_ends_with_the_last_state_and_keeps_failures() -> None:
    stream = Terminal()
    table = Table(stream)
    table.expect("atlas", 2)
    table.step("atlas", "ada", "storage.sh")
    table.done(result("failed", message="no space"))
    table.done(result("made"))
    table.close()
    shown = stream.getvalue()
    assert "\033[31matlas ada failed: no space\033[0m" in shown
    assert re.sub(r"\033\[\d*[A-Zm]", "", shown).endswith("atlas [####################] 2/2 1 failed\n")


@pytest.mark.parametrize(
    ("outcomes", "status", "text"),
    [
        ([], OK, "nothing to do"),
        (["made", "unchanged"], OK, "1 made, 1 unchanged"),
        (["failed", "skipped"], FAILED, "1 failed, 1 skipped"),
        (["made", "failed"], PARTLY, "1 made, 1 failed"),
    ],
)
def test_sums(outcomes: list[Outcome], status: int, text: str) -> None:
    results = [result(outcome) for outcome in outcomes]
    assert (exit_status(results), summary(results)) == (status, text)
