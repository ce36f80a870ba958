"""The syntax tree: words, lines, blocks and includes as they stand in one file, each with its span.

Equality ignores spans, so that trees can be compared for what they say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlnc.compiler.source import Source, Span


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a variable inside a word: its name and how it was written (``$x`` or ``$[x]``)."""

    name: str
    text: str


Part = str | Ref


@dataclass(frozen=True, slots=True)
class Word:
    """A word after escapes: ``text`` with its references unexpanded, ``parts`` cut at the references."""

    text: str
    span: Span = field(compare=False)
    parts: tuple[Part, ...] = ()

    @property
    def has_refs(self) -> bool:
        """Whether any variable is named in it."""
        return bool(self.parts)


@dataclass(frozen=True, slots=True)
class Line:
    """A statement: one word or more up to the end of the line, ``;``, ``}`` or the end of the file."""

    words: tuple[Word, ...]

    @property
    def span(self) -> Span:
        """From the first word to the last."""
        return self.words[0].span.to(self.words[-1].span)


@dataclass(frozen=True, slots=True)
class Block:
    """``header { items }``; ``brace`` is the opening brace."""

    header: tuple[Word, ...]
    items: tuple["Item", ...]
    brace: Span = field(compare=False)

    @property
    def span(self) -> Span:
        """From the first word of the header to its last."""
        return self.header[0].span.to(self.header[-1].span)


@dataclass(frozen=True, slots=True)
class Include:
    """``#include path``; ``file`` is the included file's tree once it has been loaded."""

    path: Word
    file: "File | None" = None


Item = Line | Block | Include


@dataclass(frozen=True, slots=True)
class File:
    """The tree of one file; ``height`` is how deep blocks and includes nest in it, once it has been loaded."""

    source: Source = field(compare=False)
    items: tuple[Item, ...] = ()
    height: int = field(default=0, compare=False)

    def files(self) -> Iterator["File"]:
        """This file and every file it includes, at any depth, each once."""
        return _files(self, set())


def _files(file: File, seen: set[int]) -> Iterator[File]:
    if id(file) not in seen:
        seen.add(id(file))
        yield file
        yield from _included(file.items, seen)


def _included(items: tuple[Item, ...], seen: set[int]) -> Iterator[File]:
    for item in items:
        if isinstance(item, Block):
            yield from _included(item.items, seen)
        elif isinstance(item, Include) and item.file is not None:
            yield from _files(item.file, seen)


_SPECIAL = re.compile(r"([\\{};\"' \t\r\f\v#])")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_]")
_DOLLAR = re.compile(r"\$(?=[\[A-Za-z0-9_])")


def _escape(text: str) -> str:
    return _DOLLAR.sub(r"\\$", _SPECIAL.sub(r"\\\1", text))


def format_word(word: Word) -> str:
    """Return *word* in a spelling that reads back as the same word."""
    if not word.parts:
        return _escape(word.text)
    return "".join(map(_format_part, word.parts, ("", *word.parts)))


def _format_part(part: Part, before: Part) -> str:
    if isinstance(part, Ref):
        return part.text
    # Without the backslash, the text would continue the name of the variable: $0\0 is not $00.
    joined = isinstance(before, Ref) and not before.text.endswith("]") and _NAME_CHARACTER.match(part)
    return f"\\{part[0]}{_escape(part[1:])}" if joined else _escape(part)


def format_items(items: tuple[Item, ...], depth: int = 0) -> str:
    """The text of *items*, one statement a line, a tab a level; reads back as the same tree."""
    return "".join(_format_item(item, depth) for item in items)


def _format_item(item: Item, depth: int) -> str:
    tabs = "\t" * depth
    if isinstance(item, Include):
        return f"{tabs}#include {_escape(item.path.text)}\n"
    if isinstance(item, Line):
        return f"{tabs}{' '.join(map(format_word, item.words))}\n"
    header = " ".join(map(format_word, item.header))
    return f"{tabs}{header} {{\n{format_items(item.items, depth + 1)}{tabs}}}\n"
