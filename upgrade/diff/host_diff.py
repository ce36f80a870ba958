"""Differences between a virtual machine as deployed and as built, as fields and values of the IR."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal, get_args

from mlnc.ir.model import Disk, Guest, Host, Interface, Role, Vnc, Volume


@dataclass(frozen=True, slots=True)
class HostPair:
    """One Xen host on both sides: *name* of *project* in the build, *old_name* of *old_project* as deployed."""

    project: str
    name: str
    old_project: str
    old_name: str
    old: Host
    new: Host

    @property
    def renamed(self) -> bool:
        """True if domain and volumes get other names."""
        return self.old.domain != self.new.domain

    @property
    def moves(self) -> bool:
        """True if the service host changes."""
        return self.old.service_host != self.new.service_host


Part = Literal["host", "vnc", "volumes", "disks", "interfaces", "guest"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of a host, with the values of the IR.

    *item* is the volume's role, the disk's device or the card's name; None in the other parts. *field* is the field
    of the IR; None where the whole item (or the VNC display) is added or removed. *old* and *new* are the values of
    the field; the volume or card itself where several fields change together (size, address, switch). *place* is the
    path in the source map, below the host: that of the difference with the numbers of the new IR; empty if removed.
    """

    part: Part
    item: str | None
    field: str | None
    place: str
    old: object
    new: object

    @property
    def path(self) -> str:
        """Path of the IR below the host: ``memory_mib``, ``volumes/root/size_bytes``, ``interfaces/eth0``."""
        part = None if self.part == "host" else self.part
        return "/".join(filter(None, (part, self.item, self.field)))


_OWN_RULES = frozenset(
    {"domain", "uuid", "renamed_from", "service_host", "memory_mib", "maxmem_mib", "vcpus", "max_vcpus"}
)
_PARTS = frozenset({"volumes", "disks", "interfaces", "guest", "vnc"})
_VOLUME_FIELDS = ("kind", "volume_group", "template", "snapshot", "lock")
_IPV4 = ("mode", "address", "prefix_length", "netmask", "broadcast")
_IPV6 = ("mode6", "address6", "prefix_length6")
_DERIVED_OF_GUEST = ("hostname", "root_device", "swap_device")
"""Fields of a guest that follow from the name, the type and the volumes of its host."""


def differences(pair: HostPair) -> list[Difference]:
    """Return all differences of *pair*, in the order of the IR; none for equal hosts."""
    if pair.old == pair.new:
        return []
    return [
        *_identity(pair),
        *_amounts(pair.old, pair.new),
        *_scalars(pair.old, pair.new),
        *_vnc(pair.old.vnc, pair.new.vnc),
        *_volumes(pair),
        *_disks(pair),
        *_interfaces(pair.old.interfaces, pair.new.interfaces),
        *_guest(pair.old.guest, pair.new.guest),
    ]


def mounts(host: Host) -> dict[str, tuple[int, Disk]]:
    """Return the mounted disks of *host* by path, with their index among all disks."""
    return {disk.path: (number, disk) for number, disk in enumerate(host.disks) if disk.role == "mount"}


def _of_host(field: str, old: object, new: object, place: str | None = None) -> Difference:
    return Difference("host", None, field, field if place is None else place, old, new)


def _identity(pair: HostPair) -> Iterator[Difference]:
    old, new = pair.old, pair.new
    if pair.renamed:
        yield _of_host("domain", old.domain, new.domain, "renamed_from")
    if old.uuid != new.uuid:
        yield _of_host("uuid", old.uuid, new.uuid, "renamed_from")
    if pair.moves:
        yield _of_host("service_host", old.service_host, new.service_host)


def _amounts(old: Host, new: Host) -> Iterator[Difference]:
    """Memory and processors. A limit that neither side states follows the amount and is no separate difference."""
    yield from _amount("memory_mib", "maxmem_mib", old, new)
    yield from _amount("vcpus", "max_vcpus", old, new)


def _amount(amount: str, limit: str, old: Host, new: Host) -> Iterator[Difference]:
    amounts = getattr(old, amount), getattr(new, amount)
    stated = getattr(old, limit), getattr(new, limit)
    limits = getattr(old, f"effective_{limit}"), getattr(new, f"effective_{limit}")
    if amounts[0] != amounts[1]:
        yield _of_host(amount, *amounts)
    if stated != (None, None) and limits[0] != limits[1]:
        yield _of_host(limit, *limits)


def _scalars(old: Host, new: Host) -> Iterator[Difference]:
    names = [field.name for field in fields(Host) if field.name not in _OWN_RULES | _PARTS]
    for name, before, after in _unequal(old, new, names):
        yield _of_host(name, before, after)


