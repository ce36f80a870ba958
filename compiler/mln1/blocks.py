"""Walk over an expanded block: its nested blocks of settings and lists of lines, with their table entries."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.schemas.language import Directive, load


@dataclass(frozen=True, slots=True)
class BlockPart:
    """Block inside a host, a switch or global.

    ``block`` is its name in the directive table. ``path`` lists the names from the host, switch or global down to it.
    ``list`` is the directive of a block of lines; None for a block of settings.
    """

    node: ExpandedBlock
    block: str
    path: tuple[str, ...]
    list: Directive | None = None

    def settings(self) -> Iterator[tuple[ExpandedStatement, Directive | None]]:
        """Effective settings of the block, each with its directive; None for an unknown name."""
        if self.list is None:
            for entry in self.node.values.values():
                yield entry, self.directive(entry.name)

    def directive(self, name: str) -> Directive | None:
        """Directive of the setting or block *name* in this block; None if the table has none."""
        return None if self.list is not None else load().get(self.block, name)


def parts(node: ExpandedBlock, block: str, path: tuple[str, ...] = ()) -> Iterator[BlockPart]:
    """*node*, named *block* in the table, followed by all nested blocks that the table knows."""
    yield BlockPart(node, block, path)
    for name, child in node.blocks.items():
        directive = load().get(block, name)
        if directive is not None:
            yield from _child(directive, child, (*path, name))


def _child(directive: Directive, node: ExpandedBlock, path: tuple[str, ...]) -> Iterator[BlockPart]:
    if directive.form == "lines":
        yield BlockPart(node, directive.name, path, directive)
    elif directive.form == "named":
        for name, child in node.blocks.items():
            inner = (*path, name)
            if directive.list is not None:
                yield BlockPart(child, directive.name, inner, directive)
            else:
                yield from parts(child, directive.body, inner)
    elif directive.form in ("block", "free"):
        yield from parts(node, directive.body, path)
