"""Where MLN 1.0.8.8 fills other text into a setting or a list than mlnc does, and why."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.expansion import Expanded
from mlnc.compiler.mln1.blocks import Part, parts
from mlnc.compiler.mln1.mln1_variables import REFERENCE, Endless, Original, Place
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Via
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement

_FIRST_WORD = re.compile(r"\$[A-Za-z0-9_]+(?: |\Z)")
"""A line that begins so defines a variable in the original: that is said of the line itself."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A host, a switch or ``global`` in both readings."""

    original: Original
    node: ExpandedBlock

    def place(self, part: Part, inherited: Via | None) -> Place:
        """The place of a statement of *part* that came through *inherited*."""
        for number, level in enumerate(self.original.levels):
            if level.inherited is inherited:
                return number, part.path
        return None


def differences(expanded: Expanded) -> Iterator[Diagnostic]:
    """What the original would fill in otherwise in *expanded*."""
    definitions = expanded.globals.definitions
    project = {"project": expanded.project}
    outer = Original((), definitions, project)
    yield from _block(_Block(outer, expanded.globals), "global")
    for node in expanded.switches.values():
        yield from _block(_Block(outer, node), "switch")
    for name, node in expanded.hosts.items():
        host = Original(node.levels, definitions, {**project, "hostname": name})
        yield from _block(_Block(host, node), "host")


def _block(block: _Block, name: str) -> Iterator[Diagnostic]:
    for part in parts(block.node, name):
        if part.list is not None and block.original.levels:
            yield from _list(block, part)
        else:
            for entry in part.node.values.values() if part.list is None else part.node.lines:
                yield from _entry(block, part, entry, part.list is not None)


def _entry(block: _Block, part: Part, entry: ExpandedStatement, line: bool) -> Iterator[Diagnostic]:
    """What the original makes of one statement, its first word taken only in a *line* of a list."""
    words = entry.statement.words if line else entry.statement.value_words
    if _FIRST_WORD.match(entry.statement.raw) or not any("$" in word.text for word in words):
        return
    text, wanted = " ".join(word.text for word in words), entry.text if line else entry.rest
    place = block.place(part, entry.inherited)
    fresh = replace(block.original, used={}, memo={})
    try:
        if fresh.fill(text, place) != wanted:
            straight = replace(fresh, decay=False, used={}, memo={}).fill(text, place)
            yield _why(entry, fresh, straight == wanted)
    except Endless as error:
        yield _endless(error, entry, block.original)


def _list(block: _Block, part: Part) -> Iterator[Diagnostic]:
    entries = [
        each
        for each in part.node.lines
        if not each.statement.assigns and not _FIRST_WORD.match(each.statement.raw)
    ]
    try:
        kept = block.original.lines(part.path)
    except Endless as error:
        yield _endless(error, _guilty(part.node.lines, error.name), block.original)
        return
    kept = [(line, text) for line, text in kept if not _FIRST_WORD.match(line.raw)]
    if [text for _, text in kept] == [entry.text for entry in entries]:
        return
    straight = replace(block.original, decay=False, used={}, memo={}).lines(part.path)
    texts, ordered = ({id(line): text for line, text in lines} for lines in (kept, straight))
    for entry in entries:
        yield from _line(block, part, entry, texts, ordered)
    known = {id(entry.statement) for entry in entries}
    for line, _ in kept:
        if id(line) not in known:
            message = "MLN 1.0.8.8 keeps this line: it compares lines before it fills in variables"
            yield Diagnostic("mln1-repeated-line", message, line.origin, "write the line once")


def _line(
    block: _Block, part: Part, entry: ExpandedStatement, texts: Mapping[int, str], straight: Mapping[int, str]
) -> Iterator[Diagnostic]:
    text = texts.get(id(entry.statement))
    if text is None:
        message = "MLN 1.0.8.8 drops this line: a line like it stands before, in this block or a superclass"
        script = part.list is not None and part.list.list == "script"
        hint = "write it a little differently, with \\; true behind it" if script else "write the line once"
        yield Diagnostic("mln1-repeated-line", message, entry.origin, hint)
    elif text != entry.text:
        fresh = replace(block.original, used={}, memo={})
        fresh.fill(entry.statement.raw, block.place(part, entry.inherited))
        yield _why(entry, fresh, straight.get(id(entry.statement)) == entry.text)


