"""Where MLN 1.0.8.8 makes other blocks and statements of a file than mlnc does (mln-language.md, sections 3 to 8).

Each check looks at the body of one block, with includes in their places.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

from mlnc.compiler.diagnostics import Diagnostic, Related
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Origin, Via
from mlnc.compiler.syntax_tree import Block, File, Include, Item, Line, Ref, Word

SECTIONS = ("host", "switch", "superclass")
"""The top-level blocks of the original that have named members."""
_READ = ("global", *SECTIONS)
_MOST_INCLUDES = 10_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement or block and the includes that brought it where it is."""

    item: Line | Block
    via: Via | None

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of a statement, or before the brace of a block."""
        return self.item.words if isinstance(self.item, Line) else self.item.header

    @property
    def name(self) -> str:
        """The first word."""
        return self.words[0].text

    @property
    def origin(self) -> Origin:
        """The place of its words."""
        return Origin(self.item.span, self.via)


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in one block; ``path`` names it and the blocks around it: ``("host", "web", "users")``."""

    path: tuple[str, ...]
    items: list[Placed]

    @property
    def section(self) -> bool:
        """Whether it is a ``host { ... }`` that holds hosts, or one of its kind."""
        return len(self.path) == 1 and self.path[0] in SECTIONS

    def lines(self) -> Iterator[tuple[Placed, RawStatement]]:
        """The statements that belong to the block."""
        if self.path and not self.section:
            for placed in self.items:
                if isinstance(placed.item, Line):
                    yield placed, RawStatement(placed.item.words, placed.via)

    def blocks(self) -> Iterator[tuple[Placed, Block]]:
        """The blocks in it."""
        for placed in self.items:
            if isinstance(placed.item, Block):
                yield placed, placed.item


def differences(file: File) -> Iterator[Diagnostic]:
    """What the original would read otherwise in the statements and blocks of *file* and the files it includes."""
    for body in _bodies((), file.items, None, count()):
        for check in CHECKS:
            yield from check(body)


def _bodies(
    path: tuple[str, ...], items: tuple[Item, ...], via: Via | None, number: "count[int]"
) -> Iterator[Body]:
    """The body of *path* and those in it; not of blocks that the original reads past. *number* counts includes."""
    body = Body(path, list(_spliced(items, via, number)))
    yield body
    for placed, block in body.blocks():
        names = tuple(word.text for word in block.header)
        inner = path + (names[:2] if _takes_name(body, names[0]) else names[:1])
        if inner[0] in _READ:
            yield from _bodies(inner, block.items, placed.via, number)


def _spliced(items: tuple[Item, ...], via: Via | None, number: "count[int]") -> Iterator[Placed]:
    for item in items:
        if not isinstance(item, Include):
            yield Placed(item, via)
        elif item.file is not None and next(number) < _MOST_INCLUDES:
            yield from _spliced(item.file.items, Via("include", item.path.span, via), number)


def _takes_name(body: Body, name: str) -> bool:
    """Whether a block *name* in *body* may have its own name behind that word."""
    return name in SECTIONS if not body.path else name == "network"


def headers(body: Body) -> Iterator[Diagnostic]:
    """Words before a ``{`` that the original does not take for the head of a block."""
    for placed, block in body.blocks():
        names = [word.text for word in block.header]
        if not body.path and names[0] == "service_host" and len(names) > 1:
            message = "MLN 1.0.8.8 opens no block here and takes what stands in it for statements of the file"
            hint = f"write service_host {{ {names[1]} {{ ... }} }}, which it reads past"
            yield Diagnostic("mln1-service-host", message, placed.origin, hint)
        elif len(names) > 1 and not _takes_name(body, names[0]):
            message = "MLN 1.0.8.8 opens no block here: what stands in it would fall into the block around it"
            yield Diagnostic("mln1-three-word-header", message, placed.origin, f"write {names[0]} {{")


def split_words(body: Body) -> Iterator[Diagnostic]:
    """A keyword or a block's name that blanks are a part of."""
    for placed in body.items:
        words = placed.words[:1] if isinstance(placed.item, Line) else placed.words
        for word in words:
            # several blanks are a matter of the text
            if " " in word.text and " ".join(word.text.split()) == word.text:
                message = "MLN 1.0.8.8 takes this for several words: nothing protects a blank there"
                yield Diagnostic(
                    "mln1-blanks", message, Origin(word.span, placed.via), "do without the blank"
                )


def missing_braces(body: Body) -> Iterator[Diagnostic]:
    """Words that open a block in the original even where no brace follows."""
    for placed in body.items:
        if isinstance(placed.item, Line) and _takes_name(body, placed.name):
            message = f"MLN 1.0.8.8 opens a block at {placed.name} even without a {{, up to the next }}"
            hint = f"write {{ }} behind it, or begin the statement with another word than {placed.name}"
            yield Diagnostic("mln1-missing-brace", message, placed.origin, hint)


def assignments(body: Body) -> Iterator[Diagnostic]:
    """``a = b`` where a is no variable: a value that is in no list and in no saved file."""
    for placed, statement in body.lines():
        if statement.assigns and statement.variable() is None:
            message = f"MLN 1.0.8.8 keeps no line of {placed.name} = ...: lists and saved projects lose it"
            hint = f"leave the = out in a setting, the blanks around it in a list: {placed.name}=..."
            yield Diagnostic("mln1-assignment", message, placed.origin, hint)


