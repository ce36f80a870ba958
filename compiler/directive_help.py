"""Help from the directive table: for a terminal, and as docs/directives.md. All texts come from ``schemas/``."""

from functools import cache
from textwrap import fill

from mlnc.compiler.suggestion import suggest
from mlnc.schemas.language import CHANGES, Directive, Field, load
from mlnc.schemas.validation import schema

WIDTH = 100
"""Width of the help for a terminal, in columns."""

_PLACES = {"top": "top level of a file", "host": "host and superclass", "network": "network of a host"}

_INTRODUCTION = """\
# Directives

Every directive of the language, grouped by the block that accepts it. `mlnc directives WORD` prints the same text
for one directive. `invoke goldens` generates this page from `schemas/language.yaml`.

`$NAME = text` in any block defines a variable. A superclass accepts the directives of a host. Values in capitals are
placeholders; values in brackets are optional.
"""


def describe(word: str) -> str:
    """Help for the directive *word*, one paragraph for each block that accepts it.

    For an unknown word, the text suggests the nearest directive.
    """
    entries = load().find(word)
    if entries:
        return "\n".join(map(_entry, entries))
    nearest = suggest(word, {name for entry in load().directives for name in entry.names})
    hint = f"; did you mean '{nearest}'?" if nearest else ""
    return f"unknown directive '{word}'{hint}\n"


def overview() -> str:
    """List of all directives, one line each, with a paragraph for each block."""
    return "\n".join(map(_paragraph, load().blocks()))


def markdown() -> str:
    """Text of docs/directives.md."""
    legends = [
        _legend("Syntax", "form"),
        _legend("Cost of a change", "change"),
        _legend("Support", "support"),
    ]
    return "\n".join([_INTRODUCTION, *legends, *map(_section, load().blocks())])


def costs() -> str:
    """Table of docs/upgrade.md: the directives by the cost of changing them, cheapest cost first."""
    rows = [
        f"| {change} | {_descriptions('change')[change]} | {_directives_costing(change)} |"
        for change in CHANGES[1:]
    ]
    return "\n".join(["| cost | effect | directives |", "|---|---|---|", *rows, ""])


def _directives_costing(change: str) -> str:
    """Directives of hosts, network cards and switches whose change has the cost *change*."""
    found = {
        f"`{entry.name}`": None
        for block in ("host", "network", "switch")
        for entry in load().entries(block)
        if entry.change == change and entry.support == "xen"
    }
    return " ".join(found)


# ---- facts of one entry as text ----------------------------------------------------------------------------


@cache
def _descriptions(kind: str) -> dict[str, str]:
    """Description of each value of *kind* (``type``, ``form``, ``change``, ``support``, ``since``)."""
    return {choice["const"]: choice["description"] for choice in schema("language")["$defs"][kind]["oneOf"]}


def _place(block: str) -> str:
    return _PLACES.get(block, block)


def _value_syntax(entry: Directive) -> str | None:
    """Syntax after the word: type and range, or the fields of a line. None if the form describes it fully."""
    if entry.record:
        inside = "lines" if entry.form == "lines" else "blocks of lines"
        return f"{inside} {' '.join(map(_field, entry.record))}"
    if entry.type:
        return _either(entry.choices) if entry.choices else _descriptions("type")[entry.type] + _range(entry)
    if entry.choices:
        return f"{entry.form}; {_either(entry.choices)} may follow"
    return "script lines, all kept in order" if entry.list == "script" else None


def _field(field: Field) -> str:
    name = field.name.upper() + ("..." if field.rest else "")
    return f"[{name}]" if field.optional else name


def _range(entry: Directive) -> str:
    if entry.min is None:
        return ""
    if entry.max is None:
        return f", at least {entry.min}"
    return f" from {entry.min} to {entry.max}"


def _either(choices: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def _default(entry: Directive) -> str | None:
    if entry.default is None or entry.default_from is None:
        return entry.default
    return f"{entry.default}, or {entry.default_from} of the service host"


def _cost(entry: Directive) -> str:
    return (
        f"{entry.change}: {_descriptions('change')[entry.change]}"
        if entry.change
        else "that of the directives it contains"
    )


def _inside(entry: Directive) -> str | None:
    if entry.form not in ("block", "named") or entry.record:
        return None
    return ", ".join(load().names(entry.body)) if entry.body == entry.name else f"as in {entry.body}"


def _facts(entry: Directive) -> list[tuple[str, str | None]]:
    return [
        ("example", entry.example),
        ("value", _value_syntax(entry) or f"{entry.form}: {_descriptions('form')[entry.form]}"),
        ("repeated", "allowed several times in one block" if entry.repeatable else None),
        ("unit", entry.unit),
        ("default", _default(entry)),
        ("change", _cost(entry)),
        ("support", _descriptions("support")[entry.support] if entry.support != "xen" else None),
        ("since", _descriptions("since")[entry.since]),
        ("inside", _inside(entry)),
    ]


# ---- a terminal --------------------------------------------------------------------------------------------


def _entry(entry: Directive) -> str:
    places = ", ".join(map(_place, entry.blocks))
    lines = [f"{', '.join(entry.names)}  (in {places})", _wrapped("  ", entry.meaning)]
    if entry.detail:
        lines.append(_wrapped("  ", entry.detail))
    lines += [_wrapped(f"    {name:<9} ", text) for name, text in _facts(entry) if text]
    return "\n".join(lines) + "\n"


def _wrapped(head: str, text: str) -> str:
    return fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


def _paragraph(block: str) -> str:
    lines = [f"  {entry.name:<19} {entry.meaning}" for entry in load().entries(block)]
    return "\n".join([f"{_place(block)}:", *lines, ""])


# ---- docs/directives.md ------------------------------------------------------------------------------------


def _legend(title: str, kind: str) -> str:
    rows = [f"- **{word}**: {meaning}" for word, meaning in _descriptions(kind).items()]
    return "\n".join([f"## {title}", "", *rows, ""])


def _section(block: str) -> str:
    head = [
        f"## {_place(block)}",
        "",
        "| Directive | Value | Default | Change | Meaning |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(_row, load().entries(block)), ""])


def _row(entry: Directive) -> str:
    words = "<br>".join(f"`{name}`" for name in entry.names)
    cells = (
        words,
        _value_syntax(entry) or entry.form,
        _default(entry) or "",
        entry.change or "",
        _meaning(entry),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(entry: Directive) -> str:
    notes = [
        "Allowed several times in one block." if entry.repeatable else "",
        f"Unit: {entry.unit}." if entry.unit else "",
        "" if entry.support == "xen" else f"Support: {entry.support}.",
        "New in mlnc." if entry.since == "mlnc" else "",
    ]
    return " ".join(filter(None, (entry.meaning, entry.detail, f"Example: `{entry.example}`.", *notes)))
