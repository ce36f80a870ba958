"""Arguments by which plans name servers, volumes and domains to the library of the step scripts."""

from mlnc.ir.model import Host, Site, Volume

Arguments = tuple[str, ...]

SSH_PORT = 22


def volume_arguments(volume: Volume) -> Arguments:
    """Return ``lvm VG NAME ROLE`` or ``file PATH - ROLE``."""
    if volume.volume_group is not None:
        return ("lvm", volume.volume_group, volume.name, volume.role)
    return ("file", volume.path, "-", volume.role)


def size_arguments(volume: Volume) -> Arguments:
    """Return ``SIZING BYTES TEMPLATE FS``; ``want_lv`` of the storage library takes the first three."""
    number = volume.free_space_bytes if volume.sizing == "free" else volume.size_bytes
    return (volume.sizing, str(number), volume.template or "-", "ext" if volume.resize == "ext" else "none")


def target_arguments(site: Site, server: str) -> Arguments:
    """Return ``NAME ADDRESS PORT`` of a service host for ssh."""
    facts = site.service_hosts[server]
    return (server, facts.address, str(facts.port or SSH_PORT))


def domain_arguments(name: str, host: Host) -> Arguments:
    """Return ``HOST DOMAIN UUID``."""
    return (name, host.domain, host.uuid)
