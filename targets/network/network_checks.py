"""What a switch asks for and Linux bridges cannot give: the refusals of the network target (all errors).

=========================  ===========================================================================
``switch-spans-servers``   its VMs sit on several servers, and nothing joins the bridges there
``switch-not-on-server``   a VM is plugged in on a server that does not have the switch
``switch-two-carriers``    both ``vlan`` and ``vxlan``
``switch-on-uplink``       ``vlan`` or ``vxlan`` on the bridge that is the server's own
``vxlan-needs-address``    a server of a tunnel has no IP address, or one of another family than the rest
``bridge-two-carriers``    two switches name one bridge and join it to different VLANs or tunnels
``bridge-name``            Linux has no device of that name (15 characters, no blank, slash or colon)
=========================  ===========================================================================
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from mlnc.ir.bridges import carrier, is_provided, xen_switches
from mlnc.ir.model import Course, Project, Site, Switch
from mlnc.output.artifact import Refusal

_DEVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,14}")
_MARK = re.compile(r"[!-~]{1,200}")


def project_refusals(site: Site, project: Project) -> list[Refusal]:
    """What is wrong with each switch of *project* by itself, in the order of their names."""
    return [
        Refusal(code, f"{project.project}/switches/{name}", f"switch {name}: {message}", hint)
        for name, switch in xen_switches(project)
        for code, message, hint in _problems(site, project, name, switch)
    ]


def shared_bridges(course: Course) -> list[Refusal]:
    """The bridges that two switches of *course* name and join to different networks, each at the later switch."""
    joined_by: dict[tuple[str, str], str] = {}
    found = []
    for project in sorted(course.projects):
        for name, switch in xen_switches(course.projects[project]):
            for server in sorted(switch.service_hosts):
                link = carrier(course.site, switch, server)
                if link is None or joined_by.setdefault((server, switch.bridge), link.name) == link.name:
                    continue
                message = f"switch {name}: bridge {switch.bridge} on {server} already leads to another vlan or vxlan"
                hint = "name another bridge, or none"
                found.append(Refusal("bridge-two-carriers", f"{project}/switches/{name}", message, hint))
    return found


def _problems(
    site: Site, project: Project, name: str, switch: Switch
) -> Iterator[tuple[str, str, str | None]]:
    """Code, message and hint of each thing that is wrong with one switch."""
    if not _DEVICE.fullmatch(switch.bridge) or not _MARK.fullmatch(f"{project.project}/{name}"):
        yield "bridge-name", f"Linux has no network device of the name {switch.bridge!r}", None
    if missing := _servers_without(project, switch):
        where = ", ".join(missing)
        hint = "leave service_host out of the switch: it is made on every server that has one of its VMs"
        yield "switch-not-on-server", f"virtual machines on {where} are plugged in, but it is not there", hint
    if switch.vlan is not None and switch.vxlan is not None:
        yield "switch-two-carriers", "it has both vlan and vxlan", "keep one of them"
    yield from _span_problems(site, switch)


def _span_problems(site: Site, switch: Switch) -> Iterator[tuple[str, str, str | None]]:
    """What is wrong with how *switch* reaches from server to server."""
    provided = [is_provided(switch, site.service_hosts[server]) for server in switch.service_hosts]
    if switch.vlan is not None or switch.vxlan is not None:
        yield from _uplink_problems(site, switch)
        if any(provided):
            message = f"bridge {switch.bridge} is a server's own and leads to other servers by itself"
            yield "switch-on-uplink", message, "leave out vlan and vxlan, or leave out bridge"
        if switch.vxlan is not None and len(switch.service_hosts) > 1:
            yield from _address_problems(site, switch)
    elif len(switch.service_hosts) > 1 and not all(provided):
        servers = ", ".join(sorted(switch.service_hosts))
        message = (
            f"its virtual machines sit on several servers ({servers}), where it would be separate networks"
        )
        hint = "say how it spans them: vlan NUMBER (on their uplinks) or vxlan NUMBER (a tunnel between them)"
        yield "switch-spans-servers", message, hint


def _uplink_problems(site: Site, switch: Switch) -> Iterator[tuple[str, str, str | None]]:
    """The servers whose uplink, which is to carry the VLAN of *switch*, is not the name of a device."""
    for server in sorted(switch.service_hosts):
        link = carrier(site, switch, server)
        if link is not None and link.uplink is not None and not _DEVICE.fullmatch(link.uplink):
            yield (
                "bridge-name",
                f"Linux has no network device of the name {link.uplink!r}, the uplink of {server}",
                None,
            )


def _address_problems(site: Site, switch: Switch) -> Iterator[tuple[str, str, str | None]]:
    """What is wrong with the addresses of the servers that a tunnel of *switch* joins."""
    families = {name: _family(site.service_hosts[name].address) for name in sorted(switch.service_hosts)}
    for name, family in families.items():
        if family is None:
            message = f"a vxlan needs the IP address of {name}, which has {site.service_hosts[name].address}"
            yield "vxlan-needs-address", message, f"declare it: service_host {name} {{ address ADDRESS }}"
    if {4, 6} <= set(families.values()):
        message = "some servers of this vxlan have IPv4 addresses, some IPv6"
        yield "vxlan-needs-address", message, "declare addresses of one family"


def _servers_without(project: Project, switch: Switch) -> list[str]:
    """The servers of Xen domains that are plugged into *switch* but do not have it, sorted."""
    hosts = [project.hosts[member.host] for member in switch.members]
    return sorted({host.service_host for host in hosts if host.is_xen} - set(switch.service_hosts))


def _family(address: str) -> int | None:
    """4 or 6 for an IP address in its usual spelling, as the kernel prints it too; None for anything else."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return parsed.version if str(parsed) == address else None
