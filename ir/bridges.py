"""Linux bridges of a project's switches on each service host, and the devices that connect them.

A switch is a bridge on every server that runs one of its VMs. The *carrier* is the device that connects the bridges
of several servers: a VLAN on the servers' uplink, or a VXLAN tunnel between exactly these servers.

A bridge that the project names itself (``bridge``) is created where it is missing, as MLN 1 does. Any project that
names it may remove it again. The server's own bridge and its uplink are never created or removed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Project, ServiceHost, Site, Switch

VXLAN_PORT = 4789
"""UDP port of the tunnels (RFC 7348)."""

SHARED_MARK = "mlnc:shared"
"""Mark of a bridge that projects name themselves; any other bridge has the mark ``mlnc:PROJECT/SWITCH``."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The device that connects a bridge to the bridges on other servers.

    ``arguments`` are those of ``ip link add``, ``uplink`` is the underlying device, ``peers`` are the addresses of
    the other ends of a tunnel. All switches with the same VLAN or VXLAN number share the device and its name.
    """

    name: str
    arguments: tuple[str, ...]
    uplink: str | None = None
    peers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """The bridge of a switch on one server. ``provided``: the server has it already; mlnc never creates it."""

    name: str
    mark: str
    provided: bool
    carrier: Carrier | None


def xen_switches(project: Project) -> Iterator[tuple[str, Switch]]:
    """Yield the switches of *project* that have a Xen domain as a member, or no member at all, sorted by name."""
    for name, switch in sorted(project.switches.items()):
        platforms = {project.hosts[member.host].platform for member in switch.members}
        if not platforms or "xen" in platforms:
            yield name, switch


def switch_servers(project: Project) -> list[str]:
    """Return the service hosts on which *project* has switches, sorted."""
    return sorted({server for _, switch in xen_switches(project) for server in switch.service_hosts})


def project_servers(project: Project) -> list[str]:
    """Return the service hosts on which *project* has Xen domains or switches, sorted."""
    domains = {host.service_host for host in project.xen_hosts().values()}
    return sorted(domains | set(switch_servers(project)))


def server_bridges(site: Site, project: Project, server: str) -> tuple[Bridge, ...]:
    """Return the bridges of *project* on the service host *server*, sorted by switch name."""
    return tuple(
        Bridge(
            name=switch.bridge,
            mark=f"mlnc:{project.project}/{name}" if switch.own_bridge else SHARED_MARK,
            provided=is_provided(switch, site.service_hosts[server]),
            carrier=carrier(site, switch, server),
        )
        for name, switch in xen_switches(project)
        if server in switch.service_hosts
    )


def is_provided(switch: Switch, server: ServiceHost) -> bool:
    """Return True if *switch* names the bridge or the uplink of *server* itself."""
    return not switch.own_bridge and switch.bridge in (server.bridge, server.uplink)


def carrier(site: Site, switch: Switch, server: str) -> Carrier | None:
    """Return the carrier of *switch* on *server*; None if the switch is on this server only."""
    here = site.service_hosts[server]
    if switch.vlan is not None:
        uplink = here.uplink or here.bridge
        return Carrier(
            f"mlnc-v{switch.vlan}", ("link", uplink, "type", "vlan", "id", str(switch.vlan)), uplink
        )
    peers = sorted(site.service_hosts[name].address for name in switch.service_hosts if name != server)
    if switch.vxlan is None or not peers:
        return None
    tunnel = ("type", "vxlan", "id", str(switch.vxlan), "dstport", str(VXLAN_PORT), "local", here.address)
    return Carrier(f"mlnc-x{switch.vxlan}", tunnel, peers=tuple(peers))
