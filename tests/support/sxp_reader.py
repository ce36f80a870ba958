"""A reader of xend's S-expressions, for tests: what Xen 4.1's xend would see in a file.

Written from the description of the format (escapes, comments, separators), not from any writer of mlnc, so that
one may judge the other.
"""

import re

Sxp = str | list["Sxp"]

_BLANK = " \t\n\v\f\r"
_ATOM = re.compile(
    r"[^{}()<>\[\]!;# \t\n\v\f\r][^{}()<>\[\]!;# \t\n\v\f\r]*|[{}<>\[\]!;][^{}()<>\[\]!;# \t\n\v\f\r]*"
)
_ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_LITERAL = "\\'\""


class NotSxp(ValueError):
    """A text that xend refuses."""


def read(text: str) -> list[Sxp]:
    """All expressions of *text* in order; a list is a list, a string or atom a str."""
    values, at = _read_until(text, 0, closing=False)
    assert at == len(text)
    return values


def directives(text: str) -> dict[str, str]:
    """Each directive of *text* and its value as xend takes them: the first of two, and only its first value."""
    found: dict[str, str] = {}
    for each in read(text):
        if isinstance(each, list) and len(each) > 1 and isinstance(each[0], str) and isinstance(each[1], str):
            found.setdefault(each[0], each[1])
    return found


def _read_until(text: str, at: int, closing: bool) -> tuple[list[Sxp], int]:
    values: list[Sxp] = []
    while at < len(text):
        char = text[at]
        if char in _BLANK:
            at += 1
        elif char == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end + 1
        elif char == ")":
            if not closing:
                raise NotSxp("superfluous )")
            return values, at + 1
        else:
            value, at = _read_value(text, at)
            values.append(value)
    if closing:
        raise NotSxp("unclosed (")
    return values, at


def _read_value(text: str, at: int) -> tuple[Sxp, int]:
    if text[at] == "(":
        return _read_until(text, at + 1, closing=True)
    if text[at] in "'\"":
        return _read_string(text, at + 1, text[at])
    atom = _ATOM.match(text, at)
    assert atom
    return atom.group(), atom.end()


def _read_string(text: str, at: int, delimiter: str) -> tuple[str, int]:
    value = ""
    while at < len(text):
        char = text[at]
        if char == delimiter:
            return value, at + 1
        if char == "\\":
            piece, at = _read_escape(text, at + 1)
            value += piece
        else:
            value += char
            at += 1
    raise NotSxp("unclosed string")


def _read_escape(text: str, at: int) -> tuple[str, int]:
    if at == len(text):
        raise NotSxp("unclosed string")
    char = text[at]
    if char in _ESCAPES or char in _LITERAL:
        return _ESCAPES.get(char, char), at + 1
    if octal := re.compile(r"[0-7]{1,3}").match(text, at):
        return _octet(octal.group(), 8), octal.end()
    if hexadecimal := re.compile(r"x([0-9A-Fa-f]{2})").match(text, at):
        return _octet(hexadecimal.group(1), 16), hexadecimal.end()
    return "\\", at + 1  # the character is lost, the backslash stays


def _octet(digits: str, base: int) -> str:
    if int(digits, base) > 0xFF:
        raise NotSxp("escape out of range")
    return chr(int(digits, base))
