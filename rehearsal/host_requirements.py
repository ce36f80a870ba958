"""Requirements of a service host before the first deployment, derived from the IR alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import join

from mlnc.ir.model import Course, Host, ServiceHost, Volume

EXTENT_BYTES = 4 << 20
"""Size of an extent in bytes: the default of vgcreate(8)."""

TEMPLATE_BYTES = 8 << 20
"""Size of a rehearsed template in bytes. Small, because a volume must not be smaller than its template."""

DEFAULT_MEMORY_MIB = 1 << 20
"""Memory for domains, in MiB, of a server that declares none: large enough for any project."""

DOM0_MIB = 1024
"""Memory of Domain-0 in MiB, in addition to the memory for domains; the fakes use the same value."""

KERNEL_VERSION = "6.1.0-mlnc"
"""Version of the kernel that a kernel file without version in its name links to, such as Debian's /vmlinuz."""


@dataclass(slots=True)
class Needs:
    """Requirements of one server.

    ``templates``: file names in its template folder, each with its file system type, or None if the content is
    irrelevant. ``origins``: logical volumes with snapshots, by volume group. ``sources``, ``ramdisks``,
    ``kernels``: absolute paths of files. ``devices``: additional disks. ``accounts``: accounts that the guest template
    must have. ``owners``, ``groups``: owners of image files. ``extents``: number of extents by volume group.
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
    """Requirements of *server* for every project of *courses*, which are deployed one after the other.

    A volume of several courses counts once for each: copies and retired volumes need space besides it.
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
    """Version in the name of the kernel file *kernel*, or :data:`KERNEL_VERSION`."""
    _, found, version = kernel.replace("/vmlinux-", "/vmlinuz-").rpartition("/vmlinuz-")
    return version if found else KERNEL_VERSION


def extents(size_bytes: int) -> int:
    """Number of extents for *size_bytes*, rounded up."""
    return -(-size_bytes // EXTENT_BYTES)


def volume_bytes(volume: Volume) -> int:
    """Size of *volume* in a rehearsal, in bytes, before rounding up to extents."""
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
    """Accounts that the project uses but does not create, so the guest template must have them."""
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
    """File system type from the ending of a template's name; ext4 if the ending is not an ext type."""
    ending = template.rpartition(".")[2]
    return ending if ending in ("ext2", "ext3", "ext4") else "ext4"
