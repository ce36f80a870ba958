"""The lexer: characters to words, braces and statement ends, by PLY.

Rules (docs/language.md): a newline or ``;`` ends a statement; ``{`` and ``}`` stand for themselves wherever they
are; ``#`` opens a comment at the start of a token, inside a word it is text; quotes closed on the same line
protect what is between them and stay part of the word; ``\\c`` is the character c; ``\\`` newline joins lines.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ply import lex

from mlnc.compiler.source import Source, Span
from mlnc.compiler.syntax_tree import Part, Ref, Word

tokens = ("WORD", "INCLUDE", "LBRACE", "RBRACE", "NEWLINE", "SEMICOLON")

_ESCAPED = r"\\(?!\r?\n)[^\n]"
_QUOTED = rf"\"(?:{_ESCAPED}|[^\"\\\n])*\"|'(?:{_ESCAPED}|[^'\\\n])*'"
_PLAIN = r"[^ \t\r\f\v\n{};\\\"'#]"
_PIECE = rf"(?:{_PLAIN}+|{_ESCAPED}|\\\Z|{_QUOTED}|[\"'])"
_PATH = re.compile(rf"(?:{_PIECE}|[ \t]+(?!\#)|(?<![ \t])\#)*")

_token: Callable[[str], Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = lex.TOKEN

_COOK = re.compile(r"\\([^\n])|\$\[([A-Za-z0-9_]+)\]|\$([A-Za-z0-9_]+)")


def t_CONTINUATION(token: Any) -> None:
    r"\\\r?\n"


def t_BLANK(token: Any) -> None:
    r"[ \t\r\f\v]+"


def t_INCLUDE(token: Any) -> Any:
    r"\#include(?=[ \t\r\f\v\n;{}]|\Z)"
    if not token.lexer.fresh:
        return t_COMMENT(token)
    token.lexer.lexpos = _PATH.match(token.lexer.lexdata, token.lexer.lexpos).end()  # type: ignore[union-attr]
    token.value = token.lexer.lexdata[token.lexpos : token.lexer.lexpos]
    return token


def t_COMMENT(token: Any) -> None:
    r"\#[^\n]*"
    end = token.lexer.lexdata.find("\n", token.lexpos)
    token.lexer.lexpos = end if end >= 0 else len(token.lexer.lexdata)


@_token(rf"(?!\#){_PIECE}(?:{_PIECE}|\#)*")
def t_WORD(token: Any) -> Any:
    token.lexer.fresh = False
    return token


def _separator(token: Any) -> Any:
    token.lexer.fresh = True
    return token


def t_NEWLINE(token: Any) -> Any:
    r"\n"
    return _separator(token)


def t_SEMICOLON(token: Any) -> Any:
    r";"
    return _separator(token)


def t_LBRACE(token: Any) -> Any:
    r"\{"
    return _separator(token)


def t_RBRACE(token: Any) -> Any:
    r"\}"
    return _separator(token)


def t_error(token: Any) -> None:  # pragma: no cover - every character begins some rule
    raise AssertionError(f"no rule for {token.value[0]!r}")


_lexer = lex.lex(reflags=0)


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its span; ``word`` for WORD and INCLUDE."""

    type: str
    span: Span
    word: Word | None = None


def cook(raw: str, span: Span) -> Word:
    """The word that *raw* spells: escapes resolved, references cut out."""
    if "\\" not in raw and "$" not in raw:
        return Word(raw, span)
    parts: list[Part] = []
    done = 0
    for match in _COOK.finditer(raw):
        _add(parts, raw[done : match.start()])
        escaped, bracketed, bare = match.groups()
        if escaped is not None:
            _add(parts, escaped)
        else:
            parts.append(Ref(bracketed or bare, match.group()))
        done = match.end()
    _add(parts, raw[done:])
    text = "".join(part if isinstance(part, str) else part.text for part in parts)
    return Word(text, span, tuple(parts) if any(isinstance(part, Ref) for part in parts) else ())


def _add(parts: list[Part], text: str) -> None:
    if not text:
        return
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)


def _include_path(raw: str, span: Span) -> Word:
    path = raw[len("#include") :]
    start = span.start + len("#include") + len(path) - len(path.lstrip(" \t"))
    path = path.strip(" \t\r")
    quoted = len(path) > 1 and path[0] == path[-1] and path[0] in "\"'"
    literal = re.sub(r"\\([^\n])", r"\1", path[1:-1] if quoted else path)
    return Word(literal, Span(span.source, min(start, span.end), max(start, span.end)))


def scan(source: Source) -> Iterator[Token]:
    """The tokens of *source* in order; nothing in a text is refused here."""
    scanner = _lexer.clone()
    scanner.fresh = True
    scanner.input(source.text)
    for token in iter(scanner.token, None):
        span = Span(source, token.lexpos, token.lexpos + len(token.value))
        if token.type == "WORD":
            yield Token("WORD", span, cook(token.value, span))
        elif token.type == "INCLUDE":
            yield Token("INCLUDE", span, _include_path(token.value, span))
        else:
            yield Token(token.type, span)