def first_word_variables(body: Body) -> Iterator[Diagnostic]:
    """``$x`` as first word, which defines x, and ``$[x] =``, which does not."""
    for placed, statement in body.lines():
        first, defined = statement.words[0], statement.variable()
        bare = re.fullmatch(r"\$[A-Za-z0-9_]+", first.text)
        if defined is not None and bare is None:
            message, hint = f"MLN 1.0.8.8 does not define ${defined} here", f"write ${defined} = ..."
        elif defined is None and bare is not None:
            message = f"MLN 1.0.8.8 takes {bare[0]} as first word for a definition of {bare[0]}"
            hint = f"write $[{bare[0][1:]}]"
        else:
            continue
        yield Diagnostic("mln1-first-word-variable", message, Origin(first.span, placed.via), hint)


def unset_variables(body: Body) -> Iterator[Diagnostic]:
    """Definitions that the original takes for none: of nothing and of 0; of ``$service_host`` it takes them."""
    for placed, statement in body.lines():
        name, value = statement.variable(), " ".join(word.text for word in statement.value_words)
        if name is not None and value == "":
            message = f"MLN 1.0.8.8 takes ${name} for undefined: there is no text behind the ="
            yield Diagnostic("mln1-empty-variable", message, placed.origin, "leave the definition out")
        elif name is not None and value == "0":
            message = f"MLN 1.0.8.8 takes ${name} for undefined: it reads 0 as no value"
            yield Diagnostic("mln1-zero", message, placed.origin, "write 00 where that means the same")
        if name == "service_host":
            message = "MLN 1.0.8.8 has no variable $service_host of its own and would use this one"
            yield Diagnostic("mln1-service-host-variable", message, placed.origin, "give it another name")


def superclass_variables(body: Body) -> Iterator[Diagnostic]:
    """A superclass named by a variable that is not defined right there."""
    if len(body.path) != 2 or body.path[0] not in ("host", "superclass"):
        return
    own = {statement.variable() for _, statement in body.lines()} | {"hostname", "project"}
    for placed, statement in body.lines():
        refs = {part.name for word in statement.value_words for part in word.parts if isinstance(part, Ref)}
        if placed.name == "superclass" and refs - own:
            message = f"MLN 1.0.8.8 recurses for ever here: ${min(refs - own)} is not defined in this block"
            hint = "name the superclass without a variable, or define the variable in the same block"
            yield Diagnostic("mln1-superclass-variable", message, placed.origin, hint)


def names(body: Body) -> Iterator[Diagnostic]:
    """Variables in names of hosts, switches and superclasses."""
    for placed, block in body.blocks():
        kind, word = (
            (body.path[0], block.header[0]) if body.section else (block.header[0].text, block.header[-1])
        )
        if kind not in SECTIONS or not (body.section or (not body.path and len(block.header) == 2)):
            continue
        refs = {part.name for part in word.parts if isinstance(part, Ref)}
        if kind != "host" and refs:
            message = f"MLN 1.0.8.8 fills in no variables in the name of a {kind}"
        elif "project" in refs:
            message = "MLN 1.0.8.8 puts nothing for $project in the name of a host"
        else:
            continue
        origin = Origin(word.span, placed.via)
        yield Diagnostic("mln1-variable-in-name", message, origin, "write the name without the variable")


def second_globals(body: Body) -> Iterator[Diagnostic]:
    """A second ``global`` block, which replaces the first."""
    found = [placed for placed, block in body.blocks() if not body.path and placed.name == "global"]
    for first, second in pairwise(found):
        related = (Related("this one would not count", first.item.span),)
        message = "MLN 1.0.8.8 lets a second global block replace the first"
        yield Diagnostic("mln1-second-global", message, second.origin, "write both as one block", related)


def sections(body: Body) -> Iterator[Diagnostic]:
    """A section, or ``network { ... }``, that replaces the members declared before it."""
    earlier: dict[str, Placed] = {}
    for placed, block in body.blocks():
        if not _takes_name(body, placed.name):
            continue
        before = earlier.setdefault(placed.name, placed)
        if len(block.header) == 1 and before is not placed:
            related = (Related("the first one that would be forgotten is here", before.item.span),)
            message = f"MLN 1.0.8.8 forgets every {placed.name} before this {placed.name} {{"
            hint = f"write {placed.name} NAME {{ }} for each, or this block first"
            yield Diagnostic("mln1-section-replaces", message, placed.origin, hint, related)


CHECKS: tuple[Callable[[Body], Iterator[Diagnostic]], ...] = (
    headers,
    split_words,
    missing_braces,
    assignments,
    first_word_variables,
    unset_variables,
    superclass_variables,
    names,
    second_globals,
    sections,
)


def include_paths(main: File, places: dict[int, Path]) -> Iterator[Diagnostic]:
    """Includes of *main* found beside the including file, where the original looks in the working directory.

    *places* gives the real path of each loaded file by the identity of its tree. Whoever uses the original works in
    the folder of the main file, or names files as seen from the folder where mlnc is run: both are taken for right.
    """
    home = Path(main.source.path).parent
    for include, via in _includes(main):
        wanted = places.get(id(include.file))
        candidates = (Path(include.path.text), home / include.path.text)
        if wanted is not None and wanted not in [each.resolve() for each in candidates if each.is_file()]:
            message = (
                "MLN 1.0.8.8 looks for this file in the folder it is run in, not beside the including file"
            )
            hint = "write the whole path, from / on"
            yield Diagnostic("mln1-include-path", message, Origin(include.path.span, via), hint)


def _includes(main: File) -> Iterator[tuple[Include, Via | None]]:
    """Every include of *main* and of the files it includes, each file once."""
    seen: set[int] = set()
    waiting: list[tuple[tuple[Item, ...], Via | None]] = [(main.items, None)]
    while waiting:
        items, via = waiting.pop()
        for item in items:
            if isinstance(item, Block):
                waiting.append((item.items, via))
            elif isinstance(item, Include):
                yield item, via
                if item.file is not None and id(item.file) not in seen:
                    seen.add(id(item.file))
                    waiting.append((item.file.items, Via("include", item.path.span, via)))
