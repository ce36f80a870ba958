"""Finds the stretches of sources that hold secrets, by their words alone: sources that are wrong hold them too.

Secret are the values of the table's secret directives and password hashes, of directives and variables that are
called like a password, and of the variables that flow into any of these.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from mlnc.compiler.expansion import Expanded
from mlnc.compiler.lexer import scan
from mlnc.compiler.sensitive_names import directive_tells, variable_tells
from mlnc.compiler.source import Source
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.syntax_tree import Ref, Word
from mlnc.compiler.values import PARSERS, Invalid
from mlnc.compiler.variables import BUILTINS
from mlnc.schemas.language import Field, load

_ASSIGNED = re.compile(
    r"""\w*(?:passw\w*|passphrase|secret)[ \t]*=[ \t]*["']?(?P<value>(?!@secret|\$)[^\s,;}\]"']+)""",
    re.IGNORECASE,
)
"""A setting as Xen's files have it, in a line of xen_extra say, or inside one of its texts."""

_TOLD = re.compile(
    r"[\w-](?:passw|passphrase)[\w.-]*[ \t]+(?:=[ \t]+)?(?P<value>(?![@${=])[^;}\s][^;}\n]*)", re.IGNORECASE
)
"""What follows a word for a password, wherever that stands."""

_GLUED = re.compile(r"[;{}#]+(?P<word>[^\s;{}#]+)")
"""What follows a password that was cut at a character it should have escaped."""


