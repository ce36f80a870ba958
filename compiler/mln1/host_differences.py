"""Where MLN 1.0.8.8 makes other hosts, cards and switches of a project than mlnc does (mln-language.md, section 9)."""

from collections.abc import Callable, Iterator

from mlnc.compiler import autoenum, naming
from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.expansion import Expanded
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.typed_model import ProjectModel

Found = Iterator[Diagnostic]
_LONGEST_SWITCH = 15


def _enumerations(expanded: Expanded) -> Iterator[ExpandedBlock]:
    for name in autoenum.BLOCKS:
        if name in expanded.globals.blocks:
            yield expanded.globals.blocks[name]


def _value(node: ExpandedBlock | None, name: str) -> str | None:
    entry = node.values.get(name) if node is not None else None
    return entry.value if entry is not None else None


def _count(node: ExpandedBlock) -> int:
    text = _value(node, "numhosts") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def prefixes(expanded: Expanded) -> Found:
    """An autoenum without ``hostprefix``."""
    for node in _enumerations(expanded):
        if _value(node, "hostprefix") is None:
            message = "MLN 1.0.8.8 calls these hosts by their numbers alone: its default prefix is empty"
            yield Diagnostic("mln1-autoenum-prefix", message, node.origin, "write hostprefix node")


def first_addresses(expanded: Expanded) -> Found:
    """Addresses that are counted otherwise: from the net itself, past 255, from a net with a length."""
    for node in _enumerations(expanded):
        net, begin = _value(node, "net"), _value(node, "addresses_begin")
        if _value(node, "address") != "auto" or net is None:
            continue
        origin = node.values["net"].origin
        last = net.split(".")[3:]
        if "/" in net:
            message, hint = "MLN 1.0.8.8 knows no prefix length in a net", "write the net alone: A.B.C.D"
        elif begin is None:
            message = "MLN 1.0.8.8 gives the first host the address of the net itself"
            hint = "write addresses_begin 1"
        elif int(last[0] if last else 0) + int(begin) + _count(node) - 1 > 255:
            message, hint = "MLN 1.0.8.8 counts past 255 in the last octet", "take a lower addresses_begin"
        else:
            continue
        yield Diagnostic("mln1-autoenum-address", message, origin, hint)


_SHADOWED = ("address", "addresses_begin", "autouser")


def numbered(expanded: Expanded) -> Found:
    """The numbered forms, which the original mixes up."""
    blocks = {node.name: node for node in _enumerations(expanded)}
    plain = blocks.pop("autoenum", None)
    for name, node in blocks.items():
        if plain is not None and plain.values:
            message, hint = f"MLN 1.0.8.8 does not look at {name} beside autoenum", "number all of them"
        elif _count(node) > 9:
            message = "MLN 1.0.8.8 pads the numbers of these hosts with no zeros"
            hint = "make fewer than 10 hosts in a block"
        elif any(_shadowed(blocks.get(f"autoenum{host}"), node) for host in range(1, _count(node) + 1)):
            message = (
                f"MLN 1.0.8.8 takes {', '.join(_SHADOWED)} of host n from the block autoenum<n>, not {name}"
            )
            hint = "write the hosts out, or use autoenum alone"
        else:
            continue
        yield Diagnostic("mln1-autoenum-numbered", message, node.origin, hint)


def _shadowed(other: ExpandedBlock | None, node: ExpandedBlock) -> bool:
    return any(_value(other, key) != _value(node, key) for key in _SHADOWED)


def completed(expanded: Expanded) -> Found:
    """Hosts that are written out, which autoenum overrides in the original."""
    for node in _enumerations(expanded):
        prefix, count = _value(node, "hostprefix") or "node", _count(node)
        names = (f"{prefix}{number:0{len(str(count))}}" for number in range(1, count + 1))
        for host in (expanded.hosts[name] for name in names if name in expanded.hosts):
            for entry in _own(host, node):
                message = f"MLN 1.0.8.8 lets autoenum override {entry.name} of a host that is written out"
                hint = "give the host a name that autoenum does not make"
                yield Diagnostic("mln1-autoenum-host", message, entry.origin, hint)


