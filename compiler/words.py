"""Splitting expanded text into fields again: quotes that close protect the blanks between them and stay."""

import re

_FIELD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^ "']|["'])+""")


def split_fields(text: str) -> list[str]:
    """The fields of an expanded record line."""
    return _FIELD.findall(text)
