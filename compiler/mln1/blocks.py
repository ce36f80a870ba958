"""The parts of an expanded block that consumers ask for: blocks of settings, and lists of lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.schemas.language import Directive, load


@dataclass(frozen=True, slots=True)
class Part:
    """A block: ``block`` is its name in the directive table, ``path`` leads to it from the host, switch or global.

    ``list`` is the directive whose lines it holds; None for a block of settings.
    """

    node: ExpandedBlock
    block: str
    path: tuple[str, ...]
    list: Directive | None = None

    def settings(self) -> Iterator[tuple[ExpandedStatement, Directive | None]]:
        """The settings that count, with what the table knows of them."""
        if self.list is None:
            for entry in self.node.values.values():
                yield entry, self.known(entry.name)

    def known(self, name: str) -> Directive | None:
        """What the table knows of a setting or block *name* in it."""
        return None if self.list is not None else load().get(self.block, name)


def parts(node: ExpandedBlock, block: str, path: tuple[str, ...] = ()) -> Iterator[Part]:
    """*node*, a *block* of the table, and the blocks in it that the table knows."""
    yield Part(node, block, path)
    for name, child in node.blocks.items():
        directive = load().get(block, name)
        if directive is not None:
            yield from _child(directive, child, (*path, name))


def _child(directive: Directive, node: ExpandedBlock, path: tuple[str, ...]) -> Iterator[Part]:
    if directive.form == "lines":
        yield Part(node, directive.name, path, directive)
    elif directive.form == "named":
        for name, child in node.blocks.items():
            inner = (*path, name)
            if directive.list is not None:
                yield Part(child, directive.name, inner, directive)
            else:
                yield from parts(child, directive.body, inner)
    elif directive.form in ("block", "free"):
        yield from parts(node, directive.body, path)
