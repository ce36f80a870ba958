"""How MLN 1.0.8.8 fills in variables (mln-language.md, section 7), and where that gives another text.

It looks for a variable from the block outwards, at each block in the host and then in its superclasses; but what a
superclass says it reads from the superclass's place, where the host's variables are not seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlnc.compiler.outline import RawBlock, RawStatement
from mlnc.compiler.superclasses import Level

REFERENCE = re.compile(r"\$(\[?)([A-Za-z0-9_]+)(\]?)")
"""Each bracket stands or is left out by itself, and ``\\$`` is a ``$`` like any other."""

Path = tuple[str, ...]
Place = tuple[int, Path] | None
"""Where a search stands: the level of the chain and the path of the block in it; None in ``global``."""


class Endless(Exception):
    """The original never ends looking for variable ``name``: it cannot leave a block of the name ``block``.

    ``block`` is None where the value of the variable leads back to itself.
    """

    def __init__(self, name: str, block: str | None) -> None:
        super().__init__(name, block)
        self.name = name
        self.block = block


@dataclass(slots=True)
class Original:
    """The original's way with the variables of one host, or of blocks of ``global`` and switches (no levels).

    ``levels`` is the chain, root superclass first; ``built_in`` the texts of ``$hostname`` and ``$project``. Without
    ``decay`` every reference is searched for from where the text stands, as one would expect. ``used`` collects
    the definitions that were filled in.
    """

    levels: Sequence[Level]
    globals: Mapping[str, RawStatement]
    built_in: Mapping[str, str]
    decay: bool = True
    used: dict[int, RawStatement] = field(default_factory=dict)
    memo: dict[tuple[str, Place], str | None] = field(default_factory=dict)

    def fill(self, text: str, place: Place) -> str:
        """*text*, standing at *place*, filled in: from right to left, each name wherever it is the beginning.

        Raises Endless.
        """
        at = place
        for name in dict.fromkeys(match[2] for match in reversed(list(REFERENCE.finditer(text)))):
            found, at = self._find(name, at if self.decay else place)
            if found is not None:
                text = _replaced(text, name, found)
        return text

    def _find(self, name: str, at: Place) -> tuple[str | None, Place]:
        """The value of *name* and where the search ended."""
        if name in self.built_in:
            return self.built_in[name], at
        while at is not None:
            for level in range(at[0], -1, -1):
                block = dig(self.levels[level].draft, at[1])
                if block is not None and name in block.variables:
                    return self._value(name, block.variables[name], (level, at[1])), at
            at = self._climb(name, *at)
        found = self.globals.get(name)
        return None if found is None else self._value(name, found, None), None

    def _climb(self, name: str, level: int, path: Path) -> Place:
        block = path[-1] if path else self.levels[level].draft.name.text
        if not re.fullmatch(r"[A-Za-z0-9]+", block):
            raise Endless(name, block)
        return (level, path[:-1]) if path else None

    def _value(self, name: str, definition: RawStatement, place: Place) -> str:
        if (name, place) not in self.memo:
            self.memo[name, place] = None
            self.used[id(definition)] = definition
            text = " ".join(word.text for word in definition.value_words)
            self.memo[name, place] = self.fill(text, place)
        value = self.memo[name, place]
        if value is None:
            raise Endless(name, None)
        return value

    def lines(self, path: Path) -> list[tuple[RawStatement, str]]:
        """The list that block *path* comes to: the superclasses' lines first, no line twice below the highest level.

        Lines are compared before the host's variables are filled in. Raises Endless.
        """
        found: list[tuple[RawStatement, str]] = []
        known: set[str] = set()
        for number, level in enumerate(self.levels):
            block = dig(level.draft, path)
            for line in listed(block) if block else ():
                text = self.fill(line.raw, (number, path)) if number == 0 else line.raw
                if number == 0 or text not in known:
                    known.add(text)
                    found.append((line, text))
        return [(line, self.fill(text, (len(self.levels) - 1, path))) for line, text in found]


def _replaced(text: str, name: str, value: str) -> str:
    return re.sub(rf"\$\[?{name}\]?", lambda _: value, text)


def listed(block: RawBlock) -> list[RawStatement]:
    """The statements of *block* that are lines in the original too: not ``a = b``."""
    return [line for line in block.lines if not line.assigns]


def dig(draft: RawBlock, path: Path) -> RawBlock | None:
    """The block *path* in *draft*."""
    found: RawBlock | None = draft
    for name in path:
        found = found.blocks.get(name) if found else None
    return found