def _guilty(entries: list[ExpandedStatement], variable: str) -> ExpandedStatement:
    """The first line that names *variable*; if it came in through another one, the first that names any."""
    names = [{match[2] for match in REFERENCE.finditer(entry.statement.raw)} for entry in entries]
    return min(zip(entries, names, strict=True), key=lambda each: (variable not in each[1], not each[1]))[0]


def _endless(error: Endless, entry: ExpandedStatement, original: Original) -> Diagnostic:
    variables = {"service_host", *original.globals, *(each.name for each in entry.undefined)}
    variables.update(*(level.draft.variables for level in original.levels))
    # a piece of an encrypted password is no name to show
    name = f"${error.name}" if error.name in variables else "what stands behind a $"
    if error.block is None:
        message = f"MLN 1.0.8.8 recurses for ever here: the value of {name} leads back to itself"
        return Diagnostic("mln1-hang", message, entry.origin, "rename one of the variables")
    message = f"MLN 1.0.8.8 hangs here: looking for {name}, it cannot get out of {error.block}"
    hint = f"name {error.block} with letters and digits only, or do without variables of outer blocks in it"
    return Diagnostic("mln1-hang", message, entry.origin, hint)


def _why(entry: ExpandedStatement, original: Original, order: bool) -> Diagnostic:
    """The reason why *original* fills something else into *entry*; *order*: it would not from left to right."""
    places = [(entry.statement, entry.origin)]
    places += [(definition, definition.origin) for definition in original.used.values()]
    for statement, origin in places:
        for reason in _REASONS:
            found = reason(statement, entry)
            if found is not None:
                code, message, hint = found
                return Diagnostic(code, message, origin, hint)
    if order:
        message = (
            "MLN 1.0.8.8 fills in from right to left, and goes on looking from where it found the one before"
        )
        hint = "put variables of outer blocks, and undefined ones, first"
        return Diagnostic("mln1-variable-order", message, entry.origin, hint)
    message = "MLN 1.0.8.8 looks for variables in global only here"
    hint = "define them in global"
    if original.levels:
        message = "MLN 1.0.8.8 looks for variables from the superclass or global that they stand in, not from the host"
        hint = "define them in that superclass or in global, and nowhere else"
    return Diagnostic("mln1-variable-scope", message, entry.origin, hint)


Reason = tuple[str, str, str]


def _escaped(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """A ``$`` behind a backslash."""
    for word in statement.words:
        raw = word.span.source.text[word.span.start : word.span.end]
        if re.search(r"(?<!\\)(?:\\\\)*\\\$[\[A-Za-z0-9_]", raw):
            message = "MLN 1.0.8.8 fills in a variable behind \\ too"
            return "mln1-escaped-dollar", message, "give the variable another name"
    return None


def _server(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """The variable that only mlnc has."""
    if any(match[2] == "service_host" for match in REFERENCE.finditer(statement.raw)):
        message = "MLN 1.0.8.8 has no variable $service_host and leaves it as it stands"
        return "mln1-service-host-variable", message, "define a variable of your own"
    return None


def _bracket(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """One bracket without the other."""
    for match in REFERENCE.finditer(statement.raw):
        if bool(match[1]) != bool(match[3]):
            message = f"MLN 1.0.8.8 reads {match[0]} as ${match[2]}: each bracket stands or falls by itself"
            hint = f"write $[{match[2]}]{match[3]}"
            return "mln1-bracket", message, hint
    return None


def _prefix(statement: RawStatement, entry: ExpandedStatement) -> Reason | None:
    """A name that another one begins with, which is still there when the shorter one is filled in."""
    last = {match[2]: match.start() for match in REFERENCE.finditer(statement.raw)}
    open_names = {each.name for each in entry.undefined}
    for shorter, longer in pairwise(sorted(last)):
        if longer.startswith(shorter) and (last[longer] < last[shorter] or longer in open_names):
            message = f"MLN 1.0.8.8 takes the beginning of ${longer} for ${shorter}"
            return "mln1-variable-prefix", message, "rename one of the two variables"
    return None


_REASONS: tuple[Callable[[RawStatement, ExpandedStatement], Reason | None], ...] = (
    _escaped,
    _server,
    _bracket,
    _prefix,
)
