"""Keys of domain files that the toolstacks ``xl`` and ``xm`` read, with their types.

``xl`` silently ignores unknown keys, so mlnc needs this list to find misspelt ones.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

Toolstack = Literal["xl", "xm"]
Types = frozenset[str]


@cache
def xen_keys(toolstack: Toolstack) -> dict[str, Types]:
    """Types of each key that *toolstack* reads; the header of the key file defines the types."""
    text = files("mlnc.schemas").joinpath(f"{toolstack}-keys.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {key: frozenset(types.split(",")) for key, types in rows}
