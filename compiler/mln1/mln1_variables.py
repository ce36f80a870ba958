"""Model of variable substitution in MLN 1.0.8.8 (mln-language.md, section 7).

MLN 1 searches a variable from the block outwards: at each block first in the host, then in its superclasses. For the
text of a superclass the search starts at that superclass and does not include the variables of the host.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlnc.compiler.outline import RawBlock, RawStatement
from mlnc.compiler.superclasses import Level

REFERENCE = re.compile(r"\$(\[?)([A-Za-z0-9_]+)(\]?)")
"""Pattern of a reference. Each bracket is optional, and ``\\$`` counts as ``$``."""

Path = tuple[str, ...]
Place = tuple[int, Path] | None
"""Position of a search: level of the inheritance chain and path of the block in it; None in ``global``."""


class EndlessSearch(Exception):
    """MLN 1 searches the variable ``name`` endlessly, because it cannot leave the block called ``block``.

    ``block`` is None if the value of the variable refers to itself.
    """

    def __init__(self, name: str, block: str | None) -> None:
        super().__init__(name, block)
        self.name = name
        self.block = block


@dataclass(slots=True)
class Mln1Variables:
    """Variables of one host, or of ``global`` and switches (then without levels), as MLN 1 substitutes them.

    ``levels`` is the inheritance chain, root superclass first. ``built_in`` has the values of ``$hostname`` and
    ``$project``. With ``carries_position``, as in MLN 1, each search starts where the previous one ended; without it,
    each search starts at the place of the text. ``used`` collects the substituted definitions.
    """

    levels: Sequence[Level]
    globals: Mapping[str, RawStatement]
    built_in: Mapping[str, str]
    carries_position: bool = True
    used: dict[int, RawStatement] = field(default_factory=dict)
    memo: dict[tuple[str, Place], str | None] = field(default_factory=dict)

    def fill(self, text: str, place: Place) -> str:
        """*text* at *place* after substitution, from right to left; a name also matches the start of longer names.

        Raises EndlessSearch.
        """
        at = place
        for name in dict.fromkeys(match[2] for match in reversed(list(REFERENCE.finditer(text)))):
            found, at = self._find(name, at if self.carries_position else place)
            if found is not None:
                text = _replaced(text, name, found)
        return text

    def _find(self, name: str, at: Place) -> tuple[str | None, Place]:
        """Value of *name*, and the place where the search ended."""
        if name in self.built_in:
            return self.built_in[name], at
        while at is not None:
            for level in range(at[0], -1, -1):
                block = block_at(self.levels[level].draft, at[1])
                if block is not None and name in block.variables:
                    return self._value(name, block.variables[name], (level, at[1])), at
            at = self._climb(name, *at)
        found = self.globals.get(name)
        return None if found is None else self._value(name, found, None), None

    def _climb(self, name: str, level: int, path: Path) -> Place:
        block = path[-1] if path else self.levels[level].draft.name.text
        if not re.fullmatch(r"[A-Za-z0-9]+", block):
            raise EndlessSearch(name, block)
        return (level, path[:-1]) if path else None

    def _value(self, name: str, definition: RawStatement, place: Place) -> str:
        if (name, place) not in self.memo:
            self.memo[name, place] = None
            self.used[id(definition)] = definition
            text = " ".join(word.text for word in definition.value_words)
            self.memo[name, place] = self.fill(text, place)
        value = self.memo[name, place]
        if value is None:
            raise EndlessSearch(name, None)
        return value

    def lines(self, path: Path) -> list[tuple[RawStatement, str]]:
        """Lines of the list block *path*: the superclasses' lines first, repeated lines dropped below the root level.

        MLN 1 compares lines before it substitutes the host's variables. Raises EndlessSearch.
        """
        found: list[tuple[RawStatement, str]] = []
        known: set[str] = set()
        for number, level in enumerate(self.levels):
            block = block_at(level.draft, path)
            for line in list_lines(block) if block else ():
                text = self.fill(line.raw, (number, path)) if number == 0 else line.raw
                if number == 0 or text not in known:
                    known.add(text)
                    found.append((line, text))
        return [(line, self.fill(text, (len(self.levels) - 1, path))) for line, text in found]


def _replaced(text: str, name: str, value: str) -> str:
    return re.sub(rf"\$\[?{name}\]?", lambda _: value, text)


def list_lines(block: RawBlock) -> list[RawStatement]:
    """Statements of *block* that MLN 1 keeps as lines: all except ``a = b``."""
    return [line for line in block.lines if not line.assigns]


def block_at(draft: RawBlock, path: Path) -> RawBlock | None:
    """Block at *path* in *draft*; None if there is none."""
    found: RawBlock | None = draft
    for name in path:
        found = found.blocks.get(name) if found else None
    return found
