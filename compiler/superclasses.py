"""Inheritance and expansion of one host: its superclass chain, the merged blocks, every variable filled in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.outline import RawBlock, RawStatement
from mlnc.compiler.source import Origin, Span, Via
from mlnc.compiler.suggestion import suggest
from mlnc.compiler.values import split_fields
from mlnc.compiler.variables import Filled, Scope, Undefined, at_home
from mlnc.schemas.language import load


@dataclass(frozen=True, slots=True)
class ExpandedStatement:
    """An expanded statement: ``name`` its first word, ``rest`` the others (without an ``=`` after the name)."""

    name: str
    rest: str
    text: str
    statement: RawStatement
    undefined: tuple[Undefined, ...] = ()
    inherited: Via | None = None

    @property
    def origin(self) -> Origin:
        """Where it was written, and through which superclasses and includes it came."""
        return self._at(self.statement.origin.span)

    @property
    def name_origin(self) -> Origin:
        """Where its first word was written: the place to point at where that word is wrong."""
        return self._at(self.statement.words[0].span)

    @property
    def value_origin(self) -> Origin:
        """Where the words after its name were written; the whole statement where there are none."""
        return self._at(self.statement.value_origin.span)

    def field_origin(self, number: int) -> Origin:
        """Where field *number* (from 0) of a record line stands.

        The whole line where the fields are not the words that were written, because variables brought blanks.
        """
        words = self.statement.words
        if len(split_fields(self.text)) != len(words) or number >= len(words):
            return self.origin
        return self._at(words[number].span)

    def _at(self, span: Span) -> Origin:
        via = self.statement.via
        for step in reversed(self.inherited.chain() if self.inherited else ()):
            via = Via("superclass", step.span, via)
        return Origin(span, via)

    @property
    def value(self) -> str:
        """What the statement sets its name to: a bare word sets 1 (mln-language.md, section 4)."""
        return self.rest if self.rest or len(self.statement.words) > 1 else "1"


@dataclass(slots=True)
class ExpandedBlock:
    """An expanded block: ``statements`` has every statement, root superclass first; ``values`` the one of each name
    that counts; ``lines`` the statements as a list, without those that a higher level has word for word. ``levels``
    are the blocks that it was merged from.
    """

    name: str
    origin: Origin
    values: dict[str, ExpandedStatement] = field(default_factory=dict)
    statements: list[ExpandedStatement] = field(default_factory=list)
    lines: list[ExpandedStatement] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, RawStatement] = field(default_factory=dict)
    blocks: dict[str, "ExpandedBlock"] = field(default_factory=dict)
    levels: tuple["Level", ...] = ()

    def data(self) -> dict[str, object]:
        """The model of mln-language.md section 1, for ``mlnc show --expanded``."""
        values = {f"${name}": text for name, text in self.variables.items()}
        values |= {name: entry.value for name, entry in self.values.items()}
        lines = [entry.text for entry in self.lines]
        return {
            "values": values,
            "lines": lines,
            "blocks": {name: node.data() for name, node in self.blocks.items()},
        }


@dataclass(frozen=True, slots=True)
class Level:
    """One block of an inheritance chain and the ``superclass`` statements through which it is inherited.

    ``inherited`` is None for the host's own block, else the nearest statement first, the host's last.
    """

    draft: RawBlock
    inherited: Via | None = None


def merge(levels: Sequence[Level], scope: Scope) -> ExpandedBlock:
    """The expanded block that *levels* (root superclass first, the host last) make together, seen from *scope*.

    Scalars: the nearest level wins. Blocks merge by name. Lists: root first; a line that a higher level has word
    for word is dropped, except in blocks of script lines (docs/differences.md).
    """
    draft = levels[-1].draft
    variables: dict[str, RawStatement] = {}
    for level in levels:
        variables.update(level.draft.variables)
    inner = scope.inner(variables)
    made = ExpandedBlock(draft.name.text, draft.origin, levels=tuple(levels))
    made.definitions = variables
    made.variables = {name: _fill(inner, variables[name]).text for name in variables}
    _merge_lines(made, levels, inner)
    for name in dict.fromkeys(name for level in levels for name in level.draft.blocks):
        below = [
            Level(level.draft.blocks[name], level.inherited) for level in levels if name in level.draft.blocks
        ]
        made.blocks[name] = merge(below, inner)
    return made


def _fill(scope: Scope, definition: RawStatement) -> Filled:
    return scope.fill(definition.value_words, definition)


def _merge_lines(made: ExpandedBlock, levels: Sequence[Level], scope: Scope) -> None:
    script = made.name in load().script_blocks()
    above: set[str] = set()
    for number, level in enumerate(levels):
        last = number == len(levels) - 1
        for statement in level.draft.lines:
            if not last and statement.words[0].text == "superclass":
                continue
            entry = expand(statement, scope, level.inherited)
            made.values[entry.name] = entry
            made.statements.append(entry)
            if script or statement.raw not in above:
                made.lines.append(entry)
        above.update(statement.raw for statement in level.draft.lines)


def expand(statement: RawStatement, scope: Scope, inherited: Via | None = None) -> ExpandedStatement:
    """*statement* with its variables filled in."""
    filled = scope.fill(statement.words, statement)
    name, _, rest = filled.text.partition(" ")
    if statement.assigns and rest.startswith("="):
        rest = rest[1:].lstrip(" ")
    return ExpandedStatement(name, rest, filled.text, statement, filled.undefined, inherited)


@dataclass(slots=True)
class Ancestry:
    """Finds the chain of superclasses of hosts and superclasses, and says what is wrong with it."""

    superclasses: dict[str, RawBlock]
    notice: Notice

    def levels(self, host: RawBlock, scope: Scope, tentative: bool = False) -> list[Level]:
        """The levels of *host*, root superclass first. A broken chain ends where it breaks, with a diagnostic.

        With *tentative*, *host* is a superclass by itself: where the name of the next one takes a variable that
        only a host has, the chain ends and nothing is said.
        """
        chain = [Level(host)]
        variables = dict(host.variables)
        seen: dict[str, RawStatement] = {}
        while True:
            statement = self.parent(chain[0].draft)
            if statement is None:
                return chain
            filled = at_home(variables, scope).fill(statement.value_words, statement)
            if tentative and filled.undefined:
                return chain
            name = filled.text
            if name in seen:
                self.cycle(name, seen)
                return chain
            seen[name] = statement
            if name not in self.superclasses:
                self.unknown(name, statement)
                return chain
            inherited = Via("superclass", statement.origin.span, chain[0].inherited)
            chain.insert(0, Level(self.superclasses[name], inherited))
            variables = {**self.superclasses[name].variables, **variables}

    def parent(self, draft: RawBlock) -> RawStatement | None:
        """The ``superclass`` statement of *draft*; the first one where it has several, with a diagnostic."""
        found = [line for line in draft.lines if line.words[0].text == "superclass" and line.value_words]
        if not found:
            return None
        extra = found[1:2] or [line for line in found if len(line.value_words) > 1]
        if extra:
            message = f"{draft.name.text!r} has more than one superclass"
            hint = "inherit from one, and let that one inherit from the other"
            related = (Related("the first is here", found[0].origin.span),) if len(found) > 1 else ()
            self.notice(Diagnostic("several-superclasses", message, extra[0].value_origin, hint, related))
            return None
        return found[0]

    def cycle(self, name: str, seen: dict[str, RawStatement]) -> None:
        """Says that *name* inherits from itself: once for a circle, wherever one enters it."""
        names = list(seen)[list(seen).index(name) :]
        first = names.index(min(names))
        names = [*names[first:], *names[:first]]
        message = f"superclass {names[0]!r} inherits from itself: {' -> '.join([*names, names[0]])}"
        origin = self.superclasses[names[0]].origin
        self.notice(
            Diagnostic("superclass-cycle", message, origin, "remove one of these superclass statements")
        )

    def unknown(self, name: str, statement: RawStatement) -> None:
        """Report that superclass *name* is not defined."""
        near = suggest(name, self.superclasses)
        hint = f"did you mean {near!r}?" if near else f"declare it: superclass {name} {{ }}"
        message = f"superclass {name!r} is not defined"
        self.notice(Diagnostic("unknown-superclass", message, statement.value_origin, hint))
