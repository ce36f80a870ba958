"""The addresses of one interface, worked out and checked: what checks complain of and lowering relies on."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.typed_model import TypedBlock
from mlnc.compiler.values import Address, Address6

Complain = Callable[[Diagnostic], None]


@dataclass(frozen=True, slots=True)
class Static:
    """A static IPv4 configuration."""

    interface: ipaddress.IPv4Interface
    broadcast: ipaddress.IPv4Address
    gateway: ipaddress.IPv4Address | None


def ipv4(card: TypedBlock, complain: Complain) -> Static | None:
    """The static IPv4 configuration of *card*; None for dhcp, for none, and, with a complaint, for a wrong one."""
    address = card.get("address")
    if not isinstance(address, Address):
        _without_address(card, address, complain)
        return None
    length = _length(card, address, complain)
    if length is None:
        return None
    interface = ipaddress.IPv4Interface((int(address.address), length))
    _usable(card, interface, complain)
    return Static(interface, _broadcast(card, interface, complain), _gateway(card, interface, complain))


def _say(card: TypedBlock, name: str, code: str, message: str, hint: str | None, complain: Complain) -> None:
    origin = card.statement(name) if code == "without-effect" else card.where(name)
    complain(Diagnostic(code, message, origin, hint))


def _without_address(card: TypedBlock, address: object, complain: Complain) -> None:
    for name in ("netmask", "broadcast", "gateway"):
        setting = card.setting(name)
        # a superclass may bring the netmask of cards that turn out to have none: only what is said here counts
        if setting is not None and setting.entry.inherited is None:
            reason = "the address comes by dhcp" if address == "dhcp" else "there is no address"
            _say(card, name, "without-effect", f"{name} has no effect: {reason}", None, complain)


def _length(card: TypedBlock, address: Address, complain: Complain) -> int | None:
    masked: int | None = card.get("netmask")
    if address.length is None and masked is None:
        message = f"address {address.address} has neither a netmask nor a /length"
        _say(
            card,
            "address",
            "missing-netmask",
            message,
            f"write address {address.address}/24, or a netmask",
            complain,
        )
        return None
    if address.length is not None and masked is not None and address.length != masked:
        own, other = f"{address.address}/{address.length}", ipaddress.IPv4Network((0, masked)).netmask
        message = f"netmask {other} is /{masked}, but the address says {own}"
        _say(card, "netmask", "address-conflict", message, "keep one of them", complain)
    return masked if address.length is None else address.length


def _usable(card: TypedBlock, interface: ipaddress.IPv4Interface, complain: Complain) -> None:
    net, address = interface.network, interface.ip
    reason = None
    if net.prefixlen < 31 and address == net.network_address:
        reason = f"is the address of the net {net} itself"
    elif net.prefixlen < 31 and address == net.broadcast_address:
        reason = f"is the broadcast address of {net}"
    elif address.is_multicast or address.is_unspecified or address.is_loopback:
        reason = "is no address for a network card"
    if reason:
        _say(card, "address", "address-conflict", f"{address} {reason}", None, complain)


def _broadcast(
    card: TypedBlock, interface: ipaddress.IPv4Interface, complain: Complain
) -> ipaddress.IPv4Address:
    asked = card.get("broadcast")
    if asked is None:
        return interface.network.broadcast_address
    address = ipaddress.IPv4Address(asked)
    if address not in interface.network:
        _say(
            card,
            "broadcast",
            "address-conflict",
            f"{address} is not in the net {interface.network}",
            None,
            complain,
        )
    return address


def _gateway(
    card: TypedBlock, interface: ipaddress.IPv4Interface, complain: Complain
) -> ipaddress.IPv4Address | None:
    asked = card.get("gateway")
    if asked is None:
        return None
    address = ipaddress.IPv4Address(asked)
    if address not in interface.network:
        hint = "the gateway must be reachable: is the netmask or an octet wrong?"
        message = f"gateway {address} is not in the net {interface.network}"
        _say(card, "gateway", "address-conflict", message, hint, complain)
    elif address == interface.ip:
        _say(
            card,
            "gateway",
            "address-conflict",
            f"gateway {address} is the card's own address",
            None,
            complain,
        )
    return address


def ipv6(card: TypedBlock, complain: Complain) -> ipaddress.IPv6Interface | None:
    """The static IPv6 address of *card* with its prefix; None for auto and for none."""
    address, gateway = card.get("address6"), card.get("gateway6")
    if not isinstance(address, Address6):
        if gateway is not None:
            reason = (
                "router advertisements bring the gateway" if address == "auto" else "there is no address6"
            )
            _say(card, "gateway6", "without-effect", f"gateway6 has no effect: {reason}", None, complain)
        return None
    interface = ipaddress.IPv6Interface((int(address.address), address.length))
    if address.address.is_multicast or address.address.is_unspecified or address.address.is_loopback:
        _say(
            card,
            "address6",
            "address-conflict",
            f"{address.address} is no address for a network card",
            None,
            complain,
        )
    if gateway is not None:
        other = ipaddress.IPv6Address(gateway)
        if other not in interface.network and not other.is_link_local:
            message = f"gateway6 {other} is neither in the net {interface.network} nor link-local"
            _say(card, "gateway6", "address-conflict", message, None, complain)
    return interface
