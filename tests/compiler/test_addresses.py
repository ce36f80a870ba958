"""The addresses of a card, against what Python's ipaddress says of the same words."""

import ipaddress
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

from hypothesis import assume, given
from hypothesis import strategies as st

from mlnc.compiler.addresses import Static, ipv4, ipv6
from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.outline import RawStatement
from mlnc.compiler.source import Origin, Source, Span
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.syntax_tree import Word
from mlnc.compiler.typed_model import TypedBlock, TypedSetting
from mlnc.compiler.values import parse
from mlnc.schemas.language import load

NOWHERE = Span(Source("test.mln", "x"), 0, 1)
V4, V6, LENGTH = st.ip_addresses(v=4), st.ip_addresses(v=6), st.integers(0, 32)


def card(**words: str | None) -> TypedBlock:
    """A card whose directives have these values."""
    made = TypedBlock(ExpandedBlock("eth0", Origin(NOWHERE)))
    for name, text in words.items():
        directive = load().get("network", name)
        assert directive is not None
        if text is not None:
            entry = ExpandedStatement(
                name, text, f"{name} {text}", RawStatement((Word(name, NOWHERE), Word(text, NOWHERE)))
            )
            made.scalars[name] = [TypedSetting(parse(text, directive), entry, directive)]
    return made


def looked_at(made: TypedBlock) -> tuple[Static | None, list[Diagnostic]]:
    complaints: list[Diagnostic] = []
    return ipv4(made, complaints.append), complaints


def usable(interface: IPv4Interface) -> bool:
    address, net = interface.ip, interface.network
    ends = (net.network_address, net.broadcast_address) if net.prefixlen < 31 else ()
    return address not in ends and not (address.is_multicast or address.is_unspecified or address.is_loopback)


@given(V4, LENGTH)
def test_length_and_netmask_say_the_same(address: IPv4Address, length: int) -> None:
    netmask = ipaddress.ip_network((0, length)).netmask
    ways = (
        card(address=f"{address}/{length}"),
        card(address=str(address), netmask=str(netmask)),
        card(address=str(address), netmask=f"/{length}"),
        card(address=f"{address}/{length}", netmask=str(netmask)),
    )
    wanted = IPv4Interface((int(address), length))
    for found, complaints in map(looked_at, ways):
        assert found == Static(wanted, wanted.network.broadcast_address, None)
        assert (complaints == []) is usable(wanted)


@given(V4, LENGTH, LENGTH)
def test_two_lengths_contradict_each_other(address: IPv4Address, length: int, other: int) -> None:
    assume(length != other)
    _, complaints = looked_at(card(address=f"{address}/{length}", netmask=f"/{other}"))
    assert complaints[0].code == "address-conflict"


@given(V4)
def test_an_address_needs_a_length(address: IPv4Address) -> None:
    found, complaints = looked_at(card(address=str(address)))
    assert found is None
    assert [each.code for each in complaints] == ["missing-netmask"]


@given(V4, LENGTH, V4)
def test_a_gateway_is_another_address_of_the_net(
    address: IPv4Address, length: int, gateway: IPv4Address
) -> None:
    interface = IPv4Interface((int(address), length))
    assume(usable(interface))
    found, complaints = looked_at(card(address=f"{address}/{length}", gateway=str(gateway)))
    assert found is not None
    assert found.gateway == gateway
    good = gateway in interface.network and gateway != address
    assert [each.code for each in complaints] == ([] if good else ["address-conflict"])


@given(V4, LENGTH, V4)
def test_a_broadcast_address_is_one_of_the_net(address: IPv4Address, length: int, asked: IPv4Address) -> None:
    interface = IPv4Interface((int(address), length))
    assume(usable(interface))
    found, complaints = looked_at(card(address=f"{address}/{length}", broadcast=str(asked)))
    assert found is not None
    assert found.broadcast == asked
    assert (complaints == []) is (asked in interface.network)


@given(st.sampled_from(["netmask", "broadcast", "gateway"]), st.sampled_from([None, "dhcp"]))
def test_what_belongs_to_an_address_does_nothing_without_one(name: str, address: str | None) -> None:
    found, complaints = looked_at(card(address=address, **{name: "255.255.255.0"}))
    assert found is None
    assert [each.code for each in complaints] == ["without-effect"]


@given(V6, st.integers(0, 128), st.none() | V6)
def test_ipv6(address: IPv6Address, length: int, gateway: IPv6Address | None) -> None:
    complaints: list[Diagnostic] = []
    made = card(address6=f"{address}/{length}", gateway6=str(gateway) if gateway else None)
    interface = IPv6Interface((int(address), length))
    assert ipv6(made, complaints.append) == interface
    bad = address.is_multicast or address.is_unspecified or address.is_loopback
    away = gateway is not None and gateway not in interface.network and not gateway.is_link_local
    assert len(complaints) == bad + away


def test_ipv6_without_an_address() -> None:
    complaints: list[Diagnostic] = []
    assert ipv6(card(address6="auto", gateway6="fe80::1"), complaints.append) is None
    assert ipv6(card(gateway6="fe80::1"), complaints.append) is None
    assert ipv6(card(address6="auto"), complaints.append) is None
    assert [each.code for each in complaints] == ["without-effect", "without-effect"]
