"""Keeps secrets out of what is printed: a source line is shown with the values of secret directives masked."""

import re
from collections.abc import Iterable
from functools import cache

from mlnc.schemas.language import load

MASK = "***"

_TELLING = re.compile(r"\$\w*(?:pass|pw|secret|key)\w*[ \t]+=[ \t]+(?P<value>[^;}\s][^;}]*)", re.IGNORECASE)
"""A variable that is called like a password: its value is not shown, whatever it turns out to be used for."""


@cache
def _directives() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, load().secret_names())))
    return re.compile(rf"(?<![\w.-])(?:{names})[ \t]+(?:=[ \t]+)?(?P<value>[^;}}\s][^;}}]*)")


class Masking:
    """Masks the values of secret directives, and the literals that a run has found, as whole words."""

    def __init__(self, literals: Iterable[str] = ()) -> None:
        words = sorted(filter(None, literals), key=len, reverse=True)
        found = "|".join(map(re.escape, words))
        self._literals = re.compile(rf"(?<!\w)(?P<value>{found})(?!\w)") if found else None

    def _ranges(self, text: str) -> list[tuple[int, int]]:
        patterns = [_directives(), _TELLING, *([self._literals] if self._literals else ())]
        found = [match.span("value") for pattern in patterns for match in pattern.finditer(text)]
        return sorted(span for span in found if not text[span[0] :].startswith(("@secret", "$", "{")))

    def text(self, text: str) -> str:
        """*text* with every secret in it masked."""
        return self.line(text)[0]

    def line(self, text: str, *columns: int) -> tuple[str, list[int]]:
        """*text* masked, and where *columns* (from 0) of it have gone."""
        pieces: list[str] = []
        moved = list(columns)
        done = 0
        for start, end in self._ranges(text):
            if start < done:
                continue
            pieces += [text[done:start], MASK]
            here = sum(map(len, pieces))
            for index, column in enumerate(columns):
                if column >= end:
                    moved[index] = here + column - end
                elif column > start:
                    moved[index] = here
            done = end
        return "".join([*pieces, text[done:]]), moved
