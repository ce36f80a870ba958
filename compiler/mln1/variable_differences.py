"""Differences in the texts that MLN 1.0.8.8 substitutes for variables in settings and lists, with the reason."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.expansion import Expanded
from mlnc.compiler.mln1.blocks import BlockPart, parts
from mlnc.compiler.mln1.mln1_variables import REFERENCE, EndlessSearch, Mln1Variables, Place
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Via
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement

_FIRST_WORD = re.compile(r"\$[A-Za-z0-9_]+(?: |\Z)")
"""Start of a line that defines a variable in MLN 1; tree_differences reports it."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Host, switch or ``global`` as MLN 1 and mlnc read it."""

    mln1: Mln1Variables
    node: ExpandedBlock

    def place(self, part: BlockPart, inherited: Via | None) -> Place:
        """Place of a statement of *part* that is inherited through *inherited*."""
        for number, level in enumerate(self.mln1.levels):
            if level.inherited is inherited:
                return number, part.path
        return None


def differences(expanded: Expanded) -> Iterator[Diagnostic]:
    """Differences in the variables of the project *expanded*."""
    definitions = expanded.globals.definitions
    project = {"project": expanded.project}
    outer = Mln1Variables((), definitions, project)
    yield from _block_differences(_Block(outer, expanded.globals), "global")
    for node in expanded.switches.values():
        yield from _block_differences(_Block(outer, node), "switch")
    for name, node in expanded.hosts.items():
        host = Mln1Variables(node.levels, definitions, {**project, "hostname": name})
        yield from _block_differences(_Block(host, node), "host")


def _block_differences(block: _Block, name: str) -> Iterator[Diagnostic]:
    for part in parts(block.node, name):
        if part.list is not None and block.mln1.levels:
            yield from _list_differences(block, part)
        else:
            for entry in part.node.values.values() if part.list is None else part.node.lines:
                yield from _statement_differences(block, part, entry, part.list is not None)


def _statement_differences(
    block: _Block, part: BlockPart, entry: ExpandedStatement, line: bool
) -> Iterator[Diagnostic]:
    """Difference in one statement. The first word is compared only in a *line* of a list."""
    words = entry.statement.words if line else entry.statement.value_words
    if _FIRST_WORD.match(entry.statement.raw) or not any("$" in word.text for word in words):
        return
    text, expected = " ".join(word.text for word in words), entry.text if line else entry.rest
    place = block.place(part, entry.inherited)
    fresh = replace(block.mln1, used={}, memo={})
    try:
        if fresh.fill(text, place) != expected:
            independent = replace(fresh, carries_position=False, used={}, memo={}).fill(text, place)
            yield _reason(entry, fresh, independent == expected)
    except EndlessSearch as error:
        yield _endless_search(error, entry, block.mln1)


def _list_differences(block: _Block, part: BlockPart) -> Iterator[Diagnostic]:
    entries = [
        each
        for each in part.node.lines
        if not each.statement.assigns and not _FIRST_WORD.match(each.statement.raw)
    ]
    try:
        kept = block.mln1.lines(part.path)
    except EndlessSearch as error:
        yield _endless_search(error, _first_reference(part.node.lines, error.name), block.mln1)
        return
    kept = [(line, text) for line, text in kept if not _FIRST_WORD.match(line.raw)]
    if [text for _, text in kept] == [entry.text for entry in entries]:
        return
    independent = replace(block.mln1, carries_position=False, used={}, memo={}).lines(part.path)
    texts, independent_texts = ({id(line): text for line, text in lines} for lines in (kept, independent))
    for entry in entries:
        yield from _line_differences(block, part, entry, texts, independent_texts)
    known = {id(entry.statement) for entry in entries}
    for line, _ in kept:
        if id(line) not in known:
            message = "MLN 1.0.8.8 keeps this line, because it compares lines before it substitutes variables"
            yield Diagnostic("mln1-repeated-line", message, line.origin, "write the line once")


def _line_differences(
    block: _Block,
    part: BlockPart,
    entry: ExpandedStatement,
    texts: Mapping[int, str],
    independent: Mapping[int, str],
) -> Iterator[Diagnostic]:
    text = texts.get(id(entry.statement))
    if text is None:
        message = (
            "MLN 1.0.8.8 drops this line, because this block or a superclass has an equal line before it"
        )
        script = part.list is not None and part.list.list == "script"
        hint = "make the line different, for example by adding \\; true" if script else "write the line once"
        yield Diagnostic("mln1-repeated-line", message, entry.origin, hint)
    elif text != entry.text:
        fresh = replace(block.mln1, used={}, memo={})
        fresh.fill(entry.statement.raw, block.place(part, entry.inherited))
        yield _reason(entry, fresh, independent.get(id(entry.statement)) == entry.text)


