"""What differs between a virtual machine as it is and as it shall be, in the terms of the IR."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TypeVar, get_args

from mlnc.ir.model import Disk, Guest, Host, Interface, Role, Vnc, Volume
from mlnc.upgrade.diff import value_format

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pair:
    """One Xen host on both sides: *name* of *project* now, *was* of *was_project* before."""

    project: str
    name: str
    was_project: str
    was: str
    old: Host
    new: Host

    @property
    def renamed(self) -> bool:
        """Whether domain and volumes get other names."""
        return self.old.domain != self.new.domain

    @property
    def moves(self) -> bool:
        """Whether it goes to another service host."""
        return self.old.service_host != self.new.service_host


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its IR path below the host (volumes by role, disks by device), where the sources are asked for
    it (the same path with the numbers of the new IR), and both values as texts.
    """

    path: str
    place: str
    old: str | None
    new: str | None


_DERIVED = frozenset(
    {"domain", "uuid", "renamed_from", "service_host", "memory_mib", "maxmem_mib", "vcpus", "max_vcpus"}
)
_PARTS = frozenset({"volumes", "disks", "interfaces", "guest", "vnc"})
_IPV4 = ("mode", "address", "prefix_length", "netmask", "broadcast")
_IPV6 = ("mode6", "address6", "prefix_length6")
_OF_GUEST = ("hostname", "root_device", "swap_device")
"""Fields of a guest that follow from others: its name, its type and its volumes."""


def differences(pair: Pair) -> list[Difference]:
    """Everything that differs, in the order of the IR; nothing for equal hosts."""
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


def same_size(old: Volume, new: Volume) -> bool:
    """Whether the same size is asked for."""
    return value_format.volume_size(old) == value_format.volume_size(new)


def mounts(host: Host) -> dict[str, tuple[int, Disk]]:
    """The further disks of *host* by their path, with their number among all."""
    return {disk.path: (number, disk) for number, disk in enumerate(host.disks) if disk.role == "mount"}


def _differ(path: str, old: object, new: object) -> Difference:
    return Difference(path, path, value_format.text(old), value_format.text(new))


def _identity(pair: Pair) -> Iterator[Difference]:
    old, new = pair.old, pair.new
    if pair.renamed:
        yield Difference("domain", "renamed_from", old.domain, new.domain)
    if old.uuid != new.uuid:
        yield Difference("uuid", "renamed_from", old.uuid, new.uuid)
    if pair.moves:
        yield _differ("service_host", old.service_host, new.service_host)


def _amounts(old: Host, new: Host) -> Iterator[Difference]:
    """Memory and processors. A ceiling that neither side states follows the amount: it is no separate difference."""
    if old.memory_mib != new.memory_mib:
        yield _memory("memory_mib", old.memory_mib, new.memory_mib)
    ceilings = (old.effective_maxmem_mib, new.effective_maxmem_mib)
    if (old.maxmem_mib, new.maxmem_mib) != (None, None) and ceilings[0] != ceilings[1]:
        yield _memory("maxmem_mib", *ceilings)
    if old.vcpus != new.vcpus:
        yield _differ("vcpus", old.vcpus, new.vcpus)
    ceilings = (old.effective_max_vcpus, new.effective_max_vcpus)
    if (old.max_vcpus, new.max_vcpus) != (None, None) and ceilings[0] != ceilings[1]:
        yield _differ("max_vcpus", *ceilings)


def _memory(path: str, old: int, new: int) -> Difference:
    return Difference(path, path, value_format.memory_text(old), value_format.memory_text(new))


def _scalars(old: Host, new: Host) -> Iterator[Difference]:
    for field in fields(Host):
        if field.name not in _DERIVED | _PARTS and field.name != "foreign":
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before != after:
                yield _differ(field.name, before, after)
    if old.foreign != new.foreign:
        yield _differ("foreign", ", ".join(old.foreign) or None, ", ".join(new.foreign) or None)


