"""Where MLN 1.0.8.8 cuts the text of a file into other words and statements than mlnc does.

Each check looks at one file: its tokens as mlnc reads them, its items as the original does (mln-language.md,
sections 2 and 3).
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.lexer import Token, scan
from mlnc.compiler.mln1.statements import Mln1Statement, cut
from mlnc.compiler.source import Origin, Source, Span

_ESCAPED = re.compile(r"\\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """One file in both readings. ``included`` says whether another file includes it."""

    source: Source
    included: bool
    tokens: list[Token]
    items: list[Mln1Statement]
    comments: list[Span]

    def item(self, offset: int) -> Mln1Statement:
        """The item that the character at *offset* belongs to."""
        return self.items[bisect_right(self.items, offset, key=lambda item: item.start) - 1]

    def comment(self, offset: int) -> Span | None:
        """The comment, as mlnc sees it, that *offset* lies in behind its ``#``."""
        found = bisect_right(self.comments, offset - 1, key=lambda comment: comment.start) - 1
        return self.comments[found] if found >= 0 and offset < self.comments[found].end else None

    def words(self) -> Iterator[tuple[Token, str]]:
        """Every word with its spelling."""
        for token in self.tokens:
            if token.type == "WORD":
                yield token, self.source.text[token.span.start : token.span.end]


def differences(source: Source, included: bool) -> Iterator[Diagnostic]:
    """What the original would read otherwise in the text of *source*."""
    tokens = list(scan(source))
    reading = Reading(source, included, tokens, cut(source.text), list(_comments(source, tokens)))
    for check in CHECKS:
        yield from check(reading)


def _comments(source: Source, tokens: list[Token]) -> Iterator[Span]:
    done = 0
    for start, end in [*((each.span.start, each.span.end) for each in tokens), (len(source.text),) * 2]:
        mark = source.text.find("#", done, start)
        if mark >= 0:
            yield Span(source, mark, start)
        done = end


def byte_order_mark(reading: Reading) -> Iterator[Diagnostic]:
    """A byte order mark, which the loader has dropped: only the digest of the bytes still tells."""
    source = reading.source
    if source.digest and hashlib.sha256(source.text.encode()).hexdigest() != source.digest:
        message = "MLN 1.0.8.8 takes the byte order mark of this file for a part of its first word"
        hint = "save the file as UTF-8 without a byte order mark"
        yield Diagnostic("mln1-byte-order-mark", message, Origin(Span(source, 0, 1)), hint)


def last_statement(reading: Reading) -> Iterator[Diagnostic]:
    """The last statement of a file, where nothing follows that would end it."""
    lost = reading.items[-1]
    tokens = [token for token in reading.tokens if token.span.start >= lost.start and _says(reading, token)]
    if not tokens or [_spelling(reading, token) for token in tokens] == ["0"]:
        return
    span = tokens[0].span.to(tokens[-1].span)
    if lost.ender == "zero":
        message = "MLN 1.0.8.8 takes 0} for the end of the file and reads nothing from here on"
        yield Diagnostic("mln1-zero-end", message, Origin(span), "leave the 0 out")
    else:
        message = "MLN 1.0.8.8 loses the end of a file that no empty line follows: it would not read this"
        hint = "add an empty line at the end of the file"
        yield Diagnostic("mln1-last-statement", message, Origin(span), hint)


def _says(reading: Reading, token: Token) -> bool:
    """Whether losing *token* loses anything: a block that is left open ends with the main file."""
    return token.type in ("WORD", "INCLUDE") or (token.type == "RBRACE" and reading.included)


def _spelling(reading: Reading, token: Token) -> str:
    return reading.source.text[token.span.start : token.span.end]


def comment_separators(reading: Reading) -> Iterator[Diagnostic]:
    """``;`` and ``{`` in a comment, and what follows them there."""
    done = None
    for item in reading.items:
        comment = reading.comment(item.start)
        if comment is None or comment is done or item.lost or not item.live or item.include is not None:
            continue
        done = comment
        message = "MLN 1.0.8.8 ends a comment at ; and { and would read this as a statement"
        span = _stretch(reading, item.start, comment.end)
        yield _at("mln1-comment-separator", message, span, "leave the ; and { out of the comment")


