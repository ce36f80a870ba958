"""The outline of a project: its tree with includes spliced in and sections taken apart, before any meaning.

A ``Draft`` is a block as written; nothing is inherited and no variable is filled in yet. Statements keep the word
spans of their file and the chain of includes that brought them here.
"""

from dataclasses import dataclass, field

from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.source import Origin, Span, Via
from mlnc.compiler.suggestion import suggest
from mlnc.compiler.syntax_tree import Block, File, Include, Item, Line, Ref, Word

SECTIONS = ("host", "switch", "superclass", "service_host")
_MOST_INCLUDES = 10_000
_MOST_STATEMENTS = 250_000


@dataclass(frozen=True, slots=True)
class RawStatement:
    """One statement and how it came here."""

    words: tuple[Word, ...]
    via: Via | None = None

    @property
    def origin(self) -> Origin:
        """The whole statement's place."""
        return Origin(self.words[0].span.to(self.words[-1].span), self.via)

    @property
    def value_origin(self) -> Origin:
        """The place of the words after its name; the whole statement where there are none."""
        words = self.value_words
        return Origin(words[0].span.to(words[-1].span), self.via) if words else self.origin

    @property
    def raw(self) -> str:
        """Its text, words joined by one blank, variables not filled in."""
        return " ".join(word.text for word in self.words)

    @property
    def assigns(self) -> bool:
        """Whether its second word is ``=``."""
        return len(self.words) > 1 and self.words[1].text == "="

    @property
    def value_words(self) -> tuple[Word, ...]:
        """The words after the name and an ``=``."""
        return self.words[2:] if self.assigns else self.words[1:]

    def variable(self) -> str | None:
        """The variable that this statement defines, if it is ``$name = text``."""
        first = self.words[0]
        if self.assigns and len(first.parts) == 1 and isinstance(first.parts[0], Ref):
            return first.parts[0].name
        return None


@dataclass(slots=True)
class RawBlock:
    """A block as written: statements in order, variables by name (the last definition counts), child blocks."""

    name: Word
    origin: Origin
    lines: list[RawStatement] = field(default_factory=list)
    variables: dict[str, RawStatement] = field(default_factory=dict)
    blocks: dict[str, "RawBlock"] = field(default_factory=dict)


