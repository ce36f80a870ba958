"""The directive table ``language.yaml`` as values: what may stand where, and what it means.

``language.schema.json`` says what each key of an entry means; a test holds table, schema and module together.
Imports nothing of mlnc but its YAML reader, so that every room may ask.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from mlnc.schemas import yaml_text

Form = Literal["value", "flag", "lines", "block", "named", "free"]
Type = Literal[
    "text",
    "word",
    "integer",
    "count",
    "memory",
    "size",
    "path",
    "file",
    "ip",
    "ipv4",
    "ipv6",
    "address",
    "address6",
    "netmask",
    "mac",
    "hostname",
    "service_host",
    "switch",
    "superclass",
    "bridge",
    "volume_group",
    "template",
    "user",
    "mode",
    "crypt",
    "secret",
    "choice",
    "pattern",
]
Lines = Literal["record", "script"]
Variables = Literal["strict", "open"]
Change = Literal["nothing", "live", "reboot", "migrate", "rebuild", "data-loss"]
Support = Literal["xen", "uml", "foreign", "unsupported", "ignored"]
Since = Literal["mln", "mlnc"]

CHANGES: tuple[Change, ...] = get_args(Change)
"""Costs of a change for a running virtual machine, from the lowest to the highest."""


@dataclass(frozen=True, slots=True)
class Field:
    """One word of a record line. With ``rest`` it takes all words that are left."""

    name: str
    type: Type
    optional: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Directive:
    """One entry of the table.

    *change* None: the cost is that of what the directive brings in. *ir* is the key as written; ``ir_paths`` has
    the default too.
    """

    name: str
    blocks: tuple[str, ...]
    form: Form
    meaning: str
    example: str
    also: tuple[str, ...] = ()
    inside: str | None = None
    type: Type | None = None
    min: int | None = None
    max: int | None = None
    choices: tuple[str, ...] = ()
    record: tuple[Field, ...] = ()
    list: Lines | None = None
    repeatable: bool = False
    default: str | None = None
    default_from: str | None = None
    unit: str | None = None
    detail: str | None = None
    ir: str | tuple[str, ...] | None = None
    secret: bool = False
    variables: Variables = "strict"
    change: Change | None = None
    support: Support = "xen"
    since: Since = "mln"

    @property
    def names(self) -> tuple[str, ...]:
        """Every word under which the directive may be written."""
        return (self.name, *self.also)

    @property
    def ir_paths(self) -> tuple[str, ...]:
        """Fields of the IR that the directive stands for, below the IR item of its block; the first holds the value."""
        if self.ir is None:
            return (self.name,)
        return (self.ir,) if isinstance(self.ir, str) else self.ir

    @property
    def body(self) -> str:
        """The block whose directives stand inside this one (for the forms block and named)."""
        return self.inside or self.name


class Language:
    """The table and the questions asked of it.

    A block is named as in the entries: ``host``, ``network``, ``top`` for the top level of a file.
    ``superclass`` asks for the directives of ``host``, ``autoenum3`` for those of ``autoenum``.
    """

    def __init__(self, directives: tuple[Directive, ...]) -> None:
        self.directives = directives
        self._blocks: dict[str, dict[str, Directive]] = defaultdict(dict)
        self._bodies: dict[str, str] = {}
        self._named: dict[str, list[Directive]] = defaultdict(list)
        for directive in directives:
            self._enter(directive)
        self._secret = frozenset(name for entry in directives if entry.secret for name in entry.names)
        self._script = frozenset(
            name for entry in directives if entry.list == "script" for name in entry.names
        )

    def _enter(self, directive: Directive) -> None:
        for name in directive.names:
            self._named[name].append(directive)
            if directive.form in ("block", "named"):
                self._bodies[name] = directive.body
            for block in directive.blocks:
                self._blocks[block][name] = directive

    def _block(self, block: str) -> dict[str, Directive]:
        return self._blocks.get(self._bodies.get(block, block), {})

    def get(self, block: str, name: str) -> Directive | None:
        """Return the entry of *name* in *block*; None if it is not allowed there."""
        return self._block(block).get(name)

    def names(self, block: str) -> tuple[str, ...]:
        """The words that may stand in *block*, sorted; none for an unknown block."""
        return tuple(sorted(self._block(block)))

    def entries(self, block: str) -> tuple[Directive, ...]:
        """The directives of *block*, sorted by name, each once."""
        found = {entry.name: entry for entry in self._block(block).values()}
        return tuple(found[name] for name in sorted(found))

    def find(self, name: str) -> tuple[Directive, ...]:
        """Every entry of that name, in the order of the table."""
        return tuple(self._named.get(name, ()))

    def blocks(self) -> tuple[str, ...]:
        """Every block that has directives, in the order of the table."""
        return tuple(self._blocks)

    def secret_names(self) -> frozenset[str]:
        """The directives whose value no output, log or message may show."""
        return self._secret

    def script_blocks(self) -> frozenset[str]:
        """The blocks of script lines, wherever they stand: no repeated line of theirs is ever dropped."""
        return self._script


@cache
def load() -> Language:
    """The table of this version of mlnc, read once."""
    text = files("mlnc.schemas").joinpath("language.yaml").read_text(encoding="utf-8")
    entries: Any = yaml_text.load(text)
    return Language(tuple(map(_directive, entries)))


def _directive(entry: dict[str, Any]) -> Directive:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    values["record"] = tuple(Field(**field) for field in entry.get("record", ()))
    return Directive(**values)
