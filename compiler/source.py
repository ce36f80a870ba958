"""Source files and spans in them: offsets while compiling, lines and columns only when printed."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, eq=False)
class Source:
    """One file: ``path`` as shown to people, ``text`` decoded, ``digest`` the SHA-256 of its bytes in hex."""

    path: str
    text: str
    digest: str = ""

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of *offset*, both from 1, the column in characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line *number* (from 1) without its line end."""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source: offsets ``start`` (inclusive) and ``end`` (exclusive) in characters."""

    source: Source
    start: int
    end: int

    @property
    def key(self) -> tuple[str, int, int]:
        """What spans are sorted and compared by."""
        return self.source.path, self.start, self.end

    def to(self, other: "Span") -> "Span":
        """The span from here to the end of *other* (of the same source, else this one)."""
        return Span(self.source, self.start, other.end) if other.source is self.source else self

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"


@dataclass(frozen=True, slots=True)
class Via:
    """One step in the history of a node: an include, an inherited superclass, an autoenum."""

    kind: Literal["include", "superclass", "autoenum"]
    span: Span
    outer: "Via | None" = None

    def chain(self) -> list["Via"]:
        """This step and all outer ones, innermost first."""
        steps: list[Via] = []
        step: Via | None = self
        while step is not None:
            steps.append(step)
            step = step.outer
        return steps


@dataclass(frozen=True, slots=True)
class Origin:
    """The span of something and its history: the steps that brought it here."""

    span: Span
    via: Via | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """The span's sort key: the history does not count."""
        return self.span.key
