"""YAML writer and reader of mlnc: block style, one line for each scalar, the same bytes on every machine.

The writer does not use libyaml, because libyaml folds and quotes differently from version to version. Sources:
YAML 1.1 (https://yaml.org/type/, as PyYAML resolves it) and the core schema of YAML 1.2.2. Only this module imports
PyYAML.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

LONGEST_KEY = 1000
"""Longest key in characters; a longer key is written with ``?``, as readers search 1024 characters for the colon."""

# Visible characters beyond ASCII. All others (blanks, format and direction characters, private use) are escaped. The
# list is fixed because Python's Unicode tables change with its version.
_VISIBLE = (
    "\u00a1-\u00ac\u00ae-\u061b\u061d-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff"
    "\u3001-\ud7ff\uf900-\ufefe\uff00-\uffef\U00010000-\U000dffff"
)
_AMBIGUOUS = "|".join(
    (
        r"(?i:y|n|yes|no|on|off|true|false|null)",
        r"[-+]?[0-9.][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?",
        r"[-+]?0[xob][0-9a-fA-F_]+",
        r"[-+]?[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?",
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
        r"[-+]?\.(?i:inf|nan)",
        r"\.\.\..*",
    )
)
_SHORT_ESCAPES = {
    "\0": r"\0",
    "\a": r"\a",
    "\b": r"\b",
    "\t": r"\t",
    "\n": r"\n",
    "\v": r"\v",
    "\f": r"\f",
    "\r": r"\r",
    "\x1b": r"\e",
    '"': r"\"",
    "\\": r"\\",
}


class YamlError(ValueError):
    """Invalid YAML text. The message is the parser's, with line and column, and may quote the text."""


def dump(data: object, header: Sequence[str] = ()) -> str:
    """YAML text of *data* that YAML 1.1 and 1.2 readers read back as the same value (tuples as lists).

    *data* consists of dict (str keys, order kept), list, tuple, str, int, bool and None. Each line of *header* becomes
    a comment at the top. Raises TypeError for any other type, ValueError for a lone surrogate.
    """
    lines = [f"# {line}" for line in header]
    _block(data, "", "", lines.append)
    lines.append("")
    return "\n".join(lines)


def load(text: str) -> object:
    """Value of the YAML text *text*, parsed with libyaml if PyYAML includes it.

    Raises YamlError for invalid YAML and for a map with a duplicate key.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(str(error)) from None
    except RecursionError:
        raise YamlError("nested too deeply") from None


@cache
def _loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """PyYAML's safe loader with an error for duplicate keys; PyYAML itself keeps the last one."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            if len(made) < len(node.value):
                raise yaml.constructor.ConstructorError(
                    None, None, "duplicate key in the map", node.start_mark
                )
            return made

    return Loader


def _block(data: object, first: str, indent: str, add: Callable[[str], None]) -> None:
    """Pass the lines of *data* to *add*: the first line after *first*, the others after *indent*."""
    scalar = _inline(data)
    if scalar is not None:
        add(first + scalar)
    elif isinstance(data, Mapping):
        _map(data, first, indent, add)
    else:
        _list(data, first, indent, add)  # type: ignore[arg-type]


def _map(data: Mapping[str, object], first: str, indent: str, add: Callable[[str], None]) -> None:
    deeper = indent + "  "
    for key, value in data.items():
        name = _text(key)
        head = f"{first}{name}:" if len(name) <= LONGEST_KEY else f"{first}? {name}\n{indent}:"
        scalar = _inline(value)
        if scalar is None:
            add(head)
            _block(value, deeper, deeper, add)
        else:
            add(f"{head} {scalar}")
        first = indent


def _list(data: Sequence[object], first: str, indent: str, add: Callable[[str], None]) -> None:
    deeper = indent + "  "
    for item in data:
        _block(item, first + "- ", deeper, add)
        first = indent


def _inline(value: Any) -> str | None:
    """*value* on one line; None for a list or map that needs several lines."""
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, list | tuple):
        return None if value else "[]"
    raise TypeError(f"YAML text consists of dict, list, tuple, str, int, bool and None, not {type(value)}")


@lru_cache(maxsize=1 << 16)
def _text(value: str) -> str:
    """*value* as a YAML scalar: plain if every reader reads that as the same string, otherwise quoted."""
    plain, escaped = _patterns("" if value.isascii() else _VISIBLE)
    if plain.match(value):
        return value
    return '"' + escaped.sub(_escape, value) + '"'


@cache
def _patterns(visible: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a plain scalar and of characters to escape in a quoted one; *visible* adds characters to ASCII.

    Compiling the pattern with all visible characters takes 10 ms; most courses need ASCII only.
    """
    solid = '!-"$-9;-~' + visible
    rest = rf"(?:[{solid}#]|:(?=[{solid}#:])|\x20+(?=[{solid}:]))*"
    plain = rf"(?!(?:{_AMBIGUOUS})\Z)[A-Za-z0-9_/.$({visible}]{rest}\Z"
    return re.compile(plain), re.compile(rf'["\\]|[^\x20-\x7e{visible}]')


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"lone surrogate in a text: U+{code:04X}")
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
