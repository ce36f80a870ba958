"""Differences in how MLN 1.0.8.8 splits the text of a file into words and statements.

Each check compares the tokens of mlnc with the statements of MLN 1 in one file (mln-language.md, sections 2 and 3).
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.lexer import Token, scan
from mlnc.compiler.mln1.statements import Mln1Statement, split_statements
from mlnc.compiler.source import Origin, Source, Span

_ESCAPED = re.compile(r"\\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as mlnc and MLN 1 read it. ``included`` is true if another file includes it."""

    source: Source
    included: bool
    tokens: list[Token]
    statements: list[Mln1Statement]
    comments: list[Span]

    def statement(self, offset: int) -> Mln1Statement:
        """Statement of MLN 1 that contains the character at *offset*."""
        found = bisect_right(self.statements, offset, key=lambda statement: statement.start) - 1
        return self.statements[found]

    def comment(self, offset: int) -> Span | None:
        """Comment of mlnc whose text after ``#`` contains *offset*; None outside comments."""
        found = bisect_right(self.comments, offset - 1, key=lambda comment: comment.start) - 1
        return self.comments[found] if found >= 0 and offset < self.comments[found].end else None

    def words(self) -> Iterator[tuple[Token, str]]:
        """All words, each with its source text."""
        for token in self.tokens:
            if token.type == "WORD":
                yield token, self.source.text[token.span.start : token.span.end]


def differences(source: Source, included: bool) -> Iterator[Diagnostic]:
    """Differences in the text of *source*. *included* is true if another file includes it."""
    tokens = list(scan(source))
    reading = Reading(
        source, included, tokens, split_statements(source.text), list(_comments(source, tokens))
    )
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
    """Byte order mark. The loader drops it, so only the digest of the bytes shows it."""
    source = reading.source
    if source.digest and hashlib.sha256(source.text.encode()).hexdigest() != source.digest:
        message = "MLN 1.0.8.8 reads the byte order mark of this file as part of its first word"
        hint = "save the file as UTF-8 without a byte order mark"
        yield Diagnostic("mln1-byte-order-mark", message, Origin(Span(source, 0, 1)), hint)


def last_statement(reading: Reading) -> Iterator[Diagnostic]:
    """Last statement of a file, which MLN 1 drops without an empty line after it."""
    lost = reading.statements[-1]
    tokens = [
        token for token in reading.tokens if token.span.start >= lost.start and _is_content(reading, token)
    ]
    if not tokens or [_spelling(reading, token) for token in tokens] == ["0"]:
        return
    span = tokens[0].span.to(tokens[-1].span)
    if lost.ender == "zero":
        message = "MLN 1.0.8.8 reads 0} as the end of the file and ignores everything from here on"
        yield Diagnostic("mln1-zero-end", message, Origin(span), "remove the 0")
    else:
        message = "MLN 1.0.8.8 drops the last statement of a file that has no empty line at its end"
        hint = "add an empty line at the end of the file"
        yield Diagnostic("mln1-last-statement", message, Origin(span), hint)


def _is_content(reading: Reading, token: Token) -> bool:
    """True if dropping *token* changes the meaning. MLN 1 closes open blocks at the end of the main file."""
    return token.type in ("WORD", "INCLUDE") or (token.type == "RBRACE" and reading.included)


def _spelling(reading: Reading, token: Token) -> str:
    return reading.source.text[token.span.start : token.span.end]


def comment_separators(reading: Reading) -> Iterator[Diagnostic]:
    """Text after ``;`` or ``{`` in a comment."""
    done = None
    for statement in reading.statements:
        comment = reading.comment(statement.start)
        if comment is None or comment is done or not statement.live:
            continue
        if statement.lost or statement.include is not None:
            continue
        done = comment
        message = "MLN 1.0.8.8 ends a comment at ; or { and reads this text as a statement"
        span = _trimmed(reading, statement.start, comment.end)
        yield _at("mln1-comment-separator", message, span, "remove ; and { from the comment")


