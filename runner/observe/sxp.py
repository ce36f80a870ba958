"""Parser of the S-expressions that xend prints (``xm list --long``): lists, words and quoted texts."""

import re
from collections.abc import Iterable

Sxp = str | list["Sxp"]

_TOKEN = re.compile(r"""\s+|([()])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s()'"]+)""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def read(text: str) -> list[Sxp]:
    """The expressions of *text*, in order. Raises ValueError for an unclosed list or quote, or a surplus ``)``."""
    found: list[Sxp] = []
    open_lists: list[list[Sxp]] = [found]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"a quoted text is not closed: {text[position : position + 20]}")
        position = match.end()
        _add(match, open_lists)
    if len(open_lists) > 1:
        raise ValueError("a list is not closed")
    return found


def _add(match: re.Match[str], open_lists: list[list[Sxp]]) -> None:
    """Add the token *match* to the innermost of *open_lists*, or open or close a list."""
    bracket, single, double, word = match.groups()
    if bracket == "(":
        inner: list[Sxp] = []
        open_lists[-1].append(inner)
        open_lists.append(inner)
    elif bracket:
        if len(open_lists) == 1:
            raise ValueError("a closing parenthesis without an open list")
        open_lists.pop()
    elif match.lastindex:
        quoted = single if single is not None else double
        open_lists[-1].append(word if quoted is None else _ESCAPE.sub(r"\1", quoted))


def lists(expression: Iterable[Sxp], name: str) -> list[list[Sxp]]:
    """The lists in *expression* whose first word is *name*."""
    return [each for each in expression if isinstance(each, list) and each and each[0] == name]


def value(expression: Iterable[Sxp], name: str) -> str:
    """The word after *name* in the first list of that name, empty if it has none. Raises KeyError without a list."""
    for each in lists(expression, name):
        second = each[1] if len(each) > 1 else ""
        return second if isinstance(second, str) else ""
    raise KeyError(name)
