"""Where the expected outputs stand, and what compares with them: the fixture ``golden`` of ``conftest``."""

from collections.abc import Callable

from checkout import TESTS

GOLDEN = TESTS / "golden"

Golden = Callable[[str, str], None]
"""Compares a text with the golden file of that name."""
