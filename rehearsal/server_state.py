"""Facts about service hosts in one form, expected or observed, and the differences between the two."""

from typing import NamedTuple


class Fact(NamedTuple):
    """Subject of a fact: *server* ``atlas``, *kind* ``domain``, *name* ``linux.group01``, *attribute* ``memory``."""

    server: str
    kind: str
    name: str
    attribute: str


Facts = dict[Fact, str]
"""Facts and their values, as printed. Every item has a fact whose *attribute* is ``exists``."""

EXISTS = "exists"

_MAX_SHOWN = 160
"""Number of characters of a value to print at most."""


def add_item(facts: Facts, server: str, kind: str, name: str, **values: str) -> None:
    """Add an item to *facts*, with its attributes *values*."""
    facts[Fact(server, kind, name, EXISTS)] = "yes"
    for attribute, value in values.items():
        facts[Fact(server, kind, name, attribute)] = value


def differences(wanted: Facts, found: Facts) -> list[str]:
    """Differences, one line each. An item that is missing on one side is one line, without its attributes."""
    lines = []
    for fact in sorted({*wanted, *found}):
        wanted_value, found_value = wanted.get(fact), found.get(fact)
        item = fact._replace(attribute=EXISTS)
        if wanted_value != found_value and (fact == item or (item in wanted) == (item in found)):
            lines.append(_line(fact, wanted_value, found_value))
    return lines


def count(facts: Facts, server: str, kind: str) -> int:
    """Number of items of *kind* on *server*."""
    return sum(fact[:2] == (server, kind) and fact.attribute == EXISTS for fact in facts)


def restricted(facts: Facts, wanted: Facts) -> Facts:
    """*facts* without attributes that *wanted* does not specify; items themselves are kept."""
    return {fact: value for fact, value in facts.items() if fact in wanted or fact.attribute == EXISTS}


def _line(fact: Fact, wanted: str | None, found: str | None) -> str:
    item = f"{fact.server}: {fact.kind} {fact.name}"
    if fact.attribute == EXISTS:
        return f"{item} is missing" if wanted else f"{item} exists, but is not in the IR"
    return f"{item}: {fact.attribute} is {_shown(found)}, the IR says {_shown(wanted)}"


def _shown(value: str | None) -> str:
    if not value:
        return "nothing"
    text = " / ".join(value.splitlines())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
