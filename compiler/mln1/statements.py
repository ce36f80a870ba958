"""How MLN 1.0.8.8 cuts a file into items, each of which it then reads as one statement (mln-language.md, section 2)."""

import re
from dataclasses import dataclass
from typing import Literal

Ender = Literal["\n", ";", "{", "}", "end", "zero"]

_MARK = re.compile(r"\\(.)|[\n;{}#]", re.DOTALL)
_INCLUDE = "#include "
_BLANKS = " \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Mln1Statement:
    """A stretch of a file: offsets ``start`` and ``end`` (behind what ended it), ``text`` with escapes resolved.

    ``ender`` is the character that ended it; ``{`` stays in the text, and a ``}`` is an item of its own too. An
    item ended by ``end`` (of the file) or ``zero`` (``0}``, taken for the end) is lost with everything up to ``end``.
    """

    start: int
    end: int
    text: str
    ender: Ender

    @property
    def lost(self) -> bool:
        """Whether the original drops it."""
        return self.ender in ("end", "zero")

    @property
    def live(self) -> str:
        """The statement in it, without its comment: empty where there is none.

        A comment reaches to the end of the item, and only ``#`` in its last line begins one.
        """
        body = self.text.removesuffix("\n")
        mark = body.find("#", body.rfind("\n") + 1)
        live = (body if mark < 0 else body[:mark]).strip(_BLANKS)
        return "" if live == "0" else live

    @property
    def include(self) -> str | None:
        """The name of the file that it includes, if it does."""
        if self.ender not in ("\n", ";") or _INCLUDE not in self.text:
            return None
        return self.text.partition(_INCLUDE)[2].strip(_BLANKS)


class _Cutter:
    """Collects the item under construction."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.items: list[Mln1Statement] = []
        self.begin(0)

    def begin(self, start: int) -> None:
        self.start = self.done = start
        self.pieces: list[str] = []
        self.hashed = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def mark(self, found: re.Match[str]) -> bool:
        """Take the next character that means something; False where the original takes it for the end."""
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
        self.items.append(
            Mln1Statement(self.start, self.done, self.text + ("{" if ender == "{" else ""), ender)
        )
        self.begin(self.done)

    def close(self, brace: int) -> bool:
        if self.text == "0":
            self.items.append(Mln1Statement(brace, len(self.source), self.source[brace:], "zero"))
            return False
        if self.text:
            self.items.append(Mln1Statement(self.start, brace, self.text, "}"))
        self.items.append(Mln1Statement(brace, self.done, "}", "}"))
        self.begin(self.done)
        return True


def cut(text: str) -> list[Mln1Statement]:
    """The items of a file. The last character is never looked at, and the item it stands in is lost."""
    cutter = _Cutter(text)
    for found in _MARK.finditer(text, 0, max(len(text) - 1, 0)):
        if not cutter.mark(found):
            return cutter.items
    rest = text[cutter.done : max(len(text) - 1, 0)]
    return [*cutter.items, Mln1Statement(cutter.start, len(text), cutter.text + rest, "end")]
