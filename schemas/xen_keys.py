"""The keys of domain files, for each toolstack: what ``xl`` and ``xm`` read, and of which types.

``xl`` ignores a key it does not know without a word, so only such a list finds a misspelt one.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

Toolstack = Literal["xl", "xm"]
Types = frozenset[str]


@cache
def xen_keys(toolstack: Toolstack) -> dict[str, Types]:
    """Each key that *toolstack* reads, with the types it takes; the key files say what the types mean."""
    text = files("mlnc.schemas").joinpath(f"{toolstack}-keys.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {key: frozenset(types.split(",")) for key, types in rows}
