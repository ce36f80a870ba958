"""Numbers with their nouns, for messages."""


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, a regular one, in the form that agrees with it: ``1 host``, ``2 hosts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
