"""The checks that keep secrets out of what is built: what stands in clear, and where variables would carry it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.syntax_tree import Ref, Word
from mlnc.compiler.typed_model import ProjectModel, SiteModel, TypedSetting
from mlnc.compiler.values import SecretText, split_fields
from mlnc.schemas.language import load


def clear(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A secret in clear text works, and is said."""
    for name, setting, _node in _literals(model):
        hint = f"write {name} @secret, and let mlnc secrets make one"
        yield Diagnostic("secret-in-clear", f"{name} is written in clear text", setting.origin, hint)


def _literals(model: ProjectModel) -> Iterator[tuple[str, TypedSetting, ExpandedBlock]]:
    """Every secret that is written in clear: its directive, and the block that it stands in."""
    for block in (model.globals, *model.hosts.values()):
        for name, found in block.scalars.items():
            value = found[-1].value
            if isinstance(value, SecretText) and value.literal is not None:
                yield name, found[-1], block.node


@dataclass(frozen=True, slots=True)
class _Carried:
    """A literal secret that variables brought: the directive, the text, and those variables at any depth."""

    directive: str
    text: str
    variables: frozenset[str]


Definitions = Mapping[str, RawStatement]
"""The variables that a block sees, by name."""


def carried(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A variable that holds a literal secret is used for secrets alone: anything else is written out in clear."""
    top = model.globals.node
    secrets = [
        _Carried(name, setting.value.literal, used)
        for name, setting, node in _literals(model)
        if (used := _variables(setting.entry.statement.words, _definitions(node, top)))
    ]
    blocks = (model.globals, *model.hosts.values(), *model.switches.values()) if secrets else ()
    for block in blocks:
        definitions = _definitions(block.node, top)
        for entry in _written_out(block.node):
            yield from _exposed(entry, definitions, secrets)


def _definitions(node: ExpandedBlock, top: ExpandedBlock) -> Definitions:
    found = {**top.definitions, **node.definitions}
    for child in node.blocks.values():
        found |= _definitions(child, child)
    return found


def _variables(words: Iterable[Word], definitions: Definitions) -> frozenset[str]:
    """The variables that *words* use, and those that these use."""
    found: set[str] = set()
    waiting: list[Iterable[Word]] = [words]
    while waiting:
        for word in waiting.pop():
            for name in {part.name for part in word.parts if isinstance(part, Ref)} - found:
                found.add(name)
                waiting += [definitions[name].value_words] if name in definitions else []
    return frozenset(found)


def _written_out(node: ExpandedBlock) -> Iterator[ExpandedStatement]:
    """The statements of *node* and of the blocks in it that go to ``out/`` as they are."""
    yield from (entry for entry in node.lines if entry.name not in load().secret_names())
    for name, child in node.blocks.items():
        if name not in load().secret_names():
            yield from _written_out(child)


def _exposed(
    entry: ExpandedStatement, definitions: Definitions, secrets: list[_Carried]
) -> Iterator[Diagnostic]:
    for word in entry.statement.words:
        used = _variables([word], definitions)
        for secret in secrets:
            shared = sorted(used & secret.variables)
            if shared and secret.text in entry.text:
                message = (
                    f"${shared[0]} brings the text of {secret.directive} to where it would stand in clear"
                )
                hint = f"take it out of here, or write {secret.directive} @secret"
                origin = replace(entry.origin, span=word.span)
                yield Diagnostic("secret-exposed", message, origin, hint)
                return


def references(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A reference to a secret in a script or another free text stays the text that it is."""
    for block in (model.globals, *model.hosts.values()):
        scripts = (entry for lines in block.scripts.values() for entry in lines)
        texts = (found[-1].entry for found in block.scalars.values() if found[-1].directive.type == "text")
        for entry in (*scripts, *texts):
            for number, word in enumerate(split_fields(entry.text)):
                if word.startswith("@secret"):
                    message = f"{word} is not filled in here: only directives for secrets take references"
                    yield Diagnostic("secret-reference", message, entry.field_origin(number))
