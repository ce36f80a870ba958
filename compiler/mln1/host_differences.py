"""Differences in the hosts, network cards and switches that MLN 1.0.8.8 builds (mln-language.md, section 9)."""

from collections.abc import Callable, Iterator

from mlnc.compiler import autoenum, naming
from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.expansion import Expanded
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.typed_model import ProjectModel

Findings = Iterator[Diagnostic]
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


def default_prefixes(expanded: Expanded) -> Findings:
    """autoenum without ``hostprefix``."""
    for node in _enumerations(expanded):
        if _value(node, "hostprefix") is None:
            message = "MLN 1.0.8.8 names these hosts by number only, because its default hostprefix is empty"
            yield Diagnostic("mln1-autoenum-prefix", message, node.origin, "add hostprefix node")


def first_addresses(expanded: Expanded) -> Findings:
    """Different host addresses: starting at the network itself, above 255, or from a net with a prefix length."""
    for node in _enumerations(expanded):
        net, begin = _value(node, "net"), _value(node, "addresses_begin")
        if _value(node, "address") != "auto" or net is None:
            continue
        origin = node.values["net"].origin
        last = net.split(".")[3:]
        if "/" in net:
            message, hint = "MLN 1.0.8.8 does not support a prefix length in net", "write net as A.B.C.D"
        elif begin is None:
            message = "MLN 1.0.8.8 gives the first host the address of the network itself"
            hint = "add addresses_begin 1"
        elif int(last[0] if last else 0) + int(begin) + _count(node) - 1 > 255:
            message, hint = "MLN 1.0.8.8 counts past 255 in the last octet", "lower addresses_begin"
        else:
            continue
        yield Diagnostic("mln1-autoenum-address", message, origin, hint)


_PER_HOST_NUMBER = ("address", "addresses_begin", "autouser")


def numbered_forms(expanded: Expanded) -> Findings:
    """Numbered forms, which MLN 1 ignores or mixes up."""
    blocks = {node.name: node for node in _enumerations(expanded)}
    plain = blocks.pop("autoenum", None)
    for name, node in blocks.items():
        if plain is not None and plain.values:
            message, hint = (
                f"MLN 1.0.8.8 ignores {name} if autoenum is also present",
                "use numbered forms only",
            )
        elif _count(node) > 9:
            message = "MLN 1.0.8.8 does not pad the numbers of these hosts with zeros"
            hint = "generate fewer than 10 hosts per block"
        elif any(_differs(blocks.get(f"autoenum{host}"), node) for host in range(1, _count(node) + 1)):
            names = ", ".join(_PER_HOST_NUMBER)
            message = f"MLN 1.0.8.8 takes {names} of host n from the block autoenum<n> instead of {name}"
            hint = "write the hosts separately, or use the plain autoenum only"
        else:
            continue
        yield Diagnostic("mln1-autoenum-numbered", message, node.origin, hint)


def _differs(other: ExpandedBlock | None, node: ExpandedBlock) -> bool:
    return any(_value(other, key) != _value(node, key) for key in _PER_HOST_NUMBER)


def overwritten_hosts(expanded: Expanded) -> Findings:
    """Settings of separately written hosts, which autoenum overwrites in MLN 1."""
    for node in _enumerations(expanded):
        prefix, count = _value(node, "hostprefix") or "node", _count(node)
        names = (f"{prefix}{number:0{len(str(count))}}" for number in range(1, count + 1))
        for host in (expanded.hosts[name] for name in names if name in expanded.hosts):
            for entry in _overwritten_settings(host, node):
                message = f"MLN 1.0.8.8 overwrites {entry.name} of this host with the value from autoenum"
                hint = "give the host a name that autoenum does not generate"
                yield Diagnostic("mln1-autoenum-host", message, entry.origin, hint)


def _overwritten_settings(host: ExpandedBlock, node: ExpandedBlock) -> Iterator[ExpandedStatement]:
    """Settings written in *host* itself that the autoenum block *node* also generates."""
    generated = {"superclass", *(["service_host"] if "service_hosts" in node.blocks else [])}
    entries = [entry for name, entry in host.values.items() if name in generated]
    eth0 = host.blocks.get("network", host).blocks.get("eth0")
    if eth0 is not None and _value(node, "address") == "auto":
        entries += [entry for name, entry in eth0.values.items() if name == "address"]
    for entry in entries:
        via = entry.statement.via
        if entry.inherited is None and (via is None or via.kind != "autoenum"):
            yield entry