@dataclass(slots=True)
class Outline:
    """A project's parts as written. ``deferred`` are findings that only a check, not an expansion, minds."""

    end: Span
    globals: list[RawBlock] = field(default_factory=list)
    sections: dict[str, list[RawBlock]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    deferred: list[Diagnostic] = field(default_factory=list)


def outline(file: File, notice: Notice) -> Outline:
    """The outline of the project whose main file is *file*; findings that stop the expansion go to *notice*."""
    end = Span(file.source, 0, 0)
    made = Outline(end)
    _Outliner(made, notice).top(file.items, None)
    return made


class _Outliner:
    def __init__(self, made: Outline, notice: Notice) -> None:
        self.made = made
        self.notice = notice
        self.includes = 0
        self.statements = 0
        self.bombed = False

    def top(self, items: tuple[Item, ...], via: Via | None) -> None:
        for item in items:
            if isinstance(item, Include):
                inner = self.enter(item, via)
                if inner is not None:
                    self.top(*inner)
            elif isinstance(item, Line):
                self.stray(RawStatement(item.words, via), "outside every block")
            else:
                self.top_block(item, via)

    def enter(self, item: Include, via: Via | None) -> tuple[tuple[Item, ...], Via] | None:
        """The items of an included file; None where loading it failed, or once there are absurdly many."""
        if item.file is None or self.bombed:
            return None
        self.includes += 1
        self.statements += len(item.file.items)
        self.bombed = self.includes > _MOST_INCLUDES or self.statements > _MOST_STATEMENTS
        if self.bombed:
            message = f"more than {_MOST_INCLUDES} includes, or {_MOST_STATEMENTS} statements through them"
            self.notice(Diagnostic("too-deep", message, Origin(item.path.span, via)))
            return None
        return item.file.items, Via("include", item.path.span, via)

    def top_block(self, block: Block, via: Via | None) -> None:
        kind = block.header[0].text
        if kind == "global":
            self.extra_words(block, 1, via)
            self.made.globals.append(self.draft(block.header[0], block, via))
        elif kind in SECTIONS and len(block.header) > 1:
            self.extra_words(block, 2, via)
            self.made.sections[kind].append(self.draft(block.header[1], block, via))
        elif kind in SECTIONS:
            self.section(kind, block.items, via)
        else:
            self.defer("unknown-block", f"top-level block {kind!r} is unknown", block.span, via, _TOP_HINT)

    def section(self, kind: str, items: tuple[Item, ...], via: Via | None) -> None:
        for item in items:
            if isinstance(item, Include):
                inner = self.enter(item, via)
                if inner is not None:
                    self.section(kind, *inner)
            elif isinstance(item, Line):
                self.stray(RawStatement(item.words, via), f"between the members of a {kind} section")
            else:
                self.extra_words(item, 1, via)
                self.made.sections[kind].append(self.draft(item.header[0], item, via))

    def draft(self, name: Word, block: Block, via: Via | None) -> RawBlock:
        made = RawBlock(name, Origin(name.span, via))
        self.statements += len(block.items) if via else 0
        self.fill(made, block.items, via)
        return made

    def fill(self, into: RawBlock, items: tuple[Item, ...], via: Via | None) -> None:
        for item in items:
            if isinstance(item, Include):
                inner = self.enter(item, via)
                if inner is not None:
                    self.fill(into, *inner)
            elif isinstance(item, Line):
                self.line(into, RawStatement(item.words, via))
            else:
                self.child(into, item, via)

    def line(self, into: RawBlock, statement: RawStatement) -> None:
        name = statement.variable()
        if name is not None:
            into.variables[name] = statement
        elif statement.raw == "0":
            self.defer("lone-zero", "a statement 0 has no effect", statement.origin.span, statement.via)
        else:
            into.lines.append(statement)

    def child(self, into: RawBlock, block: Block, via: Via | None) -> None:
        first = block.header[0]
        if first.text != "network":
            self.extra_words(block, 1, via)
            self.place(into, self.draft(first, block, via))
            return
        network = into.blocks.setdefault("network", RawBlock(first, Origin(first.span, via)))
        if len(block.header) > 1:
            self.extra_words(block, 2, via)
            self.place(network, self.draft(block.header[1], block, via))
        else:
            self.merge_section(network, self.draft(first, block, via))

    def merge_section(self, network: RawBlock, section: RawBlock) -> None:
        network.lines += section.lines
        network.variables |= section.variables
        for interface in section.blocks.values():
            self.place(network, interface)

    def place(self, into: RawBlock, child: RawBlock) -> None:
        earlier = into.blocks.get(child.name.text)
        if earlier is not None:
            related = (Related("this one no longer counts", earlier.origin.span),)
            message = f"block {child.name.text!r} is defined twice; the last one counts"
            hint = "merge both blocks"
            self.made.deferred.append(Diagnostic("repeated-block", message, child.origin, hint, related))
        into.blocks[child.name.text] = child

    def extra_words(self, block: Block, expected: int, via: Via | None) -> None:
        if len(block.header) <= expected:
            return
        extra = block.header[expected].span.to(block.header[-1].span)
        name = " ".join(word.text for word in block.header[:expected])
        shell = block.header[-1].text.endswith("$")
        hint = "quote the braces of a shell line or write \\{ and \\}" if shell else f"write {name} {{"
        if expected == 1 and suggest(name, ["network"]):
            hint = "did you mean network?"
        self.defer("extra-words", f"extra words in the header of block {name!r}", extra, via, hint)

    def stray(self, statement: RawStatement, where: str) -> None:
        message = f"a statement {where} has no effect"
        self.defer("stray-statement", message, statement.origin.span, statement.via, "move it into a block")

    def defer(self, code: str, message: str, span: Span, via: Via | None, hint: str | None = None) -> None:
        self.made.deferred.append(Diagnostic(code, message, Origin(span, via), hint))


_TOP_HINT = "the top-level blocks are global, host, switch, superclass and service_host"
