"""A line of a source and the carets below it, made fit for a terminal of some width."""

import unicodedata

from mlnc.cli.masking import Excerpt

WIDTH = 120
"""Columns of the output where it is no terminal."""

_TAB = " " * 4
_CUT = "..."
_LEAST = 20
"""Columns of source text that are shown on the narrowest terminal."""


def lines(found: Excerpt, width: int) -> tuple[str, str, str]:
    """The line of *found*, cut to *width* columns in all; what goes below it up to the carets; the carets."""
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
    """The three parts in *room* columns: what is marked first, then what stands before it, then the rest."""
    if columns(marked) > room // 2:
        marked = _head(marked, room // 2)
    left = room - columns(marked)
    if columns(before) > left // 2:
        before = _head(before[::-1], max(left // 2, left - columns(after)))[::-1]
    return before, marked, _head(after, left - columns(before))


def _head(text: str, room: int) -> str:
    """The beginning of *text* in *room* columns; dots stand for the rest, where there is one."""
    if columns(text) <= room:
        return text
    used = len(_CUT)
    for place, char in enumerate(text):
        used += columns(char)
        if used > room:
            return text[:place] + _CUT
    return text


def columns(text: str) -> int:
    """The columns that *text* takes on a terminal: two for a wide character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def visible(text: str) -> str:
    """*text* with all that a terminal would obey or not show replaced, one character for one."""
    return "".join(map(_shown, text)) if not text.isprintable() else text


def _shown(char: str) -> str:
    blank = char == "\t" or unicodedata.category(char) == "Zs"
    return char if blank or char.isprintable() else "\ufffd"
