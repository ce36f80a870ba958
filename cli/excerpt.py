"""A source line and the carets below it, fitted to the width of a terminal."""

import unicodedata

from mlnc.cli.masking import Excerpt

WIDTH = 120
"""Columns of output that is not a terminal."""

_TAB = " " * 4
_CUT = "..."
_LEAST = 20
"""Columns of source text that are shown on the narrowest terminal."""


def lines(found: Excerpt, width: int) -> tuple[str, str, str]:
    """Return the line of *found* cut to *width* columns, the padding below it up to the carets, and the carets."""
    gutter = f"{found.number:5} | "
    before, marked, after = (
        visible(part).replace("\t", _TAB)
        for part in (found.text[: found.start], found.text[found.start : found.end], found.text[found.end :])
    )
    room = max(_LEAST, width - len(gutter))
    if columns(before + marked + after) > room:
        before, marked, after = _cut(before, marked, after, room)
    below = f"{' ' * (len(gutter) - 2)}| {' ' * columns(before)}"
    return f"{gutter}{before}{marked}{after}", below, "^" * max(1, columns(marked))


def _cut(before: str, marked: str, after: str, room: int) -> tuple[str, str, str]:
    """Cut the three parts to *room* columns; the marked part has priority, then the part before it."""
    if columns(marked) > room // 2:
        marked = _head(marked, room // 2)
    left = room - columns(marked)
    if columns(before) > left // 2:
        before = _head(before[::-1], max(left // 2, left - columns(after)))[::-1]
    return before, marked, _head(after, left - columns(before))


def _head(text: str, room: int) -> str:
    """Return the start of *text* in *room* columns, with dots in place of the rest."""
    if columns(text) <= room:
        return text
    used = len(_CUT)
    for place, char in enumerate(text):
        used += columns(char)
        if used > room:
            return text[:place] + _CUT
    return text


def columns(text: str) -> int:
    """Return the columns of *text* on a terminal: two for a wide character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def visible(text: str) -> str:
    """Replace each control or unprintable character in *text* by one replacement character."""
    return "".join(map(_shown, text)) if not text.isprintable() else text


def _shown(char: str) -> str:
    blank = char == "\t" or unicodedata.category(char) == "Zs"
    return char if blank or char.isprintable() else "\ufffd"
