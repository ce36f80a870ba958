"""Search for secrets in sources by their words alone, so that it also works for invalid sources.

Secrets are the values of the table's secret directives and password hashes, of directives and variables whose name
suggests a password, and of the variables used in any of these.
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
"""A setting in the syntax of Xen's files, for example in a line of xen_extra or in a string of it."""

_AFTER_PASSWORD_WORD = re.compile(
    r"[\w-](?:passw|passphrase)[\w.-]*[ \t]+(?:=[ \t]+)?(?P<value>(?![@${=])[^;}\s][^;}\n]*)", re.IGNORECASE
)
"""The text after a word for a password, anywhere."""

_REST_OF_VALUE = re.compile(r"[;{}#]+(?P<word>[^\s;{}#]+)")
"""The text after a password that was cut at an unescaped special character."""


@dataclass(slots=True)
class SecretSpans:
    """Secrets of sources: their ranges (offsets) by source, and their texts as written."""

    ranges: dict[Source, list[tuple[int, int]]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def add(self, source: Source, start: int, end: int) -> None:
        """Add the secret from *start* up to *end* in *source*."""
        self.hide(source, start, end)
        self.texts |= _forms(source.text[start:end])

    def hide(self, source: Source, start: int, end: int) -> None:
        """Mask the range from *start* up to *end* in *source* only, not its text elsewhere."""
        self.ranges.setdefault(source, []).append((start, end))


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that may be secret: its words and their source."""

    source: Source
    words: list[Word]

    def literal(self) -> bool:
        """Return True unless all words are variables or references to secrets; a hash contains many ``$``."""
        return not all(
            word.text.startswith("@secret") or [type(part) for part in word.parts] == [Ref]
            for word in self.words
        )

    def variables(self) -> set[str]:
        return {part.name for word in self.words for part in word.parts if isinstance(part, Ref)}


def secret_places(sources: Iterable[Source], guarded: bool) -> SecretSpans:
    """Return the ranges of all secrets in *sources*.

    *guarded* treats every variable as secret, because a file could not be read and its uses are unknown.
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
                _add_cut_value(source, words[-1].span.end, found)
    telling = [name for name in definitions if guarded or variable_tells(name)]
    secret += [value for name in telling for value in definitions[name]]
    for value in _flowing(secret, definitions):
        if not value.words:
            continue
        start, end = value.words[0].span.start, value.words[-1].span.end
        if value.literal():
            found.add(value.source, start, _likely_end(value.source.text, end))
            found.texts |= _forms(" ".join(word.text for word in value.words))
        elif value.variables() - {*definitions, *BUILTINS}:
            # a password that begins with $ looks like an undefined variable
            found.hide(value.source, start, end)
    return found


def literals(projects: Iterable[Expanded]) -> Iterator[str]:
    """Yield the secrets of *projects* after all variables were replaced."""
    for project in projects:
        for node in (project.globals, *project.hosts.values(), *project.switches.values()):
            yield from _expanded_values(node)


def _expanded_values(node: ExpandedBlock) -> Iterator[str]:
    # the name of an undefined variable is not secret: a message shows it when a similar variable is defined
    found = [
        entry.rest
        for entry in node.lines
        if _is_secret(entry.name, node.name)
        and entry.rest not in {f"${each.name}" for each in entry.undefined}
    ]
    found += [text for name, text in node.variables.items() if variable_tells(name)]
    yield from (form for text in found if not text.startswith("@secret") for form in _forms(text))
    for child in node.blocks.values():
        yield from _expanded_values(child)


def _forms(text: str) -> set[str]:
    """Return the forms of *text* in messages: whole, without quotes or escapes, and its single words."""
    plain = re.sub(r"\\(.)", r"\1", text)
    words = {word for each in (text, plain) for word in re.split(r"[\s;{}]+", each)}
    return {text, plain, text.strip("\"'"), " ".join(text.split()), *words}


def _flowing(secret: list[_Value], definitions: dict[str, list[_Value]]) -> Iterator[_Value]:
    """Yield the *secret* values and the definitions of the variables that they use, at any depth."""
    seen: set[str] = set()
    waiting = [*secret]
    while waiting:
        value = waiting.pop()
        yield value
        for name in value.variables() - seen:
            seen.add(name)
            waiting += definitions.get(name, [])


def _statements(source: Source) -> Iterator[tuple[tuple[str, ...], list[Word]]]:
    """Yield the statements and block headers of *source* with the names of their enclosing blocks."""
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
    """Return the variable that a statement of *words* defines; None if it defines none."""
    if len(words) > 1 and words[1].text == "=" and len(words[0].parts) == 1:
        part = words[0].parts[0]
        return part.name if isinstance(part, Ref) else None
    return None


def _secret_words(blocks: tuple[str, ...], words: list[Word]) -> list[Word] | None:
    """Return the words of a statement that are or may be secret; None if none are."""
    _, fields = _directives()
    if _is_secret(words[0].text, blocks[-1] if blocks else ""):
        return words[2:] if len(words) > 1 and words[1].text == "=" else words[1:]
    if blocks and blocks[-1] in fields:
        first = fields[blocks[-1]]
        return words[first : first + 1] if _well_formed(words[first:]) else words[first:]
    # a value that was written as a block
    return words if _directives()[0] & {*blocks} else None


def _is_secret(name: str, block: str) -> bool:
    """Return True if the value of *name* in *block* is secret; lines of scripts may begin with any word."""
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
    """Return the secret directives of the table, and the secret field (from 0) of record blocks."""
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
    """Add all texts that look like a secret, in comments too."""
    for pattern in (_written(), _ASSIGNED):
        for match in pattern.finditer(source.text):
            found.add(source, *match.span("value"))
    for match in _AFTER_PASSWORD_WORD.finditer(source.text):
        found.hide(source, *match.span("value"))


def _add_cut_value(source: Source, end: int, found: SecretSpans) -> None:
    """Add the text after a secret directive without a value: its value may begin with an unescaped ; { } or #."""
    start = end + len(source.text[end:]) - len(source.text[end:].lstrip(" \t"))
    end = _likely_end(source.text, start)
    if end > start:
        found.add(source, start, end)


def _likely_end(text: str, end: int) -> int:
    """Return the likely end of a secret cut at *end* by ; { } or #: before the next blank or directive."""
    while (match := _REST_OF_VALUE.match(text, end)) and not load().find(match["word"]):
        end = match.end()
    return end