def _stretch(reading: Reading, start: int, end: int) -> Span:
    """The span from *start* to *end* without the blanks around it."""
    text = reading.source.text[start:end]
    return Span(reading.source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _at(code: str, message: str, span: Span, hint: str | None) -> Diagnostic:
    return Diagnostic(code, message, Origin(span), hint)


def comment_continuations(reading: Reading) -> Iterator[Diagnostic]:
    r"""A comment with a ``\`` at the end of its line."""
    for comment in reading.comments:
        item = reading.item(comment.start)
        beyond = reading.source.text[comment.end : item.end - 1].strip()
        if not item.lost and item.end > comment.end + 1 and (beyond or "#" in item.live):
            message = "MLN 1.0.8.8 joins the next line to a comment that ends in \\"
            yield _at("mln1-comment-continuation", message, comment, "leave the \\ out")


def continuations(reading: Reading) -> Iterator[Diagnostic]:
    r"""A ``\`` at the end of a line that ends in CR LF."""
    for before, after in pairwise(reading.tokens):
        gap = reading.source.text[before.span.end : after.span.start]
        if before.type == "WORD" and after.type in ("WORD", "LBRACE") and "\\\r\n" in gap:
            start = before.span.end + gap.index("\\\r\n")
            message = "MLN 1.0.8.8 does not join lines in a file whose lines end in CR LF"
            hint = "save the file with LF at the end of its lines"
            yield _at("mln1-continuation", message, Span(reading.source, start, start + 1), hint)


def stray_includes(reading: Reading) -> Iterator[Diagnostic]:
    """``#include`` within a comment or a word."""
    starts = {reading.item(token.span.start).start for token in reading.tokens if token.type == "INCLUDE"}
    for item in reading.items:
        if item.include is None or item.start in starts:
            continue
        mark = max(reading.source.text.find("#include ", item.start, item.end), item.start)
        message = (
            f"MLN 1.0.8.8 obeys #include wherever it stands: it would read the file {item.include!r} here"
        )
        span = _stretch(reading, mark, item.end)
        yield _at("mln1-include-in-comment", message, span, "write # include, or leave the # out")


def includes(reading: Reading) -> Iterator[Diagnostic]:
    """An include that the original does not take for one, or whose name it reads otherwise."""
    for token in reading.tokens:
        item = reading.item(token.span.start)
        if token.type != "INCLUDE" or token.word is None or not token.word.text or item.lost:
            continue
        name = item.include
        if name is None:
            message = "MLN 1.0.8.8 takes this for a comment"
            hint = "write #include, one blank, the name and nothing else in the line"
            yield _at("mln1-include-ignored", message, token.span, hint)
        elif name[:1] in ("|", ">", "<") or name[:2] == "+<" or name.endswith("|"):
            message = (
                "MLN 1.0.8.8 runs a command or opens another file here: it hands the name to Perl's open"
            )
            yield _at("mln1-include-command", message, token.span, "include a file with a plain name")
        elif name != token.word.text:
            message = f"MLN 1.0.8.8 would look for a file named {name!r}"
            hint = "write the name without quotes, and nothing behind it in the line"
            yield _at("mln1-include-name", message, token.span, hint)


def hashes(reading: Reading) -> Iterator[Diagnostic]:
    """``#`` in a word: the first in each item cuts it."""
    cut_already: Mln1Statement | None = None
    for token, text in reading.words():
        mark = token.span.start + text.find("#")
        item = reading.item(mark)
        if "#" in text and item is not cut_already and not item.lost and item.include is None:
            cut_already = item
            message = "MLN 1.0.8.8 takes every # for the beginning of a comment, in words and quotes too"
            span = Span(reading.source, mark, token.span.end)
            yield _at("mln1-hash", message, span, "do without #: MLN 1.0.8.8 has no way to write it")


def quoted_separators(reading: Reading) -> Iterator[Diagnostic]:
    """``;``, ``{`` and ``}`` between quotes."""
    for token, text in reading.words():
        found = re.search(r"[;{}]", _ESCAPED.sub("\\\\x", text))
        if found:
            message = f"quotes protect nothing in MLN 1.0.8.8: it would end the statement at {found[0]}"
            mark = token.span.start + found.start()
            behind = "" if found[0] == ";" else ", in the third word of a statement or later"
            span = Span(reading.source, mark, mark + 1)
            yield _at("mln1-quotes", message, span, f"write \\{found[0]}{behind}")


def blanks(reading: Reading) -> Iterator[Diagnostic]:
    r"""Several blanks or a tab kept by quotes or ``\``."""
    for token, _ in reading.words():
        text = token.word.text if token.word else ""
        if " ".join(text.split()) != text:
            message = "MLN 1.0.8.8 makes every stretch of blanks one blank, between quotes and behind \\ too"
            yield _at("mln1-blanks", message, token.span, "do without blanks that matter")


def escaped_braces(reading: Reading) -> Iterator[Diagnostic]:
    r"""``\{`` and ``\}`` in the first words of a statement, which the original still obeys."""
    for item in reading.items:
        words = item.live.split()
        if item.lost or not words or reading.comment(item.start):
            continue
        closes = "}" in words[0] and reading.source.text[item.start] != "}"
        # the brace that ends an item is no escaped one
        opens = "{" in "".join(words[1:2] if item.ender != "{" or len(words) > 2 else ())
        if closes or opens:
            brace, what = ("}", "ends the block at") if closes else ("{", "opens a block at")
            message = f"MLN 1.0.8.8 {what} a {brace} in the first words of a statement, \\ or not"
            hint = "put the braces behind the second word of the statement"
            yield _at("mln1-escaped-brace", message, _stretch(reading, item.start, item.end - 1), hint)


def braces(reading: Reading) -> Iterator[Diagnostic]:
    """``{`` on the line after its name, or right behind it."""
    before: Token | None = None
    newline = False
    for token in reading.tokens:
        newline = token.type == "NEWLINE" or (newline and token.type != "WORD")
        if token.type == "LBRACE" and before is not None and before.type == "WORD":
            yield from _brace(before.span.to(token.span), newline, before.span.end == token.span.start)
        if token.type != "NEWLINE":
            before = token


def _brace(span: Span, newline: bool, glued: bool) -> Iterator[Diagnostic]:
    if newline:
        message = "MLN 1.0.8.8 opens no block for a name without { in its line, or keeps the { as a statement"
        yield _at("mln1-brace-on-next-line", message, span, "write NAME { in one line")
    elif glued:
        message = "MLN 1.0.8.8 takes a { right behind a word for a part of that word"
        yield _at("mln1-glued-brace", message, span, "write a blank before the {")


CHECKS: tuple[Callable[[Reading], Iterator[Diagnostic]], ...] = (
    byte_order_mark,
    last_statement,
    comment_separators,
    comment_continuations,
    continuations,
    stray_includes,
    includes,
    hashes,
    quoted_separators,
    blanks,
    escaped_braces,
    braces,
)
