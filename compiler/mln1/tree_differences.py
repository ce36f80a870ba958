"""Differences in the blocks and statements that MLN 1.0.8.8 reads in a file (mln-language.md, sections 3 to 8).

Each check receives the body of one block, with the content of includes inserted.
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
"""Kinds of top-level blocks with named members in MLN 1."""
_READ = ("global", *SECTIONS)
_MOST_INCLUDES = 10_000


@dataclass(frozen=True, slots=True)
class Placed:
    """Statement or block, with the chain of includes that inserted it."""

    item: Line | Block
    via: Via | None

    @property
    def words(self) -> tuple[Word, ...]:
        """Words of a statement, or the words before the brace of a block."""
        return self.item.words if isinstance(self.item, Line) else self.item.header

    @property
    def name(self) -> str:
        """First word of the statement or block."""
        return self.words[0].text

    @property
    def origin(self) -> Origin:
        """Source position of the words."""
        return Origin(self.item.span, self.via)


@dataclass(frozen=True, slots=True)
class Body:
    """Content of one block. ``path`` lists the enclosing blocks and the block, as ``("host", "web", "users")``."""

    path: tuple[str, ...]
    items: list[Placed]

    @property
    def section(self) -> bool:
        """True for a section such as ``host { ... }`` that contains named members."""
        return len(self.path) == 1 and self.path[0] in SECTIONS

    def lines(self) -> Iterator[tuple[Placed, RawStatement]]:
        """Statements of the block; none for the top level and for sections."""
        if self.path and not self.section:
            for placed in self.items:
                if isinstance(placed.item, Line):
                    yield placed, RawStatement(placed.item.words, placed.via)

    def blocks(self) -> Iterator[tuple[Placed, Block]]:
        """Nested blocks."""
        for placed in self.items:
            if isinstance(placed.item, Block):
                yield placed, placed.item


def differences(file: File) -> Iterator[Diagnostic]:
    """Differences in the statements and blocks of *file* and of the files that it includes."""
    for body in _bodies((), file.items, None, count()):
        for check in CHECKS:
            yield from check(body)


def _bodies(
    path: tuple[str, ...], items: tuple[Item, ...], via: Via | None, number: "count[int]"
) -> Iterator[Body]:
    """Body of the block *path*, then those of nested blocks that MLN 1 reads. *number* counts includes."""
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
    """True if a block *name* in *body* takes a second word as the name of a member."""
    return name in SECTIONS if not body.path else name == "network"


def headers(body: Body) -> Iterator[Diagnostic]:
    """Words before a ``{`` that MLN 1 does not read as the header of a block."""
    for placed, block in body.blocks():
        names = [word.text for word in block.header]
        if not body.path and names[0] == "service_host" and len(names) > 1:
            message = "MLN 1.0.8.8 opens no block here and reads its content as statements of the file"
            hint = f"write service_host {{ {names[1]} {{ ... }} }}, which MLN 1.0.8.8 ignores"
            yield Diagnostic("mln1-service-host", message, placed.origin, hint)
        elif len(names) > 1 and not _takes_name(body, names[0]):
            message = "MLN 1.0.8.8 opens no block here and adds its content to the enclosing block"
            yield Diagnostic("mln1-three-word-header", message, placed.origin, f"write {names[0]} {{")


def split_words(body: Body) -> Iterator[Diagnostic]:
    """Keyword or block name that contains a blank."""
    for placed in body.items:
        words = placed.words[:1] if isinstance(placed.item, Line) else placed.words
        for word in words:
            # text_differences reports consecutive blanks
            if " " in word.text and " ".join(word.text.split()) == word.text:
                message = "MLN 1.0.8.8 splits this word at its blank, even if the blank is quoted or escaped"
                yield Diagnostic("mln1-blanks", message, Origin(word.span, placed.via), "avoid the blank")


def missing_braces(body: Body) -> Iterator[Diagnostic]:
    """Words that open a block in MLN 1 even without a brace."""
    for placed in body.items:
        if isinstance(placed.item, Line) and _takes_name(body, placed.name):
            message = (
                f"MLN 1.0.8.8 opens a block at {placed.name} even without a {{, which ends at the next }}"
            )
            hint = f"add {{ }} after it, or begin the statement with a word other than {placed.name}"
            yield Diagnostic("mln1-missing-brace", message, placed.origin, hint)


def assignments(body: Body) -> Iterator[Diagnostic]:
    """``a = b`` without a variable: MLN 1 stores the value, but drops it from lists and saved files."""
    for placed, statement in body.lines():
        if statement.assigns and statement.variable() is None:
            message = f"MLN 1.0.8.8 drops the line {placed.name} = ... from lists and saved projects"
            hint = f"in a setting, remove the =; in a list, write {placed.name}=... without blanks"
            yield Diagnostic("mln1-assignment", message, placed.origin, hint)


def first_word_variables(body: Body) -> Iterator[Diagnostic]:
    """``$x`` as first word, which defines x in MLN 1, and ``$[x] =``, which does not."""
    for placed, statement in body.lines():
        first, defined = statement.words[0], statement.variable()
        bare = re.fullmatch(r"\$[A-Za-z0-9_]+", first.text)
        if defined is not None and bare is None:
            message, hint = f"MLN 1.0.8.8 does not define ${defined} here", f"write ${defined} = ..."
        elif defined is None and bare is not None:
            message = f"MLN 1.0.8.8 reads {bare[0]} as first word as a definition of {bare[0]}"
            hint = f"write $[{bare[0][1:]}]"
        else:
            continue
        yield Diagnostic("mln1-first-word-variable", message, Origin(first.span, placed.via), hint)


def unset_variables(body: Body) -> Iterator[Diagnostic]:
    """Definitions with an empty value or 0, which MLN 1 ignores; definitions of ``$service_host``, which it uses."""
    for placed, statement in body.lines():
        name, value = statement.variable(), " ".join(word.text for word in statement.value_words)
        if name is not None and value == "":
            message = f"MLN 1.0.8.8 treats ${name} as undefined, because its value is empty"
            yield Diagnostic("mln1-empty-variable", message, placed.origin, "remove the definition")
        elif name is not None and value == "0":
            message = f"MLN 1.0.8.8 treats ${name} as undefined, because it reads 0 as no value"
            yield Diagnostic("mln1-zero", message, placed.origin, "write 00 if it has the same meaning")
        if name == "service_host":
            message = "MLN 1.0.8.8 has no built-in variable $service_host and uses this definition"
            yield Diagnostic("mln1-service-host-variable", message, placed.origin, "rename the variable")


def superclass_variables(body: Body) -> Iterator[Diagnostic]:
    """Superclass named by a variable that is not defined in the same block."""
    if len(body.path) != 2 or body.path[0] not in ("host", "superclass"):
        return
    own = {statement.variable() for _, statement in body.lines()} | {"hostname", "project"}
    for placed, statement in body.lines():
        refs = {part.name for word in statement.value_words for part in word.parts if isinstance(part, Ref)}
        if placed.name == "superclass" and refs - own:
            message = f"MLN 1.0.8.8 recurses endlessly here: ${min(refs - own)} is not defined in this block"
            hint = "name the superclass without a variable, or define the variable in the same block"
            yield Diagnostic("mln1-superclass-variable", message, placed.origin, hint)


def names(body: Body) -> Iterator[Diagnostic]:
    """Variables in the names of hosts, switches and superclasses."""
    for placed, block in body.blocks():
        kind, word = (
            (body.path[0], block.header[0]) if body.section else (block.header[0].text, block.header[-1])
        )
        if kind not in SECTIONS or not (body.section or (not body.path and len(block.header) == 2)):
            continue
        refs = {part.name for part in word.parts if isinstance(part, Ref)}
        if kind != "host" and refs:
            message = f"MLN 1.0.8.8 does not substitute variables in the name of a {kind}"
        elif "project" in refs:
            message = "MLN 1.0.8.8 replaces $project in the name of a host by an empty text"
        else:
            continue
        origin = Origin(word.span, placed.via)
        yield Diagnostic("mln1-variable-in-name", message, origin, "write the name without the variable")


def second_globals(body: Body) -> Iterator[Diagnostic]:
    """Second ``global`` block, which replaces the first in MLN 1."""
    found = [placed for placed, block in body.blocks() if not body.path and placed.name == "global"]
    for first, second in pairwise(found):
        related = (Related("the block that MLN 1.0.8.8 ignores", first.item.span),)
        message = "MLN 1.0.8.8 replaces the previous global block by this one"
        yield Diagnostic("mln1-second-global", message, second.origin, "merge both blocks", related)


def sections(body: Body) -> Iterator[Diagnostic]:
    """Section, or ``network { ... }``, that replaces the members declared before it in MLN 1."""
    earlier: dict[str, Placed] = {}
    for placed, block in body.blocks():
        if not _takes_name(body, placed.name):
            continue
        before = earlier.setdefault(placed.name, placed)
        if len(block.header) == 1 and before is not placed:
            related = (Related("the first discarded block", before.item.span),)
            message = f"MLN 1.0.8.8 discards every {placed.name} before this {placed.name} {{"
            hint = f"write {placed.name} NAME {{ }} for each, or move this block to the top"
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
    """Includes of *main* that MLN 1 does not find, because it searches only the working directory.

    *places* maps the identity of each loaded tree to the real path of its file. The working directory of MLN 1 is
    assumed to be the folder of the main file or the current directory.
    """
    home = Path(main.source.path).parent
    for include, via in _includes(main):
        loaded = places.get(id(include.file))
        candidates = (Path(include.path.text), home / include.path.text)
        if loaded is not None and loaded not in [each.resolve() for each in candidates if each.is_file()]:
            message = (
                "MLN 1.0.8.8 looks for this file in the working directory, not next to the including file"
            )
            hint = "write the absolute path"
            yield Diagnostic("mln1-include-path", message, Origin(include.path.span, via), hint)


def _includes(main: File) -> Iterator[tuple[Include, Via | None]]:
    """All includes of *main* and of its included files; each file is searched once."""
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
