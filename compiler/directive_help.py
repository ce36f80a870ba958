"""The directive table as help, for a terminal and as docs/directives.md. All words come from ``schemas/``."""

from functools import cache
from textwrap import fill

from mlnc.compiler.suggestion import suggest
from mlnc.schemas.language import CHANGES, Directive, Field, load
from mlnc.schemas.validation import schema

WIDTH = 100
"""Columns of the help for a terminal."""

_PLACES = {"top": "top level of a file", "host": "host and superclass", "network": "network of a host"}

_INTRODUCTION = """\
# Directives

Every directive of the language, by the block in which it stands. `mlnc directives WORD` prints the same for
one directive. This page is written from `schemas/language.yaml` by `invoke goldens`.

`$NAME = text` in any block defines a variable. A superclass takes what a host takes. Values in capitals stand
for words of your own; those in brackets may be left out.
"""


def describe(word: str) -> str:
    """Help for one directive, all entries of that name; for an unknown one, which was probably meant."""
    entries = load().find(word)
    if entries:
        return "\n".join(map(_entry, entries))
    near = suggest(word, {name for entry in load().directives for name in entry.names})
    hint = f"; did you mean '{near}'?" if near else ""
    return f"there is no directive '{word}'{hint}\n"


def overview() -> str:
    """All directives, a paragraph a block and one line each."""
    return "\n".join(map(_paragraph, load().blocks()))


def markdown() -> str:
    """The text of docs/directives.md."""
    legends = [
        _legend("How it is written", "form"),
        _legend("Cost of a change", "change"),
        _legend("Support", "support"),
    ]
    return "\n".join([_INTRODUCTION, *legends, *map(_section, load().blocks())])


def costs() -> str:
    """The table of docs/upgrade.md: which directives of a project cost what, the dearest last."""
    rows = [f"| {change} | {_words('change')[change]} | {_costing(change)} |" for change in CHANGES[1:]]
    return "\n".join(["| cost | what it means | directives |", "|---|---|---|", *rows, ""])


def _costing(change: str) -> str:
    """The directives of hosts, of their cards and of switches whose change costs so much."""
    found = {
        f"`{entry.name}`": None
        for block in ("host", "network", "switch")
        for entry in load().entries(block)
        if entry.change == change and entry.support == "xen"
    }
    return " ".join(found)


# ---- the facts of one entry, in words ----------------------------------------------------------------------


@cache
def _words(kind: str) -> dict[str, str]:
    """What each word of *kind* (``type``, ``form``, ``change``, ``support``, ``since``) means."""
    return {choice["const"]: choice["description"] for choice in schema("language")["$defs"][kind]["oneOf"]}


def _place(block: str) -> str:
    return _PLACES.get(block, block)


def _taken(entry: Directive) -> str | None:
    """What is written after the word, its type and range or the words of a line; None: the form says it."""
    if entry.record:
        inside = "lines" if entry.form == "lines" else "blocks of lines"
        return f"{inside} {' '.join(map(_field, entry.record))}"
    if entry.type:
        return _either(entry.choices) if entry.choices else _words("type")[entry.type] + _range(entry)
    if entry.choices:
        return f"{entry.form}; {_either(entry.choices)} may follow"
    return "lines, all kept in their order" if entry.list == "script" else None


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
    return f"{entry.default}, or what {entry.default_from} of the service host says"


def _cost(entry: Directive) -> str:
    return (
        f"{entry.change}: {_words('change')[entry.change]}" if entry.change else "that of what it brings in"
    )


def _inside(entry: Directive) -> str | None:
    if entry.form not in ("block", "named") or entry.record:
        return None
    return ", ".join(load().names(entry.body)) if entry.body == entry.name else f"as in {entry.body}"


def _facts(entry: Directive) -> list[tuple[str, str | None]]:
    return [
        ("example", entry.example),
        ("value", _taken(entry) or f"{entry.form}: {_words('form')[entry.form]}"),
        ("repeated", "may stand several times in one block" if entry.repeatable else None),
        ("unit", entry.unit),
        ("default", _default(entry)),
        ("change", _cost(entry)),
        ("support", _words("support")[entry.support] if entry.support != "xen" else None),
        ("since", _words("since")[entry.since]),
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
    rows = [f"- **{word}**: {meaning}" for word, meaning in _words(kind).items()]
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
    cells = (words, _taken(entry) or entry.form, _default(entry) or "", entry.change or "", _meaning(entry))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(entry: Directive) -> str:
    notes = [
        "May stand several times in one block." if entry.repeatable else "",
        f"In {entry.unit}." if entry.unit else "",
        "" if entry.support == "xen" else f"Support: {entry.support}.",
        "New in mlnc." if entry.since == "mlnc" else "",
    ]
    return " ".join(filter(None, (entry.meaning, entry.detail, f"Example: `{entry.example}`.", *notes)))
