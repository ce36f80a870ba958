"""Compute and check the addresses of one network card; used by the checks and by lowering."""

import ipaddress
from dataclasses import dataclass

from mlnc.compiler.diagnostics import Diagnostic, Notice
from mlnc.compiler.typed_model import TypedBlock
from mlnc.compiler.values import Address, Address6


@dataclass(frozen=True, slots=True)
class Static:
    """A static IPv4 configuration."""

    interface: ipaddress.IPv4Interface
    broadcast: ipaddress.IPv4Address
    gateway: ipaddress.IPv4Address | None


def ipv4(card: TypedBlock, notice: Notice) -> Static | None:
    """The static IPv4 configuration of *card*.

    None for dhcp, without an address, and, with a diagnostic to *notice*, without a usable prefix length.
    """
    address = card.get("address")
    if not isinstance(address, Address):
        _report_unused(card, address, notice)
        return None
    length = _length(card, address, notice)
    if length is None:
        return None
    interface = ipaddress.IPv4Interface((int(address.address), length))
    _check_usable(card, interface, notice)
    return Static(interface, _broadcast(card, interface, notice), _gateway(card, interface, notice))


def _report(card: TypedBlock, name: str, code: str, message: str, hint: str | None, notice: Notice) -> None:
    origin = card.statement_origin(name) if code == "without-effect" else card.value_origin(name)
    notice(Diagnostic(code, message, origin, hint))


def _report_unused(card: TypedBlock, address: object, notice: Notice) -> None:
    for name in ("netmask", "broadcast", "gateway"):
        setting = card.setting(name)
        # a superclass may set the netmask for cards without an address: only the card's own settings are reported
        if setting is not None and setting.entry.inherited is None:
            reason = "the address is assigned by dhcp" if address == "dhcp" else "the card has no address"
            _report(card, name, "without-effect", f"{name} has no effect: {reason}", None, notice)


def _length(card: TypedBlock, address: Address, notice: Notice) -> int | None:
    masked: int | None = card.get("netmask")
    if address.length is None and masked is None:
        message = f"address {address.address} has neither a netmask nor a /length"
        _report(
            card,
            "address",
            "missing-netmask",
            message,
            f"write address {address.address}/24, or add a netmask",
            notice,
        )
        return None
    if address.length is not None and masked is not None and address.length != masked:
        own, other = f"{address.address}/{address.length}", ipaddress.IPv4Network((0, masked)).netmask
        message = f"netmask {other} (/{masked}) contradicts address {own}"
        _report(card, "netmask", "address-conflict", message, "keep one of them", notice)
    return masked if address.length is None else address.length


def _check_usable(card: TypedBlock, interface: ipaddress.IPv4Interface, notice: Notice) -> None:
    net, address = interface.network, interface.ip
    reason = None
    if net.prefixlen < 31 and address == net.network_address:
        reason = f"is the network address of {net}"
    elif net.prefixlen < 31 and address == net.broadcast_address:
        reason = f"is the broadcast address of {net}"
    elif address.is_multicast or address.is_unspecified or address.is_loopback:
        reason = "is not usable as the address of a network card"
    if reason:
        _report(card, "address", "address-conflict", f"{address} {reason}", None, notice)


def _broadcast(card: TypedBlock, interface: ipaddress.IPv4Interface, notice: Notice) -> ipaddress.IPv4Address:
    written = card.get("broadcast")
    if written is None:
        return interface.network.broadcast_address
    address = ipaddress.IPv4Address(written)
    if address not in interface.network:
        _report(
            card,
            "broadcast",
            "address-conflict",
            f"broadcast address {address} is not in the net {interface.network}",
            None,
            notice,
        )
    return address


def _gateway(
    card: TypedBlock, interface: ipaddress.IPv4Interface, notice: Notice
) -> ipaddress.IPv4Address | None:
    written = card.get("gateway")
    if written is None:
        return None
    address = ipaddress.IPv4Address(written)
    if address not in interface.network:
        hint = "check the netmask and the octets: the card must reach its gateway directly"
        message = f"gateway {address} is not in the net {interface.network}"
        _report(card, "gateway", "address-conflict", message, hint, notice)
    elif address == interface.ip:
        _report(
            card,
            "gateway",
            "address-conflict",
            f"gateway {address} is the card's own address",
            None,
            notice,
        )
    return address


def ipv6(card: TypedBlock, notice: Notice) -> ipaddress.IPv6Interface | None:
    """The static IPv6 address of *card* with its prefix length; None for auto and without an address."""
    address, gateway = card.get("address6"), card.get("gateway6")
    if not isinstance(address, Address6):
        if gateway is not None:
            reason = (
                "router advertisements announce the gateway"
                if address == "auto"
                else "the card has no address6"
            )
            _report(card, "gateway6", "without-effect", f"gateway6 has no effect: {reason}", None, notice)
        return None
    interface = ipaddress.IPv6Interface((int(address.address), address.length))
    if address.address.is_multicast or address.address.is_unspecified or address.address.is_loopback:
        _report(
            card,
            "address6",
            "address-conflict",
            f"{address.address} is not usable as the address of a network card",
            None,
            notice,
        )
    if gateway is not None:
        other = ipaddress.IPv6Address(gateway)
        if other not in interface.network and not other.is_link_local:
            message = f"gateway6 {other} is neither in the net {interface.network} nor link-local"
            _report(card, "gateway6", "address-conflict", message, None, notice)
    return interface
