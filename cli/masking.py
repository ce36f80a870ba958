"""Masking of secrets in printed messages and source lines."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from mlnc.cli.secret_spans import SecretSpans
from mlnc.compiler.source import Source, Span

MASK = "***"

_SHORTEST = 3
"""Shorter texts occur in every sentence: masking them would reveal more than it hides."""
_UNMISTAKABLE = 6
"""Texts of at least this length are masked inside other words as well."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A masked source line and the columns (from 0) of its marked part."""

    number: int
    text: str
    start: int
    end: int


class Masking:
    """Masks the secrets at *places* of the sources and the *literals* found by expansion."""

    def __init__(self, places: SecretSpans | None = None, literals: Iterable[str] = ()) -> None:
        self._places = places or SecretSpans()
        self._literals = literals

    @cached_property
    def _secret(self) -> re.Pattern[str] | None:
        texts = {form for text in {*self._literals, *self._places.texts} for form in (text, repr(text)[1:-1])}
        long = sorted((text for text in texts if len(text) >= _SHORTEST), key=lambda text: (-len(text), text))
        if not long:
            return None
        return re.compile("|".join(map(_pattern, long)))

    def text(self, text: str) -> str:
        """Return *text* with every known secret masked."""
        return self._secret.sub(MASK, text) if self._secret else text

    def excerpt(self, span: Span) -> Excerpt:
        """Return the first line of *span*, masked."""
        source = span.source
        number, column = source.position(span.start)
        line, begin = source.line(number), span.start - column + 1
        last = max(span.start + 1, min(span.end, begin + len(line)))
        text, done, start, end = "", 0, column - 1, last - begin
        moved_start, moved_end = start, end
        for first, after in self._ranges(source, begin, line):
            text += line[done:first] + MASK
            if start >= first:
                moved_start = len(text) + (start - after if start >= after else -len(MASK))
            if end > first:
                moved_end = len(text) + max(0, end - after)
            done = after
        return Excerpt(number, text + line[done:], moved_start, moved_end)

    def _ranges(self, source: Source, begin: int, line: str) -> list[tuple[int, int]]:
        """Return the column ranges to mask in *line*, which starts at offset *begin*: sorted and disjoint."""
        stretches = [(start - begin, end - begin) for start, end in self._places.ranges.get(source, [])]
        found = [(max(start, 0), min(end, len(line))) for start, end in stretches]
        if self._secret:
            found += [match.span() for match in self._secret.finditer(line)]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(each for each in found if each[0] < each[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


def _pattern(text: str) -> str:
    word = re.escape(text)
    return word if len(text) >= _UNMISTAKABLE else rf"(?<!\w){word}(?!\w)"
