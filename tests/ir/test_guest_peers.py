"""Entries of /etc/hosts: addresses on the nearest shared network."""

from typing import Any

from courses import guest, host, interface, project, switch

from mlnc.ir.guest_peers import GuestPeers
from mlnc.ir.model import Host, Interface
from mlnc.targets.guest.guest_hosts_file import HostsFiles


def card(address: str | None, switch: str | None = None, **changes: Any) -> Interface:
    mode = "static" if address else "dhcp"
    return interface(**{"address": address, "switch": switch, "mode": mode, **changes})


def machine(name: str, *cards: Interface) -> Host:
    named = {f"eth{number}": each for number, each in enumerate(cards)}
    return host(guest=guest(hostname=name), interfaces=named)


def peers(name: str, *machines: Host) -> list[tuple[str, str]]:
    hosts = {each.guest.hostname: each for each in machines}
    plugged = {card.switch for each in machines for card in each.interfaces.values() if card.switch}
    made = project(hosts=hosts, switches={name: switch() for name in sorted(plugged)})
    return list(GuestPeers(made).of(name))


ROUTER = machine("router", card("128.39.73.1"), card("10.1.0.1", "left"), card("10.2.0.1", "right"))
LEFT = machine("left", card("10.1.0.2", "left"))
RIGHT = machine("right", card("10.2.0.2", "right"))


def test_a_router_gets_its_address_on_the_shared_network() -> None:
    assert peers("left", ROUTER, LEFT, RIGHT) == [("10.1.0.1", "router"), ("10.2.0.2", "right")]
    assert peers("right", ROUTER, LEFT, RIGHT) == [("10.2.0.1", "router"), ("10.1.0.2", "left")]
    assert peers("router", ROUTER, LEFT, RIGHT) == [("10.1.0.2", "left"), ("10.2.0.2", "right")]


def test_the_first_card_decides_between_two_near_networks() -> None:
    both = machine("both", card("10.2.0.9", "right"), card("10.1.0.9", "left"))
    assert peers("both", ROUTER, both) == [("10.2.0.1", "router")]


def test_hosts_without_a_switch_get_their_first_address() -> None:
    alone = machine("alone", card(None), card("128.39.73.5"))
    assert peers("left", LEFT, alone) == [("128.39.73.5", "alone")]
    assert peers("alone", LEFT, alone, ROUTER) == [("10.1.0.2", "left"), ("128.39.73.1", "router")]


def test_a_card_without_an_address_gives_no_entry() -> None:
    dhcp = machine("dhcp", card(None, "left"))
    behind = machine("behind", card(None, "left"), card("10.2.0.7", "right"))
    assert peers("left", LEFT, dhcp, behind) == [("10.2.0.7", "behind")]


def test_entries_have_both_address_families_and_both_names() -> None:
    web = machine("web.example.org", card("10.1.0.8", "left", address6="2001:db8::8", prefix_length6=64))
    assert peers("left", LEFT, web) == [
        ("10.1.0.8", "web.example.org web"),
        ("2001:db8::8", "web.example.org web"),
    ]


def test_the_file_begins_with_the_host_itself() -> None:
    made = HostsFiles(project(hosts={"left": LEFT, "router": ROUTER}))
    lines = made.text("left").splitlines()
    assert lines[1:3] == ["127.0.0.1 localhost", "127.0.1.1 left"]
    assert lines[-1] == "10.1.0.1 router"


def test_the_search_ends_in_a_ring_of_switches() -> None:
    ring = [
        machine(f"n{i}", card(f"10.{i}.0.1", f"s{i}"), card(f"10.{(i + 1) % 4}.0.2", f"s{(i + 1) % 4}"))
        for i in range(4)
    ]
    assert peers("n0", *ring) == [("10.1.0.1", "n1"), ("10.3.0.2", "n2"), ("10.0.0.2", "n3")]
