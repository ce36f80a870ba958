"""Variables: lazy, looked up from the block outwards, with a trail that finds recursion and a bound on growth."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Origin, Via
from mlnc.compiler.syntax_tree import Ref, Word

BUILTINS = ("hostname", "project", "service_host")
LONGEST = 65_536
"""A value longer than this, in characters, is an error: doubling variables must not fill the memory."""
_DEEPEST = 100
_CRYPT = re.compile(
    r"[!*]*\$(?:1|2[abxy]?|3|5|6|7|y|gy|sha1|md5[^$]*)\$[./A-Za-z0-9=,+-]*\$[./A-Za-z0-9=,+$-]+"
)
"""An encrypted password by its method, crypt(5): no variable has to be defined for what looks like one in it."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """A reference that nothing defines, the word it stands in, and the includes that brought that word."""

    name: str
    word: Word
    via: Via | None = None

    @property
    def origin(self) -> Origin:
        """Where the reference stands: in the statement itself, or in a variable that it uses."""
        return Origin(self.word.span, self.via)


@dataclass(frozen=True, slots=True)
class Filled:
    """Text with its variables filled in; ``undefined`` references stand in it as they were written."""

    text: str
    undefined: tuple[Undefined, ...] = ()


@dataclass(slots=True)
class Scope:
    """The variables of one block and of those around it.

    ``texts`` are built-in variables (of the outermost scope); ``home`` is where the definitions found here are
    resolved: a global variable used by a host sees the host's definitions.
    """

    variables: Mapping[str, RawStatement]
    notice: Notice
    outer: "Scope | None" = None
    texts: Mapping[str, str | RawStatement] = field(default_factory=dict)
    home: "Scope | None" = None
    memo: dict[str, Filled] = field(default_factory=dict)

    def inner(self, variables: Mapping[str, RawStatement]) -> "Scope":
        """The scope of a block inside this one; this one itself where the block defines nothing."""
        return Scope(variables, self.notice, self) if variables else self

    def fill(self, words: tuple[Word, ...], via_origin: RawStatement) -> Filled:
        """*words* joined by blanks with every variable filled in."""
        if not any(word.parts for word in words):
            return Filled(" ".join(word.text for word in words))
        return _Filling(self).join(words, self, via_origin.via, ())


def at_home(variables: Mapping[str, RawStatement], outer: Scope) -> Scope:
    """The scope of a host's *variables* inside *outer*, the global scope, whose definitions then see them too."""
    around = replace(outer, memo={})
    around.home = Scope(variables, outer.notice, around)
    return around.home


Step = tuple[Scope, str, Word]


class _Filling:
    """One filling of one statement: carries the trail of variables being resolved."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def join(self, words: tuple[Word, ...], scope: Scope, via: Via | None, trail: tuple[Step, ...]) -> Filled:
        pieces: list[str] = []
        undefined: list[Undefined] = []
        length = 0
        for word in words:
            filled = self.word(word, scope, via, trail)
            pieces.append(filled.text)
            undefined += filled.undefined
            length += len(filled.text) + 1
            if length > LONGEST:
                self.too_long(word, via, trail)
                return Filled("")
        return Filled(" ".join(pieces), tuple(undefined))

    def word(self, word: Word, scope: Scope, via: Via | None, trail: tuple[Step, ...]) -> Filled:
        if not word.parts:
            return Filled(word.text)
        pieces: list[str] = []
        undefined: list[Undefined] = []
        length = 0
        for part in word.parts:
            filled = self.reference(part, word, scope, via, trail) if isinstance(part, Ref) else Filled(part)
            pieces.append(filled.text)
            undefined += filled.undefined
            length += len(filled.text)
            if length > LONGEST:
                self.too_long(word, via, trail)
                return Filled("")
        if undefined and _CRYPT.fullmatch(word.text):
            return Filled(word.text)
        return Filled("".join(pieces), tuple(undefined))

    def reference(
        self, ref: Ref, word: Word, scope: Scope, via: Via | None, trail: tuple[Step, ...]
    ) -> Filled:
        found = _find(ref.name, scope)
        if found is None:
            return Filled(ref.text, (Undefined(ref.name, word, via),))
        home, definition = found
        if isinstance(definition, str):
            return Filled(definition)
        known = home.memo.get(ref.name)
        if known is not None:
            return known
        message = _trouble(ref.name, home, trail)
        if message:
            self.refuse("variable-recursion", message, word, via, trail)
            return Filled(ref.text)
        further = (*trail, (home, ref.name, word))
        filled = self.join(definition.value_words, home.home or home, definition.via, further)
        home.memo[ref.name] = filled
        return filled

    def too_long(self, word: Word, via: Via | None, trail: tuple[Step, ...]) -> None:
        message = f"with its variables filled in this grows beyond {LONGEST} characters"
        self.refuse("value-too-long", message, word, via, trail)

    def refuse(self, code: str, message: str, word: Word, via: Via | None, trail: tuple[Step, ...]) -> None:
        steps = tuple(Related(f"${name} is used here", used.span) for _, name, used in trail[-5:])
        self.scope.notice(Diagnostic(code, message, Origin(word.span, via), None, steps))


def _trouble(name: str, home: Scope, trail: tuple[Step, ...]) -> str | None:
    """Why the variable *name* found in *home* cannot be filled in at the end of *trail*."""
    if any(step is home and used == name for step, used, _ in trail):
        return f"${name} refers to itself"
    return f"${name} stands behind more than {_DEEPEST} other variables" if len(trail) > _DEEPEST else None


def _find(name: str, scope: Scope) -> tuple[Scope, str | RawStatement] | None:
    """The definition of *name* and the scope it was found in; built-in variables win, nothing overrides them."""
    step: Scope | None = scope
    found: tuple[Scope, str | RawStatement] | None = None
    while step is not None:
        if name in step.texts:
            return step, step.texts[name]
        if found is None and name in step.variables:
            found = step, step.variables[name]
        step = step.outer
    return found
