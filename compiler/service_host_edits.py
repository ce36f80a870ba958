"""Where the server of a host or switch is written, what else follows that place, and how it is changed.

A server may be a word in the host itself, in a superclass, or in a variable that one file of sixty defines. A place is
fit to be changed where all that follow it shall go to one server: the farther from the host, the fewer changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Source, Span
from mlnc.compiler.syntax_tree import Ref, Word
from mlnc.compiler.typed_model import ProjectModel, TypedBlock

Kind = Literal["host", "switch"]
Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True, order=True)
class PlacedItem:
    """A host or switch of a project."""

    project: str
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The text that takes the place of a span; an empty span is where something is added."""

    span: Span
    text: str


@dataclass(slots=True)
class Choice:
    """Edits that bring every item to its server, and items for which there is none, with all that follow the same."""

    edits: list[Edit]
    stuck: dict[PlacedItem, frozenset[PlacedItem]]


class ServiceHostSpans:
    """Every place at which the server of something in *models* is written. *ends* are the projects' main files."""

    def __init__(self, models: Mapping[str, ProjectModel], ends: Mapping[str, Source]) -> None:
        self._ends = ends
        self._settings: dict[PlacedItem, TypedBlock] = {}
        self._traces: dict[PlacedItem, list[Span]] = {}
        self._followers: dict[Key, set[PlacedItem]] = {}
        for name, model in models.items():
            for kind, settings in model.blocks():
                item = PlacedItem(name, "host" if kind == "host" else "switch", settings.node.name)
                self._enter(item, settings, model)

    def _enter(self, item: PlacedItem, settings: TypedBlock, model: ProjectModel) -> None:
        self._settings[item] = settings
        self._traces[item] = list(_trace(settings, model.globals))
        for span in (*self._traces[item], settings.origin.span):
            self._followers.setdefault(span.key, set()).add(item)

    def names_server(self, item: PlacedItem) -> bool:
        """Whether *item* says by itself, or by a superclass, where it is."""
        return self._settings[item].setting("service_host") is not None

    def choose(self, wanted: Mapping[PlacedItem, str]) -> Choice:
        """Edits that bring each item of *wanted* to its server, and nothing else anywhere."""
        choice, done = Choice([], {}), set[PlacedItem]()
        for item in sorted(wanted):
            if item in done:
                continue
            edit, followers = self._edit(item, wanted)
            if edit is None:
                choice.stuck[item] = followers
            else:
                choice.edits.append(edit)
                done |= followers
        return choice

    def _edit(
        self, item: PlacedItem, wanted: Mapping[PlacedItem, str]
    ) -> tuple[Edit | None, frozenset[PlacedItem]]:
        """The change for *item* and who follows it; without a change, who follows the place nearest to it."""
        server, settings = wanted[item], self._settings[item]
        followers = frozenset({item})
        for span in reversed(self._traces[item]):
            followers = frozenset(self._followers[span.key])
            if all(wanted.get(each) == server for each in followers):
                return Edit(span, server), followers
        if self._enumerated(settings):
            return self._appended(item, server), frozenset({item})
        if not _says_itself(settings):
            followers = frozenset(self._followers[settings.origin.span.key])
            if all(wanted.get(each) == server for each in followers):
                return _inserted(settings.origin.span, server), followers
        return None, followers

    def _enumerated(self, settings: TypedBlock) -> bool:
        """Whether the host is made by autoenum and written nowhere."""
        span = settings.origin.span
        return span.source.text[span.start : span.end].startswith("autoenum")

    def _appended(self, item: PlacedItem, server: str) -> Edit:
        source = self._ends[item.project]
        end = len(source.text)
        block = f"host {item.name} {{ service_host {server} }}"
        return Edit(Span(source, end, end), f"{block}\n" if source.text.endswith("\n") else f"\n{block}")


def _trace(settings: TypedBlock, top: TypedBlock) -> Iterator[Span]:
    """The words that say the server, from the statement to the last variable behind it; none of autoenum's."""
    setting = settings.setting("service_host")
    statement = setting.entry.statement if setting else None
    if statement is None or (statement.via is not None and statement.via.kind == "autoenum"):
        return
    while statement is not None and len(statement.value_words) == 1:
        word = statement.value_words[0]
        yield word.span
        statement = _definition(word, settings, top)


def _definition(word: Word, settings: TypedBlock, top: TypedBlock) -> RawStatement | None:
    """The definition of the variable that *word* is, if it is nothing but one."""
    if len(word.parts) != 1 or not isinstance(word.parts[0], Ref):
        return None
    name = word.parts[0].name
    return settings.node.definitions.get(name) or top.node.definitions.get(name)


def _says_itself(settings: TypedBlock) -> bool:
    setting = settings.setting("service_host")
    return setting is not None and setting.entry.inherited is None


def _inserted(header: Span, server: str) -> Edit | None:
    """A line for *server* at the beginning of the block with that *header*."""
    text = header.source.text
    brace = _brace(text, header.end)
    if brace is None:
        return None
    line_end = text.find("\n", brace)
    rest = text[brace + 1 : line_end if line_end >= 0 else len(text)].strip()
    if line_end < 0 or (rest and not rest.startswith("#")):
        closing = "" if rest.startswith("}") else ";"
        return Edit(Span(header.source, brace + 1, brace + 1), f" service_host {server}{closing}")
    indent = _indent(text, text.rfind("\n", 0, header.start) + 1) + "\t"
    below = _indent(text, line_end + 1)
    indent = below if len(below) >= len(indent) else indent
    return Edit(Span(header.source, line_end + 1, line_end + 1), f"{indent}service_host {server}\n")


def _brace(text: str, start: int) -> int | None:
    """The offset of the brace that opens the block whose header ends at *start*; comments may stand between."""
    while start < len(text):
        if text[start] == "{":
            return start
        if text[start] == "#":
            start = text.find("\n", start) if "\n" in text[start:] else len(text)
        elif not text[start].isspace():
            return None
        start += 1
    return None


def _indent(text: str, start: int) -> str:
    line = text[start:].partition("\n")[0]
    return line[: len(line) - len(line.lstrip(" \t"))]
