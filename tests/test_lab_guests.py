"""What guests of the laboratory write down, and when it is broken."""

import pytest

from mlnc.lab.guests import gaps


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
