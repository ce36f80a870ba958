"""Who a guest knows by name: its ``/etc/hosts``.

Facts: mln-directives.md, section 8 (hostsFile). A peer's address is the one it has on the nearest network that both can
reach: the switch graph is walked breadth-first, so a neighbour on the own switch comes before one behind a router.
Peers that no switch leads to get their first static address. A card without a static address names nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Host, Interface, Project

Start = tuple[str, ...]
"""The switches a host is plugged into, in the order of its cards: where its walk begins."""


@dataclass(frozen=True, slots=True)
class _Plug:
    """A card of a host in a switch."""

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
        self._walks: dict[Start, dict[str, Interface]] = {}

    def of(self, name: str) -> Iterator[tuple[str, str]]:
        """Address and names of every other host that has an address, in the order of the project."""
        start = _switches(self._hosts[name])
        if start not in self._walks:
            self._walks[start] = self._walk(start)
        nearest = self._walks[start]
        for peer, host in self._hosts.items():
            card = nearest.get(peer) or next(filter(_named, host.interfaces.values()), None)
            if peer != name and card is not None:
                for address in filter(None, (card.address, card.address6)):
                    yield address, with_short_name(host.guest.hostname)

    def _walk(self, start: Start) -> dict[str, Interface]:
        """The card by which each host is met first, going out from the switches of *start*."""
        met: dict[str, Interface] = {}
        seen, wave = set(start), list(start)
        while wave:
            plugs = [plug for switch in wave for plug in self._plugs[switch]]
            for plug in plugs:
                if _named(plug.card):
                    met.setdefault(plug.host, plug.card)
            further = (switch for plug in plugs for switch in _switches(self._hosts[plug.host]))
            wave = [switch for switch in dict.fromkeys(further) if switch not in seen]
            seen.update(wave)
        return met


def _switches(host: Host) -> Start:
    return tuple(dict.fromkeys(card.switch for card in host.interfaces.values() if card.switch is not None))


def _named(card: Interface) -> bool:
    return bool(card.address or card.address6)


def with_short_name(hostname: str) -> str:
    """The name, and after it what stands before its first dot where it has one."""
    short = hostname.partition(".")[0]
    return hostname if short == hostname else f"{hostname} {short}"