def _first_reference(entries: list[ExpandedStatement], variable: str) -> ExpandedStatement:
    """First line that refers to *variable*, or else the first line that refers to any variable."""
    names = [{match[2] for match in REFERENCE.finditer(entry.statement.raw)} for entry in entries]
    return min(zip(entries, names, strict=True), key=lambda each: (variable not in each[1], not each[1]))[0]


def _endless_search(error: EndlessSearch, entry: ExpandedStatement, mln1: Mln1Variables) -> Diagnostic:
    variables = {"service_host", *mln1.globals, *(each.name for each in entry.undefined)}
    variables.update(*(level.draft.variables for level in mln1.levels))
    # the name may be part of an encrypted password, which must not be shown
    name = f"${error.name}" if error.name in variables else "the text after a $"
    if error.block is None:
        message = f"MLN 1.0.8.8 recurses endlessly here: the value of {name} refers to itself"
        return Diagnostic("mln1-hang", message, entry.origin, "rename one of the variables")
    message = f"MLN 1.0.8.8 hangs here: its search for {name} cannot leave the block {error.block}"
    hint = f"use only letters and digits in the name {error.block}, or avoid variables of outer blocks in it"
    return Diagnostic("mln1-hang", message, entry.origin, hint)


def _reason(entry: ExpandedStatement, mln1: Mln1Variables, order_matters: bool) -> Diagnostic:
    """Diagnostic with the reason why *mln1* substitutes a different text in *entry*.

    *order_matters* is true if the order of the substitutions causes the difference.
    """
    places = [(entry.statement, entry.origin)]
    places += [(definition, definition.origin) for definition in mln1.used.values()]
    for statement, origin in places:
        for reason in _REASONS:
            found = reason(statement, entry)
            if found is not None:
                code, message, hint = found
                return Diagnostic(code, message, origin, hint)
    if order_matters:
        message = (
            "MLN 1.0.8.8 substitutes from right to left and starts each search where the previous one ended"
        )
        hint = "move undefined variables and those of outer blocks to the front"
        return Diagnostic("mln1-variable-order", message, entry.origin, hint)
    message = "MLN 1.0.8.8 looks up variables only in global here"
    hint = "define the variables in global"
    if mln1.levels:
        message = "MLN 1.0.8.8 looks up variables from the superclass or global that contains them, not from the host"
        hint = "define the variables only in that superclass or in global"
    return Diagnostic("mln1-variable-scope", message, entry.origin, hint)


Reason = tuple[str, str, str]


def _escaped_dollar(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """``$`` after a backslash."""
    for word in statement.words:
        raw = word.span.source.text[word.span.start : word.span.end]
        if re.search(r"(?<!\\)(?:\\\\)*\\\$[\[A-Za-z0-9_]", raw):
            message = "MLN 1.0.8.8 substitutes a variable even after \\"
            return "mln1-escaped-dollar", message, "rename the variable"
    return None


def _service_host_variable(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """``$service_host``, a built-in variable of mlnc only."""
    if any(match[2] == "service_host" for match in REFERENCE.finditer(statement.raw)):
        message = "MLN 1.0.8.8 has no variable $service_host and does not substitute it"
        return "mln1-service-host-variable", message, "define your own variable"
    return None


def _single_bracket(statement: RawStatement, _: ExpandedStatement) -> Reason | None:
    """Reference with one bracket only."""
    for match in REFERENCE.finditer(statement.raw):
        if bool(match[1]) != bool(match[3]):
            message = f"MLN 1.0.8.8 reads {match[0]} as ${match[2]}, because each bracket is optional"
            hint = f"write $[{match[2]}]{match[3]}"
            return "mln1-bracket", message, hint
    return None


def _name_prefix(statement: RawStatement, entry: ExpandedStatement) -> Reason | None:
    """Name that is a prefix of another name that is not yet substituted at that time."""
    last = {match[2]: match.start() for match in REFERENCE.finditer(statement.raw)}
    open_names = {each.name for each in entry.undefined}
    for shorter, longer in pairwise(sorted(last)):
        if longer.startswith(shorter) and (last[longer] < last[shorter] or longer in open_names):
            message = f"MLN 1.0.8.8 substitutes ${shorter} at the beginning of ${longer}"
            return "mln1-variable-prefix", message, "rename one of the two variables"
    return None


_REASONS: tuple[Callable[[RawStatement, ExpandedStatement], Reason | None], ...] = (
    _escaped_dollar,
    _service_host_variable,
    _single_bracket,
    _name_prefix,
)
