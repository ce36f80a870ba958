"""The parser: tokens to a syntax tree, by PLY's grammar below, which has no meaning in it.

Braces are balanced before the grammar sees them, so that every text has a tree and every wrong brace its own
diagnostic: the grammar itself cannot fail.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from ply import yacc

from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.lexer import Token, scan
from mlnc.compiler.lexer import tokens as lexer_tokens
from mlnc.compiler.source import Origin, Source, Span
from mlnc.compiler.syntax_tree import Block, File, Include, Line, Word

tokens = (*lexer_tokens[:4], "END")


def p_items_empty(p: Any) -> None:
    """items :"""
    p[0] = []


def p_items(p: Any) -> None:
    """items : items item"""
    p[1].append(p[2])
    p[0] = p[1]


def p_line(p: Any) -> None:
    """item : words END"""
    p[0] = Line(tuple(token.word for token in p[1]))


def p_block(p: Any) -> None:
    """item : words LBRACE items RBRACE"""
    p[0] = Block(tuple(token.word for token in p[1]), tuple(p[3]), p[2].span)


def p_include(p: Any) -> None:
    """item : INCLUDE END"""
    p[0] = Include(p[1].word)


def p_words_first(p: Any) -> None:
    """words : WORD"""
    p[0] = [p[1]]


def p_words(p: Any) -> None:
    """words : words WORD"""
    p[1].append(p[2])
    p[0] = p[1]


def p_error(p: Any) -> None:  # pragma: no cover - statements() leaves nothing that could fail
    raise AssertionError(f"unbalanced token stream at {p}")


_parser = yacc.yacc(debug=False, write_tables=False, start="items", errorlog=yacc.NullLogger())


class _Balance:
    """Turns the lexer's tokens into statements with balanced braces, and reports the braces that are wrong."""

    def __init__(self, source: Source, notice: Notice) -> None:
        self.source = source
        self.notice = notice
        self.open: list[Token] = []
        self.words = False
        self.newline: Token | None = None

    def run(self) -> Iterator[Token]:
        for token in scan(self.source):
            yield from self.step(token)
        end = Span(self.source, len(self.source.text), len(self.source.text))
        yield from self.finish(Token("END", end))
        commented = [match.end() for match in _COMMENTED.finditer(self.source.text)] if self.open else []
        for brace in reversed(self.open):
            self.unclosed(brace.span, commented)
            yield Token("RBRACE", end)

    def step(self, token: Token) -> Iterator[Token]:
        if token.type == "LBRACE":
            yield from self.begin(token)
        elif token.type == "NEWLINE":
            self.newline = token if self.words else None
        else:
            # a newline ends a statement only if no { follows it
            if self.newline is not None or token.type != "WORD":
                yield from self.finish(token)
            yield from self.simple(token)

    def simple(self, token: Token) -> Iterator[Token]:
        if token.type == "WORD":
            self.words = True
            yield token
        elif token.type == "INCLUDE":
            yield token
            yield Token("END", token.span)
        elif token.type == "RBRACE":
            yield from self.close(token)

    def finish(self, token: Token) -> Iterator[Token]:
        if self.words:
            yield Token("END", token.span)
        self.words = False
        self.newline = None

    def begin(self, token: Token) -> Iterator[Token]:
        if not self.words:
            self.report("nameless-block", "block without a name", token.span, _NAMELESS)
            yield Token("WORD", token.span, Word("", token.span))
        self.words = False
        self.newline = None
        self.open.append(token)
        yield token

    def close(self, token: Token) -> Iterator[Token]:
        if self.open:
            self.open.pop()
            yield token
        else:
            self.report(
                "superfluous-brace",
                "} without a matching {",
                token.span,
                "remove it, or write \\} for the character",
            )

    def unclosed(self, brace: Span, commented: list[int]) -> None:
        """Reports *brace*; *commented* are the offsets after each } that stands in a comment."""
        number = bisect_right(commented, brace.end)
        if number == len(commented):
            self.report("unclosed-brace", _UNCLOSED, brace, "add a } where the block ends")
            return
        closing = Span(self.source, commented[number] - 1, commented[number])
        related = Related("this } is part of a comment", closing)
        self.report("unclosed-brace", _UNCLOSED, brace, "write the } before the # of the comment", related)

    def report(self, code: str, message: str, span: Span, hint: str, *related: Related) -> None:
        self.notice(Diagnostic(code, message, Origin(span), hint, related))


_COMMENTED = re.compile(r"(?:^|(?<=[ \t;{}]))#[^\n{}]*\}", re.MULTILINE)
_UNCLOSED = "{ without a matching }"
_NAMELESS = "write a name before it (host web {), or \\{ for the character itself"


class _Tokens:
    """What yacc wants of a lexer: a ``token`` method, and values that are our tokens."""

    def __init__(self, stream: Iterator[Token]) -> None:
        self.stream = stream

    def token(self) -> Any:
        found = next(self.stream, None)
        if found is None:
            return None
        made: Any = yacc.YaccSymbol()
        made.type, made.value, made.lineno, made.lexpos = found.type, found, 0, found.span.start
        return made


def parse(source: Source, notice: Notice) -> File:
    """The tree of *source*; whatever is wrong with its braces goes to *notice*, and the tree is whole anyway."""
    items = _parser.parse(lexer=_Tokens(_Balance(source, notice).run()), tracking=False)
    return File(source, tuple(items))
