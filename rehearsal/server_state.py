"""Facts about service hosts in one form, wanted by the IR or found on a server, and how the two differ."""

from typing import NamedTuple


class Fact(NamedTuple):
    """What a fact is about: *server* ``atlas``, *kind* ``domain``, *name* ``linux.group01``, *what* ``memory``."""

    server: str
    kind: str
    name: str
    what: str


Facts = dict[Fact, str]
"""Facts and their values, which people read too. Every thing has a fact whose *what* is ``there``."""

THERE = "there"

_SHOWN = 160
"""So many characters of a value are shown."""


def there(facts: Facts, server: str, kind: str, name: str, **values: str) -> None:
    """Add a thing to *facts*, with the values it has."""
    facts[Fact(server, kind, name, THERE)] = "yes"
    for what, value in values.items():
        facts[Fact(server, kind, name, what)] = value


def differences(wanted: Facts, found: Facts) -> list[str]:
    """Each difference as a line; none if both are the same. A thing that one side lacks altogether is one line."""
    lines = []
    for fact in sorted({*wanted, *found}):
        one, other = wanted.get(fact), found.get(fact)
        head = fact._replace(what=THERE)
        if one != other and (fact == head or (head in wanted) == (head in found)):
            lines.append(_line(fact, one, other))
    return lines


def count(facts: Facts, server: str, kind: str) -> int:
    """How many things of that kind *server* has."""
    return sum(fact[:2] == (server, kind) and fact.what == THERE for fact in facts)


def restricted(facts: Facts, wanted: Facts) -> Facts:
    """*facts* without what *wanted* says nothing about, of things that both have."""
    return {fact: value for fact, value in facts.items() if fact in wanted or fact.what == THERE}


def _line(fact: Fact, wanted: str | None, found: str | None) -> str:
    thing = f"{fact.server}: {fact.kind} {fact.name}"
    if fact.what == THERE:
        return f"{thing} is missing" if wanted else f"{thing} is there, but the IR has none"
    return f"{thing}: {fact.what} is {_shown(found)}, the IR says {_shown(wanted)}"


def _shown(value: str | None) -> str:
    if not value:
        return "nothing"
    text = " / ".join(value.splitlines())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
