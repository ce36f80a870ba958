"""Lowering of networks: the cards of hosts and the switches of the project."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from mlnc.compiler import naming
from mlnc.compiler.addresses import ipv4, ipv6
from mlnc.compiler.typed_model import ProjectModel, SiteModel, TypedBlock
from mlnc.ir.model import Host, Interface, Member, ServiceHost, Switch

_Mode = TypeVar("_Mode", bound=str)


def _ignore(_: object) -> None:
    """Ignore a problem that the checks have reported already."""


def bridge_of(switch: str, project: str, settings: TypedBlock | None) -> str:
    """Return the bridge of *switch*: the stated one, else one named after switch and project."""
    stated: str | None = settings.get("bridge") if settings else None
    return stated or naming.bridge(switch, project)


def interfaces(host: TypedBlock, name: str, model: ProjectModel, server: ServiceHost) -> dict[str, Interface]:
    """Return the cards of host *name*, eth2 before eth10."""
    cards = host.named.get("network", {})
    return {
        card: _interface(cards[card], name, card, model, server)
        for card in sorted(cards, key=naming.interface_order)
    }


def _interface(card: TypedBlock, host: str, name: str, model: ProjectModel, server: ServiceHost) -> Interface:
    static, six = ipv4(card, _ignore), ipv6(card, _ignore)
    switch: str | None = card.get("switch")
    bridge = card.get("bridge") or (
        bridge_of(switch, model.name, model.switches.get(switch)) if switch else server.bridge
    )
    return Interface(
        mac=card.get("mac") or naming.mac(*model.identity(host), name),
        bridge=bridge,
        switch=switch,
        mode="static" if static else _dynamic(card.get("address"), "dhcp", "dhcp"),
        auto=not card.flag("auto"),
        address=str(static.interface.ip) if static else None,
        prefix_length=static.interface.network.prefixlen if static else None,
        netmask=str(static.interface.netmask) if static else None,
        broadcast=str(static.broadcast) if static else None,
        gateway=str(static.gateway) if static and static.gateway else None,
        mode6="static" if six else _dynamic(card.get("address6"), "auto", "auto"),
        address6=str(six.ip) if six else None,
        prefix_length6=six.network.prefixlen if six else None,
        gateway6=card.get("gateway6") if six else None,
    )


def _dynamic(value: object, word: str, mode: _Mode) -> "_Mode | Literal['none']":
    return mode if value == word else "none"


def switches(model: ProjectModel, site: SiteModel, hosts: Mapping[str, Host]) -> dict[str, Switch]:
    """Return the switches of the project with their members and servers."""
    return {name: _switch(name, model, site, hosts) for name in sorted(model.switches)}


def _switch(name: str, model: ProjectModel, site: SiteModel, hosts: Mapping[str, Host]) -> Switch:
    settings = model.switches[name]
    members = [
        Member(name_of_host, card)
        for name_of_host, host in hosts.items()
        for card, interface in host.interfaces.items()
        if interface.switch == name
    ]
    stated: str | None = settings.get("service_host")
    servers = {hosts[member.host].service_host for member in members if hosts[member.host].is_xen}
    return Switch(
        bridge=bridge_of(name, model.name, settings),
        own_bridge=settings.get("bridge") is None,
        renamed_from=settings.get("renamed_from"),
        service_hosts=(site.server(stated),) if stated else tuple(sorted(servers)),
        vlan=settings.get("vlan"),
        vxlan=settings.get("vxlan"),
        members=tuple(members),
    )
