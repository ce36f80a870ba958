"""Splitting of a file into statements as MLN 1.0.8.8 does it (mln-language.md, section 2)."""

import re
from dataclasses import dataclass
from typing import Literal

Ender = Literal["\n", ";", "{", "}", "end", "zero"]

_MARK = re.compile(r"\\(.)|[\n;{}#]", re.DOTALL)
_INCLUDE = "#include "
_BLANKS = " \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Mln1Statement:
    """Piece of a file that MLN 1 reads as one statement.

    ``start`` and ``end`` are offsets; ``end`` is after the terminator. ``text`` has escapes resolved. ``ender`` is the
    terminator; ``{`` stays in the text, and each ``}`` is also a statement by itself. MLN 1 drops a statement that ends
    with ``end`` (end of file) or ``zero`` (``0}``, which MLN 1 reads as the end of file).
    """

    start: int
    end: int
    text: str
    ender: Ender

    @property
    def lost(self) -> bool:
        """True if MLN 1 drops the statement."""
        return self.ender in ("end", "zero")

    @property
    def live(self) -> str:
        """Text without its comment; empty if nothing remains.

        A comment extends to the end of the statement, and only a ``#`` in the last line starts one.
        """
        body = self.text.removesuffix("\n")
        mark = body.find("#", body.rfind("\n") + 1)
        live = (body if mark < 0 else body[:mark]).strip(_BLANKS)
        return "" if live == "0" else live

    @property
    def include(self) -> str | None:
        """Name of the included file; None if the statement is not an include."""
        if self.ender not in ("\n", ";") or _INCLUDE not in self.text:
            return None
        return self.text.partition(_INCLUDE)[2].strip(_BLANKS)


class _Splitter:
    """Collector of the statement being read."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.statements: list[Mln1Statement] = []
        self.begin(0)

    def begin(self, start: int) -> None:
        self.start = self.done = start
        self.pieces: list[str] = []
        self.hashed = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def mark(self, found: re.Match[str]) -> bool:
        """Process the next special character; return False if MLN 1 reads it as the end of the file."""
        self.pieces.append(self.source[self.done : found.start()])
        self.done = found.end()
        char = found[1] or found[0]
        if found[1] or char == "#" or (char == "}" and self.hashed):
            self.pieces.append(char)
            self.hashed |= char == "#"
        elif char == "}":
            return self.close(found.start())
        else:
            self.end(char)  # type: ignore[arg-type]
        return True

    def end(self, ender: Ender) -> None:
        self.statements.append(
            Mln1Statement(self.start, self.done, self.text + ("{" if ender == "{" else ""), ender)
        )
        self.begin(self.done)

    def close(self, brace: int) -> bool:
        if self.text == "0":
            self.statements.append(Mln1Statement(brace, len(self.source), self.source[brace:], "zero"))
            return False
        if self.text:
            self.statements.append(Mln1Statement(self.start, brace, self.text, "}"))
        self.statements.append(Mln1Statement(brace, self.done, "}", "}"))
        self.begin(self.done)
        return True


def split_statements(text: str) -> list[Mln1Statement]:
    """Statements of a file. MLN 1 ignores the last character and drops the statement that contains it."""
    splitter = _Splitter(text)
    for found in _MARK.finditer(text, 0, max(len(text) - 1, 0)):
        if not splitter.mark(found):
            return splitter.statements
    rest = text[splitter.done : max(len(text) - 1, 0)]
    return [*splitter.statements, Mln1Statement(splitter.start, len(text), splitter.text + rest, "end")]
