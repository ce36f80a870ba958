"""What a service host must have before the first deploy, worked out of the IR alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import join

from mlnc.ir.model import Course, Host, ServiceHost, Volume

EXTENT_BYTES = 4 << 20
"""The size of an extent: what vgcreate(8) takes unless told otherwise."""

TEMPLATE_BYTES = 8 << 20
"""The size of a rehearsed template. Small, for a volume may not be smaller than its template."""

DEFAULT_MEMORY_MIB = 1 << 20
"""Memory for domains of a server whose own is not declared: enough for anything."""

DOM0_MIB = 1024
"""Memory that a server has besides, for itself, as the stand-ins have it."""

KERNEL_VERSION = "6.1.0-mlnc"
"""The kernel that a kernel file whose name says no version leads to, as Debian's /vmlinuz does."""


@dataclass(slots=True)
class Needs:
    """What one server must have.

    ``templates``: names of files in its folder of templates, each with the type of its file system or None for one
    whose content does not matter. ``origins``: logical volumes that snapshots are taken of, by volume group.
    ``sources``, ``ramdisks``, ``kernels``: files, by absolute path; ``devices``: further disks; ``accounts``:
    names that the guests' template must know; ``owners``, ``groups``: names that image files belong to; ``extents``
    by volume group.
    """

    bridges: set[str] = field(default_factory=set)
    kernels: set[str] = field(default_factory=set)
    ramdisks: set[str] = field(default_factory=set)
    templates: dict[str, str | None] = field(default_factory=dict)
    origins: dict[str, set[str]] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    extents: dict[str, int] = field(default_factory=dict)


def needs(courses: Sequence[Course], server: str) -> Needs:
    """What *server* must have for every project of *courses*, of which one is played after the other.

    A volume that is in several of them counts in each: copies and what is retired take room beside it.
    """
    found = Needs()
    for course in courses:
        facts = course.site.service_hosts.get(server)
        if facts is not None:
            found.bridges.add(facts.bridge)
            found.folders.update((facts.templates, facts.files, *filter(_is_folder, facts.san_paths)))
            for host in _hosts(course):
                if host.service_host == server:
                    _add_host(found, facts, host)
    return found


def _hosts(course: Course) -> Iterator[Host]:
    for _, project in sorted(course.projects.items()):
        yield from project.xen_hosts().values()


def kernel_version(kernel: str) -> str:
    """The version of the kernel file *kernel*: that in its name, or :data:`KERNEL_VERSION`."""
    _, found, version = kernel.replace("/vmlinux-", "/vmlinuz-").rpartition("/vmlinuz-")
    return version if found else KERNEL_VERSION


def extents(size_bytes: int) -> int:
    """*size_bytes* in extents, rounded up."""
    return -(-size_bytes // EXTENT_BYTES)


def volume_bytes(volume: Volume) -> int:
    """The size that *volume* has in a rehearsal, in bytes, before it is rounded up to extents."""
    if volume.sizing == "free":
        return TEMPLATE_BYTES + volume.free_space_bytes
    return max(TEMPLATE_BYTES, volume.size_bytes) if volume.sizing == "template" else volume.size_bytes


def _is_folder(san_path: str) -> bool:
    return san_path.startswith("/") and not san_path.startswith("/dev/")


def _add_host(found: Needs, server: ServiceHost, host: Host) -> None:
    if host.type != "hvm":
        found.kernels.add(host.kernel or server.kernel)
        found.ramdisks.update(filter(None, [host.ramdisk]))
    found.bridges.update(card.bridge for card in host.interfaces.values() if card.switch is None)
    found.sources.update(join(server.files, file.source) for file in host.guest.files)
    found.accounts.update(_foreign_accounts(host))
    found.owners.update(filter(None, [host.owner]))
    found.groups.update(filter(None, [host.group]))
    own = {volume.path for volume in host.volumes.values()}
    found.devices.update(disk.path for disk in host.disks if disk.path not in own)
    for volume in host.volumes.values():
        _add_volume(found, server, host, volume)


def _foreign_accounts(host: Host) -> Iterator[str]:
    """Accounts that the guest must have, for the project names them without making them."""
    own = {user.name for user in host.guest.users}
    named = [user for group in host.guest.groups for user in group.users]
    named += [key.user for key in host.guest.ssh_keys]
    yield from (name for name in named if name not in own and name != "root")


def _add_volume(found: Needs, server: ServiceHost, host: Host, volume: Volume) -> None:
    group = volume.volume_group
    if group is None:
        folder = volume.path.rpartition("/")[0]
        if not folder.startswith(server.projects):
            found.folders.add(folder)
    else:
        found.extents[group] = found.extents.get(group, 0) + extents(volume_bytes(volume))
    if volume.snapshot and group is not None and volume.template:
        if volume.template not in found.origins.setdefault(group, set()):
            found.origins[group].add(volume.template)
            found.extents[group] += extents(TEMPLATE_BYTES)
    elif volume.template:
        mounted = host.guest.mode == "mount" and volume.role == "root"
        kind = _ext_type(volume.template) if mounted or volume.resize == "ext" else None
        found.templates[volume.template] = kind or found.templates.get(volume.template)


def _ext_type(template: str) -> str:
    """The file system type that the name of a template ends in, as far as it is an ext one."""
    ending = template.rpartition(".")[2]
    return ending if ending in ("ext2", "ext3", "ext4") else "ext4"
