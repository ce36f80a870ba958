"""Expected final state of the servers, derived from the IR alone, independently of the targets."""

from mlnc.ir.model import Course, Host, Project, Switch, Volume
from mlnc.rehearsal import guest_expected
from mlnc.rehearsal.host_requirements import EXTENT_BYTES, extents, volume_bytes
from mlnc.rehearsal.server_state import Facts, add_item


def expected(course: Course, started: bool) -> Facts:
    """Facts that *course* requires; without *started*, no domain runs."""
    facts: Facts = {}
    for project in course.projects.values():
        for name, switch in project.switches.items():
            _add_switch(facts, course, project, name, switch)
        for name, host in project.xen_hosts().items():
            for volume in host.volumes.values():
                _add_volume(facts, project.project, name, host, volume)
            server = course.site.service_hosts[host.service_host]
            guest_expected.add(facts, project.project, name, host, server)
            if started:
                _add_domain(facts, host)
    return facts


def _add_switch(facts: Facts, course: Course, project: Project, name: str, switch: Switch) -> None:
    """Add the switch's bridge on each of its servers; bridges that mlnc does not create are left out."""
    platforms = {project.hosts[member.host].platform for member in switch.members}
    if platforms and "xen" not in platforms:
        return
    for server in switch.service_hosts:
        facts_of = course.site.service_hosts[server]
        if not switch.own_bridge and switch.bridge in (facts_of.bridge, facts_of.uplink):
            continue
        mark = f"mlnc:{project.project}/{name}" if switch.own_bridge else "mlnc:shared"
        add_item(
            facts,
            server,
            "bridge",
            switch.bridge,
            mark=mark,
            state="up",
            joined=_joined(course, switch, server),
        )


def _joined(course: Course, switch: Switch, server: str) -> str:
    """Link to other servers: ``vlan 7 on eth1``, ``vxlan 7 to ADDRESS...`` or nothing."""
    here = course.site.service_hosts[server]
    peers = sorted(course.site.service_hosts[name].address for name in switch.service_hosts if name != server)
    if switch.vlan is not None:
        return f"vlan {switch.vlan} on {here.uplink or here.bridge}"
    return f"vxlan {switch.vxlan} to {' '.join(peers)}" if switch.vxlan is not None and peers else ""


def _add_volume(facts: Facts, project: str, name: str, host: Host, volume: Volume) -> None:
    """Add a volume; the size of a snapshot is left out, because LVM derives it from the origin."""
    lvm = volume.kind == "lvm"
    size = extents(volume_bytes(volume)) * EXTENT_BYTES if lvm else volume_bytes(volume)
    values = {"origin": volume.template or ""} if volume.snapshot else {"size": f"{size}"}
    place = f"{volume.volume_group}/{volume.name}" if lvm else volume.path
    named = {"host": name, "project": project, "role": volume.role, "server": host.service_host}
    tags = " ".join(["mlnc", *(f"mlnc.{what}={value}" for what, value in named.items())])
    add_item(facts, host.service_host, "volume", place, tags=tags, **values)


def _add_domain(facts: Facts, host: Host) -> None:
    """Add the domain; for HVM without a kernel, because the toolstack chooses the firmware."""
    values = {} if host.type == "hvm" or host.kernel is None else {"kernel": host.kernel}
    add_item(
        facts,
        host.service_host,
        "domain",
        host.domain,
        uuid=host.uuid,
        memory=f"{host.memory_mib}",
        vcpus=f"{host.vcpus}",
        disks=" ".join(f"{disk.device}={disk.path}" for disk in host.disks),
        cards=" ".join(sorted(f"{card.mac}@{card.bridge}" for card in host.interfaces.values())),
        **values,
    )
