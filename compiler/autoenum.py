"""Generate the hosts of ``global { autoenum { ... } }`` and its numbered forms, before switches are resolved.

Fixes over the original (mln-language.md, sections 9.2 and 15 I16): the prefix defaults to ``node``, the first address
is the first of the net, addresses carry across octets and never leave the net, several blocks can be combined.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.compiler.diagnostics import Diagnostic, Notice
from mlnc.compiler.outline import RawBlock, RawStatement
from mlnc.compiler.source import Origin, Via
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.syntax_tree import Word
from mlnc.schemas.language import load

BLOCKS = ("autoenum", *(f"autoenum{number}" for number in range(6)))


@dataclass(slots=True)
class AutoenumRequest:
    """The checked settings of one autoenum block."""

    node: ExpandedBlock
    superclass: ExpandedStatement
    count: int
    prefix: str
    addresses: list[str]
    user: ExpandedStatement | None
    servers: list[ExpandedStatement]

    def names(self) -> list[str]:
        """The names of the hosts: the prefix and a number from 1, padded with zeros to equal width."""
        width = len(str(self.count))
        return [f"{self.prefix}{number:0{width}}" for number in range(1, self.count + 1)]


def plan(node: ExpandedBlock, netmask_length: int | None, notice: Notice) -> AutoenumRequest | None:
    """Check the expanded block *node*; returns None, with diagnostics to *notice*, if a setting is unusable.

    *netmask_length* is the prefix length that the superclass sets for eth0, if any: it bounds the net if ``net``
    has no ``/len``.
    """
    superclass = node.values.get("superclass")
    count = _number(node, "numhosts", None, notice)
    if superclass is None or "numhosts" not in node.values:
        missing = "superclass" if superclass is None else "numhosts"
        _refuse(notice, node.origin, f"{node.name} has no {missing}", f"add {missing} to {node.name}")
        return None
    if count is None:
        return None
    addresses = _addresses(node, count, netmask_length, notice)
    servers = _servers(node, count, notice)
    if addresses is None or servers is None:
        return None
    prefix = node.values["hostprefix"].value if "hostprefix" in node.values else "node"
    return AutoenumRequest(node, superclass, count, prefix, addresses, node.values.get("autouser"), servers)


def _refuse(notice: Notice, origin: Origin, message: str, hint: str | None = None) -> None:
    notice(Diagnostic("autoenum-incomplete", message, origin, hint))


def _number(node: ExpandedBlock, name: str, default: int | None, notice: Notice) -> int | None:
    entry = node.values.get(name)
    if entry is None:
        return default
    if not (entry.rest.isascii() and entry.rest.isdigit()) or len(entry.rest) > 9:
        _refuse(
            notice,
            entry.value_origin,
            f"{name}: {entry.rest!r} is not a number" if entry.rest else f"{name} needs a number",
        )
        return None
    directive = load().get("autoenum", name)
    low, high = (directive.min or 0, directive.max or 10**9) if directive else (0, 10**9)
    if not low <= int(entry.rest) <= high:
        _refuse(notice, entry.value_origin, f"{name}: {entry.rest} is not a number from {low} to {high}")
        return None
    return int(entry.rest)


def _addresses(
    node: ExpandedBlock, count: int, netmask_length: int | None, notice: Notice
) -> list[str] | None:
    """The addresses of the hosts in order; empty if autoenum assigns none, None if the settings are unusable."""
    entry = node.values.get("address")
    first = _number(node, "addresses_begin", 1, notice)
    if entry is None or first is None:
        return None if first is None else []
    if entry.value != "auto":
        message = f"address: {entry.value!r} is not auto, the only value in autoenum"
        _refuse(notice, entry.value_origin, message, "write address auto")
        return None
    net = node.values.get("net")
    if net is None:
        _refuse(notice, entry.origin, "address auto needs a net", "add net A.B.C.D")
        return None
    base = _base(net, netmask_length)
    if base is None:
        _refuse(notice, net.value_origin, f"net: {net.rest!r} is not A.B.C.D or A.B.C.D/len")
        return None
    return _counted(*base, first, count, net, notice)


def _base(
    net: ExpandedStatement, netmask_length: int | None
) -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Network] | None:
    """The address to count from and the net that bounds the addresses; None if *net* is not a net.

    The prefix length is ``/len``, else that of the netmask, else derived from trailing zero octets.
    """
    text, _, length = net.rest.partition("/")
    if text.count(".") == 2:
        text += ".0"
    try:
        address = ipaddress.IPv4Address(text)
        if not length:
            length = str(_natural_length(address) if netmask_length is None else netmask_length)
        return address, ipaddress.IPv4Network(f"{text}/{length}", strict=False)
    except ValueError:
        return None


def _natural_length(address: ipaddress.IPv4Address) -> int:
    octets = address.packed
    if octets[3]:
        return 24
    return 24 if octets[2] else 16 if octets[1] else 8


def _counted(
    base: ipaddress.IPv4Address,
    net: ipaddress.IPv4Network,
    first: int,
    count: int,
    entry: ExpandedStatement,
    notice: Notice,
) -> list[str] | None:
    low, high = int(base) + first, int(base) + first + count - 1
    # the first and the last address of a net are its network and broadcast address, except in /31 and /32
    spare = 1 if net.prefixlen < 31 else 0
    lowest, highest = int(net.network_address) + spare, int(net.broadcast_address) - spare
    if not lowest <= low <= high <= highest:
        usable = highest - lowest + 1
        noun = "address" if count == 1 else "addresses"
        message = f"{count} {noun} from {base} + {first} on: the net {net} has {usable} usable"
        hint = "set a larger net (net A.B.C.D/len), a smaller numhosts or another addresses_begin"
        notice(Diagnostic("autoenum-overflow", message, entry.value_origin, hint))
        return None
    return [str(ipaddress.IPv4Address(value)) for value in range(low, high + 1)]


def _servers(node: ExpandedBlock, count: int, notice: Notice) -> list[ExpandedStatement] | None:
    """The entry of ``service_hosts`` for each host, in order; shorter than *count* if the entries run out."""
    block = node.blocks.get("service_hosts")
    placed: list[ExpandedStatement] = []
    for entry in block.lines if block else ():
        share = _share(entry, count - len(placed))
        if share is None:
            _refuse(
                notice,
                entry.value_origin,
                f"service_hosts: {entry.rest!r} is not a number of hosts",
                "write SERVER, SERVER count or SERVER all",
            )
            return None
        placed += [entry] * min(share, count - len(placed))
    if block and len(placed) < count:
        message = f"service_hosts covers {len(placed)} of {count} hosts; the others get no service_host"
        notice(
            Diagnostic("autoenum-unplaced", message, block.origin, "end the block with the line: SERVER all")
        )
    return placed


def _share(entry: ExpandedStatement, left: int) -> int | None:
    if entry.rest in ("", "all"):
        return left if entry.rest else 1
    return int(entry.rest) if entry.rest.isascii() and entry.rest.isdigit() and len(entry.rest) < 9 else None


def drafts(made: AutoenumRequest, existing: dict[str, RawBlock]) -> Iterator[RawBlock]:
    """Yield the new hosts of *made*; complete hosts in *existing* in place.

    A host's own settings take precedence over those of autoenum.
    """
    for index, name in enumerate(made.names()):
        host = existing.get(name)
        if host is None:
            host = RawBlock(Word(name, made.node.origin.span), made.node.origin)
            yield host
        _set(host, "superclass", made.superclass)
        if index < len(made.servers):
            _set(host, "service_host", made.servers[index], made.servers[index].name)
        if made.addresses:
            _set(_eth0(host), "address", made.node.values["net"], made.addresses[index])
        if made.user is not None:
            _add_user(host, made.user, name)


def _set(draft: RawBlock, name: str, entry: ExpandedStatement, value: str | None = None) -> None:
    if not any(line.words[0].text == name for line in draft.lines):
        draft.lines.append(_statement(entry, name, value if value is not None else entry.value))


def _statement(entry: ExpandedStatement, name: str, value: str) -> RawStatement:
    span = entry.statement.origin.span
    via = Via("autoenum", span, entry.statement.via)
    return RawStatement((Word(name, span), Word(value, span)), via)


def _eth0(host: RawBlock) -> RawBlock:
    network = host.blocks.setdefault("network", RawBlock(Word("network", host.origin.span), host.origin))
    return network.blocks.setdefault("eth0", RawBlock(Word("eth0", host.origin.span), host.origin))


def _add_user(host: RawBlock, user: ExpandedStatement, name: str) -> None:
    users = host.blocks.setdefault("users", RawBlock(Word("users", host.origin.span), host.origin))
    if not any(line.words[0].text == name for line in users.lines):
        users.lines.append(_statement(user, name, user.value))
