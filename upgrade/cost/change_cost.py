"""Cost of each difference for a running virtual machine.

The directive table gives the highest cost of a directive. This module knows the cases that cost less or more: memory
within the limit the domain was started with, a volume that would shrink, a kernel that follows from the server.
"""

from dataclasses import dataclass

from mlnc.ir.model import Host, ServiceHost, Site, Volume
from mlnc.schemas.language import CHANGES, Change
from mlnc.upgrade.diff.directive_fields import table_class
from mlnc.upgrade.diff.host_diff import Difference, HostPair, mounts


@dataclass(frozen=True, slots=True)
class Cost:
    """Class of a cost, with a note on its reason or consequence where the class alone is not enough."""

    change: Change
    note: str | None = None


_LATER = "takes effect at the next start"
_NOTHING = frozenset({"boot_order", "console", "console_color", "owner", "group", "foreign", "renamed_from"})
_SERVER_FIELDS = {"kernel": "kernel", "ramdisk": "ramdisk", "console": "default_term"}
"""Field of a host to the field of its server that gives the default."""


def dearest(changes: list[Change]) -> Change:
    """Return the highest class of *changes*; ``nothing`` if there are none."""
    return max(changes, key=CHANGES.index, default="nothing")


def cost(difference: Difference, pair: HostPair, site: Site) -> Cost:
    """Return the cost of *difference* for *pair*."""
    match difference.part:
        case "volumes":
            return _volume(difference, pair)
        case "disks":
            return _disk(difference, pair)
        case "interfaces":
            return _card(difference, pair) if difference.field is None else _interface(difference, pair)
        case "guest":
            return _guest(difference, pair)
        case "vnc":
            return Cost(table_class(difference.path))
        case "host":
            return _host(difference, pair, site)


def _host(difference: Difference, pair: HostPair, site: Site) -> Cost:
    """Cost of a value of the domain file."""
    old, new = pair.old, pair.new
    match difference.field:
        case "memory_mib":
            return _within_limit(new.memory_mib, old.memory_mib, old.effective_maxmem_mib, old)
        case "vcpus":
            return _within_limit(new.vcpus, old.vcpus, old.effective_max_vcpus, old)
        case "maxmem_mib":
            return _limit(raised=new.effective_maxmem_mib > old.effective_maxmem_mib)
        case "max_vcpus":
            return _limit(raised=new.effective_max_vcpus > old.effective_max_vcpus)
    return _setting(difference, pair, site)


def _setting(difference: Difference, pair: HostPair, site: Site) -> Cost:
    field = difference.field or ""
    if field in _NOTHING or (pair.moves and _follows_server(field, pair, site)):
        return Cost("nothing", _LATER if field in _SERVER_FIELDS else None)
    return Cost(table_class(difference.path))


def _follows_server(field: str, pair: HostPair, site: Site) -> bool:
    """Return True if the value is that of the server on both sides, and so changes with the server."""
    name = _SERVER_FIELDS.get(field)
    if name is None:
        return False
    sides = ((site.service_hosts[host.service_host], host) for host in (pair.old, pair.new))
    return all(_server_value(server, name) == getattr(host, field) for server, host in sides)


def _server_value(server: ServiceHost, name: str) -> object:
    return getattr(server, name)


# --- memory and processors -------------------------------------------------------------------------------------------


def _limit(raised: bool) -> Cost:
    return Cost("reboot") if raised else Cost("nothing", f"the lower limit {_LATER}")


def _within_limit(wanted: int, present: int, limit: int, host: Host) -> Cost:
    """Live up to the *limit* that it was started with. An HVM guest must have been started with a higher limit."""
    if wanted > limit:
        return Cost("reboot")
    if host.type == "hvm" and limit == present:
        return Cost(
            "reboot",
            "an HVM guest started without maxmem or maxvcpus may not support the change while it runs",
        )
    return Cost("live")


# --- volumes and disks -----------------------------------------------------------------------------------------------


def shrinks(old: Volume, new: Volume) -> bool:
    """Return True if *new* is certainly smaller; only the server knows a size that depends on a template."""
    if old.sizing == new.sizing == "exact":
        return new.size_bytes < old.size_bytes
    return old.sizing == new.sizing == "free" and new.free_space_bytes < old.free_space_bytes


def _volume(difference: Difference, pair: HostPair) -> Cost:
    if difference.item != "root" or difference.field is None:
        return Cost("reboot")
    match difference.field:
        case "lock":
            return Cost("nothing")
        case "template" | "snapshot":
            return Cost("data-loss")
        case "kind" | "volume_group" | "path":
            return Cost("migrate" if pair.moves else "rebuild")
    assert isinstance(difference.old, Volume), difference.path
    assert isinstance(difference.new, Volume), difference.path
    return _size(difference.old, difference.new)


def _size(old: Volume, new: Volume) -> Cost:
    if shrinks(old, new):
        return Cost("data-loss")
    note = None
    if old.sizing != new.sizing:
        note = "the server determines whether this grows the volume; it refuses to shrink it"
    if old.kind == "file":
        return Cost("reboot", note)
    return Cost("live", note or "a mounted file system grows at the next stop")


def _disk(difference: Difference, pair: HostPair) -> Cost:
    """A disk is attached live, unless this moves other disks to other devices. A removed one may be mounted."""
    old, new = mounts(pair.old), mounts(pair.new)
    renumbered = any(old[path][1].device != new[path][1].device for path in old.keys() & new.keys())
    if difference.old is not None:
        return Cost("reboot", "the guest may have it mounted")
    if pair.old.type == "hvm" or renumbered:
        return Cost("reboot")
    return Cost("live", "the guest's fstab has it after the next stop")


# --- cards and guest -------------------------------------------------------------------------------------------------


def _interface(difference: Difference, pair: HostPair) -> Cost:
    card = difference.item or ""
    match difference.field:
        case "bridge" | "switch":
            same = pair.old.interfaces[card].bridge == pair.new.interfaces[card].bridge
            return Cost("nothing" if same else "live")
        case "mac":
            return Cost("reboot")
    return _inside_guest(pair)


def _card(difference: Difference, pair: HostPair) -> Cost:
    """A card is attached or detached live if the numbers of the guest's other cards stay the same."""
    if pair.old.type == "hvm":
        return Cost("reboot")
    if difference.new is None:
        return Cost("live")
    kept = [card for card in pair.new.interfaces if card in pair.old.interfaces]
    order = list(pair.new.interfaces)
    if kept and order.index(difference.item or "") < order.index(kept[-1]):
        return Cost("reboot", "the cards after it get other numbers")
    return Cost(
        "live", "the guest gets its address at the next stop" if pair.new.guest.mode != "none" else None
    )


def _guest(difference: Difference, pair: HostPair) -> Cost:
    if difference.field == "mounts" and _mounts_only_added(pair):
        return Cost("nothing")
    return Cost("reboot") if difference.field == "mode" else _inside_guest(pair)


def _mounts_only_added(pair: HostPair) -> bool:
    """Return True if the old mounts stay as they are: the cost of a new one is that of its disk."""
    before, after = pair.old.guest.mounts, pair.new.guest.mounts
    return pair.old.type != "hvm" and after[: len(before)] == before


def _inside_guest(pair: HostPair) -> Cost:
    """Files inside the guest are written while it is down; a guest of mode ``none`` is not written at all."""
    return Cost("nothing" if pair.new.guest.mode == "none" else "reboot")
