"""Reads settings of a domain file, ``key = value``, as xl and xm do, for lines that mlnc did not write.

One grammar for both, of what both understand alike: strings in single or double quotes on one line, unsigned
numbers, lists that may span lines; ``;`` or the end of the line after each setting; comments. xl's is Xen's
libxlu_cfg (``+=`` included); xm executes the file as Python, so there the text must also be valid Python.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.schemas.xen_keys import Toolstack

Value = str | list["Value"]
"""A string or number as its text, or a list."""


@dataclass(frozen=True, slots=True)
class CfgSetting:
    """One statement: the line its key stands on (counted from 0), ``=`` or ``+=``, and the value."""

    line: int
    key: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Fault:
    """Where (a line, counted from 0) and why a text is no domain file to its reader."""

    line: int
    message: str
    hint: str | None = None


def read_settings(text: str, toolstack: Toolstack) -> tuple[list[CfgSetting], Fault | None]:
    """The settings of *text* in their order, as *toolstack* reads them, up to the first fault.

    A fault is what *toolstack* does not take, or what only the wider grammar of one of the two does.
    """
    settings: list[CfgSetting] = []
    try:
        for setting in _Reader(_tokens(text)).settings():
            settings.append(setting)
    except _UnreadableError as error:
        return settings, error.fault
    return settings, _python_fault(text, settings) if toolstack == "xm" else _sum_fault(settings)


def _sum_fault(settings: list[CfgSetting]) -> Fault | None:
    kinds: dict[str, type] = {}
    for setting in settings:
        kind = type(setting.value)
        if setting.operator == "+=" and kinds.get(setting.key, kind) is not kind:
            return Fault(setting.line, "+= joins two lists or two texts, not one of each")
        kinds[setting.key] = kind
    return None


def _python_fault(text: str, settings: list[CfgSetting]) -> Fault | None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return Fault((error.lineno or 1) - 1, f"it is not Python ({error.msg})")
    added = [setting.line for setting in settings if setting.operator == "+="]
    return Fault(added[0], "there is no value yet that += could add to", "write =") if added else None


class _UnreadableError(Exception):
    def __init__(self, line: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.fault = Fault(line, message, hint)


_TOKEN = re.compile(
    r"""(?P<blank>[ \t]+|\#.*)
      | (?P<key>[a-z][._0-9a-z]*)
      | (?P<number>[0-9][0-9a-fx]*)
      | (?P<string>'(?:[^'\\\n]|\\[abfnrtv\\'"])*'|"(?:[^"\\\n]|\\[abfnrtv\\'"])*")
      | (?P<mark>\+=|[=,;\[\]\n])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_DEEPEST = 10
"""How many lists may stand in each other; xl reads two."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    position, line = 0, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            seen = text[position : position + 20].partition("\n")[0]
            hint = "put text in single or double quotes, and a number with a sign too"
            raise _UnreadableError(line, f"{seen!r} is neither a key nor a value", hint)
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match.group(), line)
        line += match.group() == "\n"
        position = match.end()
    yield _Token("mark", "\n", line)
    yield _Token("end", "", line)


class _Reader:
    """A recursive descent over the tokens of one text."""

    def __init__(self, tokens: Iterator[_Token]) -> None:
        self._tokens = tokens
        self._next = next(tokens)

    def settings(self) -> Iterator[CfgSetting]:
        while self._next.kind != "end":
            if not self._took("\n", ";"):
                yield self._setting()

    def _setting(self) -> CfgSetting:
        key = self._take()
        if key.kind != "key":
            raise _UnreadableError(key.line, f"expected a key, not {key.text}")
        operator = self._take()
        if operator.text not in {"=", "+="}:
            raise _UnreadableError(key.line, f"expected = after {key.text}")
        value = self._value(0)
        if not self._took("\n", ";"):
            raise _UnreadableError(self._next.line, f"expected the end of the line, not {self._next.text}")
        return CfgSetting(key.line, key.text, operator.text, value)

    def _value(self, depth: int) -> Value:
        if self._took("["):
            return list(self._items(depth))
        token = self._take()
        if token.kind == "string":
            return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), token.text[1:-1])
        if token.kind != "number":
            seen = "the end of the line" if token.text == "\n" else token.text
            raise _UnreadableError(token.line, f"expected a text in quotes, a number or a list, not {seen}")
        return token.text

    def _items(self, depth: int) -> Iterator[Value]:
        if depth == _DEEPEST:
            raise _UnreadableError(self._next.line, "the lists in lists are too deep")
        self._skip_lines()
        while not self._took("]"):
            yield self._value(depth + 1)
            self._skip_lines()
            if self._took(","):
                self._skip_lines()
            elif self._next.text != "]":
                raise _UnreadableError(self._next.line, "expected , or ] in the list")

    def _skip_lines(self) -> None:
        while self._took("\n"):
            pass

    def _took(self, *texts: str) -> bool:
        """Whether the next token is one of the marks *texts*; if so it is taken."""
        found = self._next.kind == "mark" and self._next.text in texts
        if found:
            self._take()
        return found

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens, token)
        return token
