"""Entries of a guest's ``/etc/hosts``: the other hosts of its project.

Source: mln-directives.md, section 8 (hostsFile). A peer gets its address on the nearest network that both hosts reach:
a breadth-first search over the switches finds a neighbour on the same switch before one behind a router. A peer that
no switch connects gets its first static address. A card without a static address gives no entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Host, Interface, Project

Start = tuple[str, ...]
"""The switches of a host in the order of its cards: the start of its search."""


@dataclass(frozen=True, slots=True)
class _Plug:
    """A card of a host that is a member of a switch."""

    host: str
    card: Interface


class GuestPeers:
    """The peers of every host of one project."""

    def __init__(self, project: Project) -> None:
        self._hosts = project.hosts
        self._plugs: dict[str, list[_Plug]] = {}
        for name, host in project.hosts.items():
            for card in host.interfaces.values():
                if card.switch is not None:
                    self._plugs.setdefault(card.switch, []).append(_Plug(name, card))
        self._searches: dict[Start, dict[str, Interface]] = {}

    def of(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield address and names of every host other than *name* that has an address, in the order of the project."""
        start = _switches(self._hosts[name])
        if start not in self._searches:
            self._searches[start] = self._search(start)
        nearest = self._searches[start]
        for peer, host in self._hosts.items():
            card = nearest.get(peer) or next(filter(_has_address, host.interfaces.values()), None)
            if peer != name and card is not None:
                for address in filter(None, (card.address, card.address6)):
                    yield address, with_short_name(host.guest.hostname)

    def _search(self, start: Start) -> dict[str, Interface]:
        """Return the nearest card with an address of each host, searching outwards from the switches *start*."""
        found: dict[str, Interface] = {}
        seen, wave = set(start), list(start)
        while wave:
            plugs = [plug for switch in wave for plug in self._plugs[switch]]
            for plug in plugs:
                if _has_address(plug.card):
                    found.setdefault(plug.host, plug.card)
            further = (switch for plug in plugs for switch in _switches(self._hosts[plug.host]))
            wave = [switch for switch in dict.fromkeys(further) if switch not in seen]
            seen.update(wave)
        return found


def _switches(host: Host) -> Start:
    return tuple(dict.fromkeys(card.switch for card in host.interfaces.values() if card.switch is not None))


def _has_address(card: Interface) -> bool:
    return bool(card.address or card.address6)


def with_short_name(hostname: str) -> str:
    """Return *hostname*; if it contains a dot, followed by the part before the first dot."""
    short = hostname.partition(".")[0]
    return hostname if short == hostname else f"{hostname} {short}"
