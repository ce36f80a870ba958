"""Reads S-expressions as xend prints them (``xm list --long``): lists in parentheses, words, and texts in quotes."""

import re
from collections.abc import Iterable

Sxp = str | list["Sxp"]

_TOKEN = re.compile(r"""\s+|([()])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s()'"]+)""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read(text: str) -> list[Sxp]:
    """Every expression of *text* in its order. Raises ValueError where it ends or closes in the wrong place."""
    found: list[Sxp] = []
    open_lists: list[list[Sxp]] = [found]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"a text in quotes has no end: {text[position : position + 20]}")
        position = match.end()
        _take(match, open_lists)
    if len(open_lists) > 1:
        raise ValueError("a list is not closed")
    return found


def _take(match: re.Match[str], open_lists: list[list[Sxp]]) -> None:
    """Add one token to the innermost list, or begin or end one."""
    bracket, single, double, word = match.groups()
    if bracket == "(":
        inner: list[Sxp] = []
        open_lists[-1].append(inner)
        open_lists.append(inner)
    elif bracket:
        if len(open_lists) == 1:
            raise ValueError("a list is closed that was not begun")
        open_lists.pop()
    elif match.lastindex:
        quoted = single if single is not None else double
        open_lists[-1].append(word if quoted is None else _ESCAPE.sub(r"\1", quoted))


def lists(expression: Iterable[Sxp], name: str) -> list[list[Sxp]]:
    """The lists in *expression* whose first word is *name*."""
    return [each for each in expression if isinstance(each, list) and each and each[0] == name]


def value(expression: Iterable[Sxp], name: str) -> str:
    """What stands after *name* in the first list of that name, empty where nothing does. Raises KeyError for none."""
    for each in lists(expression, name):
        second = each[1] if len(each) > 1 else ""
        return second if isinstance(second, str) else ""
    raise KeyError(name)
