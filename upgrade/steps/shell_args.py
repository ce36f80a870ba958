"""The words by which plans speak to the scripts' library of servers, volumes and domains."""

from mlnc.ir.model import Host, Site, Volume

Words = tuple[str, ...]

SSH_PORT = 22


def volume_words(volume: Volume) -> Words:
    """``lvm VG NAME ROLE`` or ``file PATH - ROLE``."""
    if volume.volume_group is not None:
        return ("lvm", volume.volume_group, volume.name, volume.role)
    return ("file", volume.path, "-", volume.role)


def size_words(volume: Volume) -> Words:
    """``SIZING BYTES TEMPLATE FS``, as ``want_lv`` of the storage library understands the first three."""
    number = volume.free_space_bytes if volume.sizing == "free" else volume.size_bytes
    return (volume.sizing, str(number), volume.template or "-", "ext" if volume.resize == "ext" else "none")


def target_words(site: Site, server: str) -> Words:
    """``NAME ADDRESS PORT`` of a service host, as ssh reaches it."""
    facts = site.service_hosts[server]
    return (server, facts.address, str(facts.port or SSH_PORT))


def domain_words(name: str, host: Host) -> Words:
    """``HOST DOMAIN UUID``."""
    return (name, host.domain, host.uuid)