def _vnc(old: Vnc | None, new: Vnc | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old != new:
            yield Difference("vnc", "vnc", *("a display" if each else None for each in (old, new)))
        return
    for field in fields(Vnc):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield _differ(f"vnc/{field.name}", before, after)


# --- volumes and disks -----------------------------------------------------------------------------------------------


def _volumes(pair: Pair) -> Iterator[Difference]:
    for role in get_args(Role):
        old, new = pair.old.volumes.get(role), pair.new.volumes.get(role)
        place = f"volumes/{role}"
        if old is None or new is None:
            if old is not new:
                shown = (value_format.volume_text(each) if each else None for each in (old, new))
                yield Difference(f"volumes/{role}", place if new else "", *shown)
        elif old != new:
            yield from _volume(pair, old, new, place)


_SAME_FIELDS: tuple[tuple[str, Callable[[Volume], object]], ...] = (
    ("kind", lambda volume: volume.kind),
    ("volume_group", lambda volume: volume.volume_group),
    ("template", lambda volume: volume.template),
    ("snapshot", lambda volume: volume.snapshot),
    ("lock", lambda volume: volume.lock),
)


def _volume(pair: Pair, old: Volume, new: Volume, place: str) -> Iterator[Difference]:
    for name, value in _SAME_FIELDS:
        if value(old) != value(new):
            yield Difference(
                f"volumes/{old.role}/{name}",
                place,
                value_format.text(value(old)),
                value_format.text(value(new)),
            )
    if old.kind == new.kind == "file" and not same_folder(pair, old, new):
        yield Difference(
            f"volumes/{old.role}/path", place, value_format.folder(old), value_format.folder(new)
        )
    if not same_size(old, new):
        name = "free_space_bytes" if new.sizing == "free" else "size_bytes"
        yield Difference(
            f"volumes/{old.role}/{name}", place, value_format.volume_size(old), value_format.volume_size(new)
        )


def same_folder(pair: Pair, old: Volume, new: Volume) -> bool:
    """Whether two image files lie in one folder. A project's own is one, whatever the project is called."""
    before, after = value_format.folder(old), value_format.folder(new)
    if pair.project != pair.was_project:
        before = before.replace(f"/{pair.was_project}/images", f"/{pair.project}/images")
    return before == after


def _disks(pair: Pair) -> Iterator[Difference]:
    before, after = mounts(pair.old), mounts(pair.new)
    for path in sorted(before.keys() | after.keys()):
        _, old = before.get(path, (0, None))
        number, new = after.get(path, (0, None))
        if old != new:
            device = (new or old).device  # type: ignore[union-attr]
            yield Difference(
                f"disks/{device}",
                f"disks/{number}" if new else "",
                value_format.text(old),
                value_format.text(new),
            )


# --- cards and guest -------------------------------------------------------------------------------------------------


def _interfaces(before: dict[str, Interface], after: dict[str, Interface]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        path = f"interfaces/{name}"
        if old is None or new is None:
            shown = (value_format.card_text(each) if each else None for each in (old, new))
            yield Difference(path, path if new else "", *shown)
        elif old != new:
            yield from _interface(path, old, new)


def _interface(path: str, old: Interface, new: Interface) -> Iterator[Difference]:
    if any(getattr(old, name) != getattr(new, name) for name in _IPV4):
        yield _differ(f"{path}/address", value_format.address_text(old), value_format.address_text(new))
    if any(getattr(old, name) != getattr(new, name) for name in _IPV6):
        yield _differ(f"{path}/address6", value_format.address6_text(old), value_format.address6_text(new))
    plugged = ("switch", "bridge") if old.switch != new.switch else ()
    if plugged:
        yield Difference(
            f"{path}/switch", f"{path}/switch", value_format.card_text(old), value_format.card_text(new)
        )
    for field in fields(Interface):
        if field.name not in (*_IPV4, *_IPV6, *plugged):
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before != after:
                yield _differ(f"{path}/{field.name}", before, after)


def _guest(old: Guest, new: Guest) -> Iterator[Difference]:
    for field in fields(Guest):
        if field.name not in _OF_GUEST:
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before != after:
                yield Difference(
                    f"guest/{field.name}",
                    _place(field.name, before, after),
                    value_format.text(before),
                    value_format.text(after),
                )


def _place(name: str, before: object, after: object) -> str:
    """The place of the first item of a list that differs, else of the whole."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return f"guest/{name}"
    same = next((at for at, item in enumerate(after) if at >= len(before) or before[at] != item), None)
    return f"guest/{name}" if same is None else f"guest/{name}/{same}"