def _switches(host: ExpandedBlock) -> set[str]:
    """Names of the switches to which *host* is connected."""
    cards = host.blocks["network"].blocks.values() if "network" in host.blocks else ()
    return {name for name in (_value(card, "switch") for card in cards) if name is not None}


def _xen_switches(host: ExpandedBlock) -> set[str]:
    return _switches(host) if "xen" in host.values else set()


def switches_of_generated_hosts(expanded: Expanded) -> Findings:
    """Switches with generated Xen hosts only, for which MLN 1 creates no bridge."""
    enumerations = {node.origin.key: node for node in _enumerations(expanded)}
    generated = {
        name: enumerations[host.origin.key]
        for name, host in expanded.hosts.items()
        if host.origin.key in enumerations
    }
    done = {
        each for name, host in expanded.hosts.items() if name not in generated for each in _xen_switches(host)
    }
    for name, node in generated.items():
        for switch in sorted(_xen_switches(expanded.hosts[name]) - done):
            done.add(switch)
            message = (
                f"MLN 1.0.8.8 creates no bridge for switch {switch}: it collects Xen hosts before autoenum"
            )
            hint = f"set bridge for the network cards, or write one host on {switch} separately"
            yield Diagnostic("mln1-autoenum-switch", message, node.origin, hint)


def bridge_names(expanded: Expanded) -> Findings:
    """Bridge names that MLN 1 shortens differently, and switch names that abort MLN 1."""
    used = {switch for host in expanded.hosts.values() for switch in _switches(host)}
    for name, node in expanded.switches.items():
        full = f"{name}.{expanded.project}"
        if name not in used or "bridge" in node.values or len(full) <= naming.LONGEST_BRIDGE:
            continue
        if len(name) > _LONGEST_SWITCH:
            message = f"MLN 1.0.8.8 aborts on a switch name of {len(name)} characters"
            hint = f"use at most {_LONGEST_SWITCH} characters, or add bridge NAME to the switch"
            yield Diagnostic("mln1-switch-name", message, node.origin, hint)
        else:
            ending = expanded.project[-(_LONGEST_SWITCH - len(name)) or len(expanded.project) :]
            mln1_name = full if len(full) == 16 else f"{name}.{ending}"
            mlnc_name = naming.bridge(name, expanded.project)
            message = f"MLN 1.0.8.8 names the bridge of this switch {mln1_name}; mlnc names it {mlnc_name}"
            yield Diagnostic("mln1-bridge-name", message, node.origin, "add bridge NAME to the switch")


def interface_gaps(expanded: Expanded) -> Findings:
    """Network cards outside the sequence eth0, eth1 and so on."""
    for host in expanded.hosts.values():
        named = host.blocks["network"].blocks if "network" in host.blocks else {}
        for name, card in named.items():
            if name not in {f"eth{number}" for number in range(len(named))}:
                read = "eth0" if len(named) == 1 else f"eth0 to eth{len(named) - 1}"
                message = f"MLN 1.0.8.8 ignores {name}: it reads only {read}"
                hint = "name the network cards eth0, eth1 and so on without a gap"
                yield Diagnostic("mln1-interface-gap", message, card.origin, hint)


CHECKS: tuple[Callable[[Expanded], Findings], ...] = (
    default_prefixes,
    first_addresses,
    numbered_forms,
    overwritten_hosts,
    switches_of_generated_hosts,
    bridge_names,
    interface_gaps,
)


def user_mode(model: ProjectModel) -> Findings:
    """Xen domains without the directive xen."""
    for host in model.hosts.values():
        if host.get("xen") is None and not host.free:
            message = "MLN 1.0.8.8 treats a host without xen as a User-Mode Linux machine"
            yield Diagnostic(
                "mln1-uml-host", message, host.origin, "add xen to the host or to its superclass"
            )