def _unequal(old: object, new: object, names: list[str]) -> Iterator[tuple[str, object, object]]:
    """Each of the fields *names* with both values, where they differ."""
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield name, before, after


def _vnc(old: Vnc | None, new: Vnc | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old != new:
            yield Difference("vnc", None, None, "vnc", old, new)
        return
    for name, before, after in _unequal(old, new, [field.name for field in fields(Vnc)]):
        yield Difference("vnc", None, name, f"vnc/{name}", before, after)


# --- volumes and disks -----------------------------------------------------------------------------------------------


def _volumes(pair: HostPair) -> Iterator[Difference]:
    for role in get_args(Role):
        old, new = pair.old.volumes.get(role), pair.new.volumes.get(role)
        place = f"volumes/{role}"
        if old is None or new is None:
            if old is not new:
                yield Difference("volumes", role, None, place if new else "", old, new)
        elif old != new:
            yield from _volume(pair, old, new, place)


def _volume(pair: HostPair, old: Volume, new: Volume, place: str) -> Iterator[Difference]:
    for name, before, after in _unequal(old, new, list(_VOLUME_FIELDS)):
        yield Difference("volumes", old.role, name, place, before, after)
    if old.kind == new.kind == "file" and not same_folder(pair, old, new):
        yield Difference("volumes", old.role, "path", place, old.path, new.path)
    if not same_size(old, new):
        name = "free_space_bytes" if new.sizing == "free" else "size_bytes"
        yield Difference("volumes", old.role, name, place, old, new)


def same_size(old: Volume, new: Volume) -> bool:
    """Return True if both volumes ask for the same size."""
    return _requested_size(old) == _requested_size(new)


def _requested_size(volume: Volume) -> tuple[str, int]:
    """Sizing and bytes: the size itself, that of the template at least, or the free space in addition to it."""
    return volume.sizing, volume.free_space_bytes if volume.sizing == "free" else volume.size_bytes


def volume_location(volume: Volume) -> str:
    """Return the volume group of *volume*, or the folder of its image file."""
    return volume.volume_group or volume.path.rpartition("/")[0]


def same_folder(pair: HostPair, old: Volume, new: Volume) -> bool:
    """Return True if two image files are in one folder; a project's own folder is the same after a rename."""
    before, after = volume_location(old), volume_location(new)
    if pair.project != pair.old_project:
        before = before.replace(f"/{pair.old_project}/images", f"/{pair.project}/images")
    return before == after


def _disks(pair: HostPair) -> Iterator[Difference]:
    before, after = mounts(pair.old), mounts(pair.new)
    for path in sorted(before.keys() | after.keys()):
        _, old = before.get(path, (0, None))
        number, new = after.get(path, (0, None))
        either = new or old
        if old != new and either is not None:
            yield Difference("disks", either.device, None, f"disks/{number}" if new else "", old, new)


# --- cards and guest -------------------------------------------------------------------------------------------------


def _interfaces(before: dict[str, Interface], after: dict[str, Interface]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            yield Difference("interfaces", name, None, f"interfaces/{name}" if new else "", old, new)
        elif old != new:
            yield from _interface(name, old, new)


def _interface(card: str, old: Interface, new: Interface) -> Iterator[Difference]:
    def difference(field: str, before: object, after: object) -> Difference:
        return Difference("interfaces", card, field, f"interfaces/{card}/{field}", before, after)

    joint = [*_IPV4, *_IPV6]
    for field, group in (("address", _IPV4), ("address6", _IPV6)):
        if any(_unequal(old, new, list(group))):
            yield difference(field, old, new)
    if old.switch != new.switch:
        joint += ["switch", "bridge"]
        yield difference("switch", old, new)
    names = [field.name for field in fields(Interface) if field.name not in joint]
    for name, before, after in _unequal(old, new, names):
        yield difference(name, before, after)


def _guest(old: Guest, new: Guest) -> Iterator[Difference]:
    names = [field.name for field in fields(Guest) if field.name not in _DERIVED_OF_GUEST]
    for name, before, after in _unequal(old, new, names):
        yield Difference("guest", None, name, _place(name, before, after), before, after)


def _place(name: str, before: object, after: object) -> str:
    """Path of the first item of a list that differs, else of the whole field."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return f"guest/{name}"
    first = next((at for at, item in enumerate(after) if at >= len(before) or before[at] != item), None)
    return f"guest/{name}" if first is None else f"guest/{name}/{first}"
