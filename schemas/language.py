"""Directive table ``language.yaml`` as Python values.

``language.schema.json`` defines the keys of an entry; tests/schemas/test_language.py keeps table, schema and this
module consistent. The module imports only the YAML reader of mlnc, so every room may import it.
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
"""Costs of a change for a running virtual machine, cheapest first."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record line. A field with ``rest`` takes all remaining words."""

    name: str
    type: Type
    optional: bool = False
    rest: bool = False
    min: int | None = None
    max: int | None = None


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
        """All names of the directive: ``name`` and its aliases."""
        return (self.name, *self.also)

    @property
    def ir_paths(self) -> tuple[str, ...]:
        """Fields of the IR that the directive stands for, below the IR item of its block; the first holds the value."""
        if self.ir is None:
            return (self.name,)
        return (self.ir,) if isinstance(self.ir, str) else self.ir

    @property
    def body(self) -> str:
        """Name of the block whose directives are valid inside this one (forms block and named)."""
        return self.inside or self.name


class Language:
    """Directive table with its look-ups.

    Blocks have the names used in the entries: ``host``, ``network``, ``top`` for the top level of a file. The block
    ``superclass`` has the directives of ``host``, ``autoenum3`` those of ``autoenum``.
    """

    def __init__(self, directives: tuple[Directive, ...]) -> None:
        self.directives = directives
        self._blocks: dict[str, dict[str, Directive]] = defaultdict(dict)
        self._bodies: dict[str, str] = {}
        self._named: dict[str, list[Directive]] = defaultdict(list)
        for directive in directives:
            self._add(directive)
        self._secret = frozenset(name for entry in directives if entry.secret for name in entry.names)
        self._script = frozenset(
            name for entry in directives if entry.list == "script" for name in entry.names
        )

    def _add(self, directive: Directive) -> None:
        for name in directive.names:
            self._named[name].append(directive)
            if directive.form in ("block", "named"):
                self._bodies[name] = directive.body
            for block in directive.blocks:
                self._blocks[block][name] = directive

    def _block(self, block: str) -> dict[str, Directive]:
        return self._blocks.get(self._bodies.get(block, block), {})

    def get(self, block: str, name: str) -> Directive | None:
        """Directive *name* of *block*; None if the block does not accept it."""
        return self._block(block).get(name)

    def names(self, block: str) -> tuple[str, ...]:
        """Names of the directives that *block* accepts, sorted; empty for an unknown block."""
        return tuple(sorted(self._block(block)))

    def entries(self, block: str) -> tuple[Directive, ...]:
        """Directives of *block*, sorted by name, without duplicates for aliases."""
        found = {entry.name: entry for entry in self._block(block).values()}
        return tuple(found[name] for name in sorted(found))

    def find(self, name: str) -> tuple[Directive, ...]:
        """All entries called *name*, in the order of the table."""
        return tuple(self._named.get(name, ()))

    def blocks(self) -> tuple[str, ...]:
        """All blocks that have directives, in the order of the table."""
        return tuple(self._blocks)

    def secret_names(self) -> frozenset[str]:
        """Names of the directives whose values no output, log or message may show."""
        return self._secret

    def script_blocks(self) -> frozenset[str]:
        """Names of the blocks of script lines, in which repeated lines are kept."""
        return self._script


@cache
def load() -> Language:
    """Directive table of this version of mlnc, read once and cached."""
    text = files("mlnc.schemas").joinpath("language.yaml").read_text(encoding="utf-8")
    entries: Any = yaml_text.load(text)
    return Language(tuple(map(_directive, entries)))


def _directive(entry: dict[str, Any]) -> Directive:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    values["record"] = tuple(Field(**field) for field in entry.get("record", ()))
    return Directive(**values)