def _trimmed(reading: Reading, start: int, end: int) -> Span:
    """Span from *start* to *end* without surrounding blanks."""
    text = reading.source.text[start:end]
    return Span(reading.source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _at(code: str, message: str, span: Span, hint: str | None) -> Diagnostic:
    return Diagnostic(code, message, Origin(span), hint)


def comment_continuations(reading: Reading) -> Iterator[Diagnostic]:
    r"""Comment with a ``\`` at the end of its line."""
    for comment in reading.comments:
        statement = reading.statement(comment.start)
        beyond = reading.source.text[comment.end : statement.end - 1].strip()
        if not statement.lost and statement.end > comment.end + 1 and (beyond or "#" in statement.live):
            message = "MLN 1.0.8.8 joins the next line to a comment that ends in \\"
            yield _at("mln1-comment-continuation", message, comment, "remove the \\")


def continuations(reading: Reading) -> Iterator[Diagnostic]:
    r"""``\`` at the end of a line that ends in CR LF."""
    for before, after in pairwise(reading.tokens):
        gap = reading.source.text[before.span.end : after.span.start]
        if before.type == "WORD" and after.type in ("WORD", "LBRACE") and "\\\r\n" in gap:
            start = before.span.end + gap.index("\\\r\n")
            message = "MLN 1.0.8.8 does not join lines in a file with CR LF line ends"
            hint = "save the file with LF line ends"
            yield _at("mln1-continuation", message, Span(reading.source, start, start + 1), hint)


def stray_includes(reading: Reading) -> Iterator[Diagnostic]:
    """``#include`` in a comment or a word."""
    starts = {
        reading.statement(token.span.start).start for token in reading.tokens if token.type == "INCLUDE"
    }
    for statement in reading.statements:
        if statement.include is None or statement.start in starts:
            continue
        mark = max(reading.source.text.find("#include ", statement.start, statement.end), statement.start)
        message = (
            f"MLN 1.0.8.8 executes #include even in comments and words: it reads {statement.include!r} here"
        )
        span = _trimmed(reading, mark, statement.end)
        yield _at("mln1-include-in-comment", message, span, "write # include, or remove the #")


def includes(reading: Reading) -> Iterator[Diagnostic]:
    """Includes that MLN 1 ignores, or whose name it reads differently."""
    for token in reading.tokens:
        statement = reading.statement(token.span.start)
        if token.type != "INCLUDE" or token.word is None or not token.word.text or statement.lost:
            continue
        name = statement.include
        if name is None:
            message = "MLN 1.0.8.8 reads this #include as a comment"
            hint = "write #include, one blank and the file name, and nothing else on the line"
            yield _at("mln1-include-ignored", message, token.span, hint)
        elif name[:1] in ("|", ">", "<") or name[:2] == "+<" or name.endswith("|"):
            message = (
                "MLN 1.0.8.8 passes this name to Perl's open, which runs a command or opens another file"
            )
            yield _at("mln1-include-command", message, token.span, "rename the file to a plain name")
        elif name != token.word.text:
            message = f"MLN 1.0.8.8 looks for a file named {name!r}"
            hint = "write the name without quotes, and nothing after it on the line"
            yield _at("mln1-include-name", message, token.span, hint)


def hashes(reading: Reading) -> Iterator[Diagnostic]:
    """``#`` in a word; the first one in each statement of MLN 1 starts a comment."""
    already_cut: Mln1Statement | None = None
    for token, text in reading.words():
        mark = token.span.start + text.find("#")
        statement = reading.statement(mark)
        if "#" in text and statement is not already_cut and not statement.lost and statement.include is None:
            already_cut = statement
            message = "MLN 1.0.8.8 starts a comment at every #, even in words and quotes"
            span = Span(reading.source, mark, token.span.end)
            yield _at("mln1-hash", message, span, "avoid #; MLN 1.0.8.8 has no escape for it")


def quoted_separators(reading: Reading) -> Iterator[Diagnostic]:
    """``;``, ``{`` and ``}`` between quotes."""
    for token, text in reading.words():
        found = re.search(r"[;{}]", _ESCAPED.sub("\\\\x", text))
        if found:
            message = f"MLN 1.0.8.8 ignores quotes and ends the statement at {found[0]}"
            mark = token.span.start + found.start()
            place = "" if found[0] == ";" else ", in the third word of a statement or later"
            span = Span(reading.source, mark, mark + 1)
            yield _at("mln1-quotes", message, span, f"write \\{found[0]}{place}")


def blanks(reading: Reading) -> Iterator[Diagnostic]:
    r"""Consecutive blanks, or a tab, protected by quotes or ``\``."""
    for token, _ in reading.words():
        text = token.word.text if token.word else ""
        if " ".join(text.split()) != text:
            message = (
                "MLN 1.0.8.8 replaces consecutive blanks and tabs by one blank, even in quotes and after \\"
            )
            yield _at("mln1-blanks", message, token.span, "avoid significant blanks")


def escaped_braces(reading: Reading) -> Iterator[Diagnostic]:
    r"""``\{`` and ``\}`` in the first two words of a statement, where MLN 1 ignores the escape."""
    for statement in reading.statements:
        words = statement.live.split()
        if statement.lost or not words or reading.comment(statement.start):
            continue
        closes = "}" in words[0] and reading.source.text[statement.start] != "}"
        # the brace that ends a statement is not an escaped one
        opens = "{" in "".join(words[1:2] if statement.ender != "{" or len(words) > 2 else ())
        if closes or opens:
            brace, effect = ("}", "ends the block") if closes else ("{", "opens a block")
            message = (
                f"MLN 1.0.8.8 {effect} at a {brace} in the first two words of a statement, even after \\"
            )
            hint = "move the braces after the second word of the statement"
            yield _at(
                "mln1-escaped-brace", message, _trimmed(reading, statement.start, statement.end - 1), hint
            )


def braces(reading: Reading) -> Iterator[Diagnostic]:
    """``{`` on the line after the name of its block, or directly after the name without a blank."""
    previous: Token | None = None
    newline = False
    for token in reading.tokens:
        newline = token.type == "NEWLINE" or (newline and token.type != "WORD")
        if token.type == "LBRACE" and previous is not None and previous.type == "WORD":
            yield from _brace(previous.span.to(token.span), newline, previous.span.end == token.span.start)
        if token.type != "NEWLINE":
            previous = token


def _brace(span: Span, newline: bool, glued: bool) -> Iterator[Diagnostic]:
    if newline:
        message = "MLN 1.0.8.8 opens no block here, or reads the { on the next line as a statement"
        yield _at("mln1-brace-on-next-line", message, span, "write NAME { on one line")
    elif glued:
        message = "MLN 1.0.8.8 reads a { directly after a word as part of that word"
        yield _at("mln1-glued-brace", message, span, "insert a blank before the {")


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
