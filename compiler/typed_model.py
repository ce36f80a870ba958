"""The model: a project's directives as typed values, each with its origin, before anything is laid out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlnc.compiler.source import Origin
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.schemas.language import Directive

PLATFORMS = ("kvm", "ec2", "openstack", "vmware")
"""The platforms whose blocks make a host theirs, unless it says that it is a Xen domain."""


@dataclass(frozen=True, slots=True)
class TypedSetting:
    """A directive's typed value (the types of ``values``) and the statement that set it."""

    value: Any
    entry: ExpandedStatement
    directive: Directive

    @property
    def origin(self) -> Origin:
        """Where its value was written."""
        return self.entry.value_origin


@dataclass(frozen=True, slots=True)
class TypedRecord:
    """A line of a record list: its fields by name, those left out as None."""

    fields: dict[str, Any]
    entry: ExpandedStatement

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(slots=True)
class TypedBlock:
    """A block with its directives typed.

    ``scalars`` has every value of a directive in order (more than one only where it is repeatable); ``records``
    and ``scripts`` the lists; ``named`` the blocks of named blocks (network, groups); ``free`` what is kept as is.
    """

    node: ExpandedBlock
    scalars: dict[str, list[TypedSetting]] = field(default_factory=dict)
    records: dict[str, list[TypedRecord]] = field(default_factory=dict)
    scripts: dict[str, list[ExpandedStatement]] = field(default_factory=dict)
    named: dict[str, dict[str, "TypedBlock"]] = field(default_factory=dict)
    free: dict[str, ExpandedBlock] = field(default_factory=dict)

    @property
    def origin(self) -> Origin:
        """Where the block is named."""
        return self.node.origin

    def setting(self, name: str) -> TypedSetting | None:
        """The value that counts of directive *name*, with its origin."""
        found = self.scalars.get(name)
        return found[-1] if found else None

    def get(self, name: str, default: Any = None) -> Any:
        """The value that counts of directive *name*."""
        found = self.scalars.get(name)
        return found[-1].value if found else default

    def all(self, name: str) -> list[Any]:
        """Every value of a repeatable directive in order, repeats dropped; the nearest level that has any counts."""
        found = self.scalars.get(name, [])
        return list(
            dict.fromkeys(each.value for each in found if each.entry.inherited is found[-1].entry.inherited)
        )

    def flag(self, name: str) -> bool:
        """Whether a flag is on."""
        return bool(self.get(name, False))

    def lines(self, name: str) -> tuple[str, ...]:
        """The script lines of block *name*."""
        return tuple(entry.text for entry in self.scripts.get(name, ()))

    def value_origin(self, name: str) -> Origin:
        """The origin of the value of directive *name*, else of block *name*, else of this block."""
        setting = self.setting(name)
        if setting is not None:
            return setting.origin
        child = self.node.blocks.get(name)
        return child.origin if child is not None else self.origin

    def statement_origin(self, name: str) -> Origin:
        """As ``value_origin``, but the whole statement, for diagnostics about the directive itself."""
        setting = self.setting(name)
        return setting.entry.origin if setting is not None else self.value_origin(name)


@dataclass(slots=True)
class ProjectModel:
    """A project, typed. ``main`` is the path of its main file as shown to people."""

    name: str
    main: str
    globals: TypedBlock
    hosts: dict[str, TypedBlock] = field(default_factory=dict)
    switches: dict[str, TypedBlock] = field(default_factory=dict)
    service_hosts: dict[str, TypedBlock] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[str, TypedBlock]]:
        """Every host and switch with its kind, in file order."""
        yield from (("host", host) for host in self.hosts.values())
        yield from (("switch", switch) for switch in self.switches.values())

    def identity(self, host: str) -> tuple[str, str]:
        """The names of *host* and of the project from which its UUID and MAC addresses derive: the oldest known."""
        before: str = self.hosts[host].get("renamed_from", host)
        return before, self.globals.get("renamed_from", self.name)


@dataclass(slots=True)
class SiteModel:
    """The declared service hosts of a run, typed, by name, and what else names them."""

    service_hosts: dict[str, TypedBlock] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def declared(self) -> bool:
        """Whether any server is declared: then an undeclared one is a mistake."""
        return bool(self.service_hosts)

    def server(self, word: str) -> str:
        """The name of the server that *word* means: a declared name or address, else the word itself."""
        return self.aliases.get(word, word)
