"""What guests of the laboratory write down, and when it is broken."""

import pytest

from mlnc.lab.guests import gaps, read_ticks


@pytest.mark.parametrize(
    "written",
    [
        [],
        [(1, 1)],
        [(1, 1), (1, 2), (1, 3)],
        [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2)],
    ],
)
def test_an_unbroken_record(written: list[tuple[int, int]]) -> None:
    assert gaps(written) == []


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ([(1, 1), (1, 3)], ["(1, 3) follows (1, 1)"]),
        ([(1, 1), (1, 2), (1, 2)], ["(1, 2) follows (1, 2)"]),
        ([(1, 1), (1, 2), (1, 1)], ["(1, 1) follows (1, 2)"]),
        ([(2, 1)], ["(2, 1) follows (0, 0)"]),
        ([(1, 1), (2, 1), (1, 2)], ["(1, 2) follows (2, 1)"]),
    ],
)
def test_a_tick_that_is_missing_doubled_or_out_of_order(
    written: list[tuple[int, int]], found: list[str]
) -> None:
    assert gaps(written) == found


def test_a_guest_starts_behind_what_a_loss_of_power_left() -> None:
    assert read_ticks(["1 1", "1 2", "\0\0\0\0\0\0\0\x002 1", "2 2"]) == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize("line", ["\0\x001 3", "1\x001", "1", "1 2 3", ""])
def test_what_no_guest_wrote(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_ticks(["1 1", line])
