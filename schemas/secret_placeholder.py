"""Where a secret will stand in a generated file: a token that names it and never holds its value.

A generator writes ``placeholder(name)`` into a file of ``out/``; whoever deploys the file replaces that exact
text with the value. It needs no parser: the token is plain ASCII without quotes, commas, blanks and
backslashes, so it stands for itself in the strings and comma-separated lists of xl and xm; it ends in a
character that its name cannot hold, so no token is the beginning of another; and the Xen target refuses any
text of a project that holds ``OPENING``, so nothing else is taken for one.
"""

import re
from urllib.parse import quote

OPENING = "@secret/"
"""What every placeholder begins with; free text that holds it is refused."""

PLACEHOLDER = re.compile(rf"{OPENING}([A-Za-z0-9_.~/%-]+)@")
"""A placeholder in a text; group 1 is the secret's name, percent-encoded as in a URL."""

VALUE = re.compile(r"[!#-&(-+\--\[\]-~]+")
"""A value fit to replace a placeholder: printable ASCII without blanks, commas, quotes and backslashes."""


def placeholder(name: str) -> str:
    """The token for the secret called *name*, the same wherever that secret is used."""
    return f"{OPENING}{quote(name, safe='/')}@"
