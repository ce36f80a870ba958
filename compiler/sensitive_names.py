"""Words that are called like a password: what they are set to is kept out of sight, whatever they were meant to be."""

import re

_DIRECTIVE = re.compile(r"passw|passphrase|pass$|secret|pwd?$", re.IGNORECASE)
_VARIABLE = re.compile(r"pass|pw|secret|key", re.IGNORECASE)


def directive_tells(name: str) -> bool:
    """Whether a directive called *name*, known or not, holds a secret by its name."""
    return _DIRECTIVE.search(name) is not None


def variable_tells(name: str) -> bool:
    """Whether a variable called *name* holds a secret by its name: keys count too."""
    return _VARIABLE.search(name) is not None
