"""Nouns agree with their numbers."""

import pytest

from mlnc.ir.quantity import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 hosts"), (1, "1 host"), (2, "2 hosts")])
def test_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert counted(number, "host") == text
