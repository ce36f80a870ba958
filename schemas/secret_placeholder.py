"""Placeholders of secrets in generated files: a token contains the secret's name, never its value.

A generator writes ``placeholder(name)`` into a file of ``out/``; the deployment replaces that exact text with the
value. Plain text replacement is safe for three reasons. The token is ASCII without quotes, commas, blanks and
backslashes, so strings and comma-separated lists of xl and xm take it unescaped. It ends in a character that a name
cannot contain, so no token is a prefix of another. The Xen target refuses any text of a project that contains
``OPENING``, so no other text is mistaken for a token.
"""

import re
from urllib.parse import quote

OPENING = "@secret/"
"""Prefix of every placeholder; free text that contains it is refused."""

PLACEHOLDER = re.compile(rf"{OPENING}([A-Za-z0-9_.~/%-]+)@")
"""Pattern of a placeholder; group 1 is the secret's name, percent-encoded as in a URL."""

VALUE = re.compile(r"[!#-&(-+\--\[\]-~]+")
"""Pattern of a valid value: printable ASCII without blanks, commas, quotes and backslashes."""


def placeholder(name: str) -> str:
    """Placeholder of the secret *name*; one secret has the same placeholder everywhere."""
    return f"{OPENING}{quote(name, safe='/')}@"