def _own(host: ExpandedBlock, node: ExpandedBlock) -> Iterator[ExpandedStatement]:
    """What *host* itself says of the settings that the autoenum block *node* makes."""
    made = {"superclass", *(["service_host"] if "service_hosts" in node.blocks else [])}
    entries = [entry for name, entry in host.values.items() if name in made]
    eth0 = host.blocks.get("network", host).blocks.get("eth0")
    if eth0 is not None and _value(node, "address") == "auto":
        entries += [entry for name, entry in eth0.values.items() if name == "address"]
    for entry in entries:
        via = entry.statement.via
        if entry.inherited is None and (via is None or via.kind != "autoenum"):
            yield entry


def _switches(host: ExpandedBlock) -> set[str]:
    """The switches that *host* is plugged into."""
    cards = host.blocks["network"].blocks.values() if "network" in host.blocks else ()
    return {name for name in (_value(card, "switch") for card in cards) if name is not None}


def _xen_switches(host: ExpandedBlock) -> set[str]:
    return _switches(host) if "xen" in host.values else set()


def plugged(expanded: Expanded) -> Found:
    """Switches whose Xen hosts are all made by autoenum, which the original plugs in too late."""
    places = {node.origin.key: node for node in _enumerations(expanded)}
    made = {
        name: places[host.origin.key] for name, host in expanded.hosts.items() if host.origin.key in places
    }
    others = {
        each for name, host in expanded.hosts.items() if name not in made for each in _xen_switches(host)
    }
    for name, node in made.items():
        for switch in sorted(_xen_switches(expanded.hosts[name]) - others):
            others.add(switch)
            message = (
                f"MLN 1.0.8.8 makes no bridge of switch {switch}: it looks for Xen hosts before autoenum"
            )
            hint = f"write a bridge for the cards, or one host on {switch} by itself"
            yield Diagnostic("mln1-autoenum-switch", message, node.origin, hint)


def bridges(expanded: Expanded) -> Found:
    """Names of bridges that the original shortens otherwise, or stumbles over."""
    used = {switch for host in expanded.hosts.values() for switch in _switches(host)}
    for name, node in expanded.switches.items():
        full = f"{name}.{expanded.project}"
        if name not in used or "bridge" in node.values or len(full) <= naming.LONGEST_BRIDGE:
            continue
        if len(name) > _LONGEST_SWITCH:
            message = f"MLN 1.0.8.8 dies of a name of {len(name)} characters for a switch"
            hint = f"name it with up to {_LONGEST_SWITCH}, or write bridge NAME in it"
            yield Diagnostic("mln1-switch-name", message, node.origin, hint)
        else:
            end = expanded.project[-(_LONGEST_SWITCH - len(name)) or len(expanded.project) :]
            short = full if len(full) == 16 else f"{name}.{end}"
            ours = naming.bridge(name, expanded.project)
            message = f"MLN 1.0.8.8 calls the bridge of this switch {short}, mlnc {ours}"
            yield Diagnostic("mln1-bridge-name", message, node.origin, "write bridge NAME in the switch")


def cards(expanded: Expanded) -> Found:
    """Cards that are not called eth0, eth1 and so on without a gap."""
    for host in expanded.hosts.values():
        named = host.blocks["network"].blocks if "network" in host.blocks else {}
        for name, card in named.items():
            if name not in {f"eth{number}" for number in range(len(named))}:
                message = f"MLN 1.0.8.8 leaves {name} out: it looks at eth0 to eth{len(named) - 1} only"
                hint = "call the cards eth0, eth1 and so on without a gap"
                yield Diagnostic("mln1-interface-gap", message, card.origin, hint)


CHECKS: tuple[Callable[[Expanded], Found], ...] = (
    prefixes,
    first_addresses,
    numbered,
    completed,
    plugged,
    bridges,
    cards,
)


def user_mode(model: ProjectModel) -> Found:
    """Xen domains that do not say so."""
    for host in model.hosts.values():
        if host.get("xen") is None and not host.free:
            message = "MLN 1.0.8.8 takes a host that does not say xen for a User-Mode Linux machine"
            yield Diagnostic("mln1-uml-host", message, host.origin, "write xen in it or in a superclass")
