"""The tables a guest's disk is configured from: its cards and its file systems, a line each, in columns."""

from collections.abc import Iterable, Mapping

from mlnc.ir.model import Guest, Interface
from mlnc.targets.render import render

Row = tuple[str, ...]

CARDS: Row = ("# card", "mac", "start", "IPv4", "netmask", "broadcast", "gateway", "IPv6", "gateway6")
"""Heads of the network table; the columns are those of ``guest_network`` in the server's library."""


def network(interfaces: Mapping[str, Interface]) -> str:
    """The network table of a guest; ``-`` stands for what a card does not have."""
    return render("guest/network.j2", table=_aligned([CARDS, *map(_card, interfaces, interfaces.values())]))


def _card(name: str, card: Interface) -> Row:
    parts = (card.netmask, card.broadcast, card.gateway)
    ipv4 = f"{card.address}/{card.prefix_length}" if card.mode == "static" else card.mode
    ipv6 = f"{card.address6}/{card.prefix_length6}" if card.mode6 == "static" else card.mode6
    start = "auto" if card.auto else "manual"
    return (name, card.mac, start, ipv4, *(part or "-" for part in parts), ipv6, card.gateway6 or "-")


def fstab(guest: Guest) -> str:
    """The guest's ``/etc/fstab``; device names are those of the domain file, the type of the root is ``auto``."""
    rows: list[Row] = [
        (guest.root_device, "/", "auto", "defaults", "0", "1"),
        ("proc", "/proc", "proc", "defaults", "0", "0"),
    ]
    swaps = (guest.swap_device, "/swapfile" if guest.internal_swap_bytes else None)
    rows += [(swap, "none", "swap", "sw", "0", "0") for swap in swaps if swap]
    return render("guest/fstab.j2", table=_aligned(rows + mounts(guest)))


def mounts(guest: Guest) -> list[Row]:
    """The six fields of fstab(5) for each further disk; ext file systems are checked after the root."""
    return [
        (
            each.device,
            each.mountpoint,
            each.fstype,
            each.options or "defaults",
            "0",
            "2" if each.fstype.startswith("ext") else "0",
        )
        for each in guest.mounts
    ]


def _aligned(rows: Iterable[Row]) -> str:
    """*rows* as lines with every column as wide as its widest field."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