@dataclass(slots=True)
class SecretSpans:
    """Where the secrets of sources stand: stretches as offsets, by source; and their texts as written."""

    ranges: dict[Source, list[tuple[int, int]]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def add(self, source: Source, start: int, end: int) -> None:
        """The secret from *start* up to *end* in *source*."""
        self.hide(source, start, end)
        self.texts |= _forms(source.text[start:end])

    def hide(self, source: Source, start: int, end: int) -> None:
        """What stands from *start* up to *end* in *source* is not shown there."""
        self.ranges.setdefault(source, []).append((start, end))


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that may be secret: the words, and whose it is."""

    source: Source
    words: list[Word]

    def literal(self) -> bool:
        """Whether anything but whole words for variables and kept secrets stands in it; a hash is full of ``$``."""
        return not all(
            word.text.startswith("@secret") or [type(part) for part in word.parts] == [Ref]
            for word in self.words
        )

    def variables(self) -> set[str]:
        return {part.name for word in self.words for part in word.parts if isinstance(part, Ref)}


def secret_places(sources: Iterable[Source], guarded: bool) -> SecretSpans:
    """The places of all secrets in *sources*.

    With *guarded* every variable is taken for secret: what uses it is not known, since a file could not be read.
    """
    found, definitions = SecretSpans(), dict[str, list[_Value]]()
    secret: list[_Value] = []
    for source in sources:
        _patterns(source, found)
        for blocks, words in _statements(source):
            name = _defined(words)
            if name is not None:
                definitions.setdefault(name, []).append(_Value(source, words[2:]))
                continue
            values = _secret_words(blocks, words)
            if values:
                secret.append(_Value(source, values))
            elif values is not None:
                _cut_off(source, words[-1].span.end, found)
    telling = [name for name in definitions if guarded or variable_tells(name)]
    secret += [value for name in telling for value in definitions[name]]
    for value in _flowing(secret, definitions):
        if not value.words:
            continue
        start, end = value.words[0].span.start, value.words[-1].span.end
        if value.literal():
            found.add(value.source, start, _glued(value.source.text, end))
            found.texts |= _forms(" ".join(word.text for word in value.words))
        elif value.variables() - {*definitions, *BUILTINS}:
            # a password that begins with a $ looks like a variable that is not defined
            found.hide(value.source, start, end)
    return found


def literals(projects: Iterable[Expanded]) -> Iterator[str]:
    """The secrets of *projects* as they came out when all variables were filled in."""
    for project in projects:
        for node in (project.globals, *project.hosts.values(), *project.switches.values()):
            yield from _filled(node)


def _filled(node: ExpandedBlock) -> Iterator[str]:
    # the name of an undefined variable is no secret where a message shows it: there it is near a defined one
    found = [
        entry.rest
        for entry in node.lines
        if _is_secret(entry.name, node.name)
        and entry.rest not in {f"${each.name}" for each in entry.undefined}
    ]
    found += [text for name, text in node.variables.items() if variable_tells(name)]
    yield from (form for text in found if not text.startswith("@secret") for form in _forms(text))
    for child in node.blocks.values():
        yield from _filled(child)


def _forms(text: str) -> set[str]:
    """*text* as it may come up in a message: whole, without its quotes or escapes, or a word of it."""
    plain = re.sub(r"\\(.)", r"\1", text)
    words = {word for each in (text, plain) for word in re.split(r"[\s;{}]+", each)}
    return {text, plain, text.strip("\"'"), " ".join(text.split()), *words}


def _flowing(secret: list[_Value], definitions: dict[str, list[_Value]]) -> Iterator[_Value]:
    """The *secret* values, and the definitions of every variable that they use, at any depth."""
    seen: set[str] = set()
    waiting = [*secret]
    while waiting:
        value = waiting.pop()
        yield value
        for name in value.variables() - seen:
            seen.add(name)
            waiting += definitions.get(name, [])


def _statements(source: Source) -> Iterator[tuple[tuple[str, ...], list[Word]]]:
    """The statements and block headers of *source* with the names of the blocks that they stand in."""
    blocks: list[str] = []
    words: list[Word] = []
    last = ""
    for token in scan(source):
        if token.type == "WORD" and token.word is not None:
            words.append(token.word)
            continue
        if words:
            yield tuple(blocks), words
            last, words = words[0].text, []
        if token.type == "LBRACE":
            blocks.append(last)
        elif token.type == "RBRACE":
            del blocks[-1:]
    if words:
        yield tuple(blocks), words


def _defined(words: list[Word]) -> str | None:
    """The variable that a statement of *words* defines."""
    if len(words) > 1 and words[1].text == "=" and len(words[0].parts) == 1:
        part = words[0].parts[0]
        return part.name if isinstance(part, Ref) else None
    return None


def _secret_words(blocks: tuple[str, ...], words: list[Word]) -> list[Word] | None:
    """The words of a statement that are a secret, or may be one; None where nothing in it is."""
    _, fields = _directives()
    if _is_secret(words[0].text, blocks[-1] if blocks else ""):
        return words[2:] if len(words) > 1 and words[1].text == "=" else words[1:]
    if blocks and blocks[-1] in fields:
        first = fields[blocks[-1]]
        return words[first : first + 1] if _well_formed(words[first:]) else words[first:]
    # a value that was written as a block
    return words if _directives()[0] & {*blocks} else None


def _is_secret(name: str, block: str) -> bool:
    """Whether what follows the word *name* in *block* is secret; lines of scripts begin with any word."""
    if name in _directives()[0]:
        return True
    return block not in load().script_blocks() and directive_tells(name)


def _well_formed(words: list[Word]) -> bool:
    try:
        return bool(words and PARSERS["crypt"](words[0].text, Field("hash", "crypt")))
    except Invalid:
        return False


@cache
def _directives() -> tuple[frozenset[str], dict[str, int]]:
    """The secret directives of the table, and for blocks of records the field (from 0) that is secret."""
    kinds = ("secret", "crypt")
    names = {name for each in load().directives if each.secret or each.type in kinds for name in each.names}
    fields = {
        each.name: number
        for each in load().directives
        for number, record in enumerate(each.record)
        if record.type in kinds
    }
    return frozenset(names), fields


@cache
def _written() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _directives()[0] - {"key"})))
    return re.compile(rf"(?<![\w.-])(?:{names})[ \t]+(?:=[ \t]+)?(?P<value>(?![@${{=])[^;}}\s][^;}}\n]*)")


def _patterns(source: Source, found: SecretSpans) -> None:
    """Adds what looks like a secret anywhere, in comments too."""
    for pattern in (_written(), _ASSIGNED):
        for match in pattern.finditer(source.text):
            found.add(source, *match.span("value"))
    for match in _TOLD.finditer(source.text):
        found.hide(source, *match.span("value"))


def _cut_off(source: Source, end: int, found: SecretSpans) -> None:
    """A secret without a value may have lost it to a ; { } or # at its beginning."""
    start = end + len(source.text[end:]) - len(source.text[end:].lstrip(" \t"))
    end = _glued(source.text, start)
    if end > start:
        found.add(source, start, end)


def _glued(text: str, end: int) -> int:
    """Where a secret that ends at *end* may really end: it is cut at ; { } unless a blank or a directive follows."""
    while (match := _GLUED.match(text, end)) and not load().find(match["word"]):
        end = match.end()
    return end
