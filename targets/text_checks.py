"""Check of free text of a project for characters that no generated file can contain."""

import re

from mlnc.schemas.secret_placeholder import OPENING

HIDDEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)
"""Control, format and surrogate characters except tab: some end a line, and a reviewer does not see them."""


def fault(text: str) -> str | None:
    """Return the reason why *text* cannot be written into a generated file, None if it can."""
    hidden = HIDDEN.search(text)
    if hidden:
        return f"it holds the character U+{ord(hidden.group()):04X}, which no reviewer would see"
    if OPENING in text:
        return f"it holds {OPENING}, which marks the place of a secret and cannot stand in other text"
    return None
