"""What a difference costs a running virtual machine: the class of the directive table, held against what is known.

The table says what a directive costs at most; here stands when it costs less or more: memory within the ceiling the
domain was started with, a volume that would shrink, a kernel that only follows from the server.
"""

from dataclasses import dataclass
from typing import cast

from mlnc.ir.model import Host, Role, ServiceHost, Site, Volume
from mlnc.schemas.language import CHANGES, Change
from mlnc.upgrade.diff.directive_fields import table_class
from mlnc.upgrade.diff.host_diff import Difference, Pair, mounts


@dataclass(frozen=True, slots=True)
class Cost:
    """A class, and why or with what consequence where the class alone does not tell."""

    change: Change
    note: str | None = None


LATER = "takes effect at its next start"
_NOTHING = frozenset({"boot_order", "console", "console_color", "owner", "group", "foreign", "renamed_from"})
_SERVER_FIELDS = {"kernel": "kernel", "ramdisk": "ramdisk", "console": "default_term"}


def dearest(changes: list[Change]) -> Change:
    """The dearest of *changes*."""
    return max(changes, key=CHANGES.index, default="nothing")


def cost(difference: Difference, pair: Pair, site: Site) -> Cost:
    """What *difference* costs *pair*."""
    first, *rest = difference.path.split("/")
    match first:
        case "volumes":
            found = _volume(rest, pair)
        case "disks":
            found = _disk(difference, pair)
        case "interfaces":
            found = _interface(difference, rest, pair)
        case "guest":
            found = _guest(rest[0], pair)
        case "memory_mib" | "vcpus" | "maxmem_mib" | "max_vcpus":
            found = _amount(first, pair)
        case _:
            found = _plain(difference, pair, site)
    return found


def _plain(difference: Difference, pair: Pair, site: Site) -> Cost:
    """A value of the domain file as a whole."""
    field = difference.path
    if field in _NOTHING or (pair.moves and _follows_server(field, pair, site)):
        return Cost("nothing", LATER if field in _SERVER_FIELDS else None)
    return Cost("reboot" if field in ("domain", "uuid") else table_class(field))


def _follows_server(field: str, pair: Pair, site: Site) -> bool:
    """Whether a value is that of the server on both sides, and so changes with it."""
    name = _SERVER_FIELDS.get(field)
    if name is None:
        return False
    sides = ((site.service_hosts[host.service_host], host) for host in (pair.old, pair.new))
    return all(_fact(server, name) == getattr(host, field) for server, host in sides)


def _fact(server: ServiceHost, name: str) -> object:
    return getattr(server, name)


# --- memory and processors -------------------------------------------------------------------------------------------


def _amount(field: str, pair: Pair) -> Cost:
    old, new = pair.old, pair.new
    if field == "memory_mib":
        return _within(new.memory_mib, old.memory_mib, old.effective_maxmem_mib, old)
    if field == "vcpus":
        return _within(new.vcpus, old.vcpus, old.effective_max_vcpus, old)
    raised = getattr(new, f"effective_{field}") > getattr(old, f"effective_{field}")
    return Cost("reboot") if raised else Cost("nothing", f"the lower ceiling {LATER}")


def _within(wanted: int, has: int, ceiling: int, host: Host) -> Cost:
    """Live up to the *ceiling* it was started with. A fully virtual guest must have been made ready for it."""
    if wanted > ceiling:
        return Cost("reboot")
    if host.type == "hvm" and ceiling == has:
        return Cost("reboot", "nothing says that this fully virtual guest can give any back while it runs")
    return Cost("live")


# --- volumes and disks -----------------------------------------------------------------------------------------------


def shrinks(old: Volume, new: Volume) -> bool:
    """Whether *new* is certainly smaller; what follows a template is known on the server alone."""
    if old.sizing == new.sizing == "exact":
        return new.size_bytes < old.size_bytes
    return old.sizing == new.sizing == "free" and new.free_space_bytes < old.free_space_bytes


def _volume(path: list[str], pair: Pair) -> Cost:
    role, *rest = path
    old, new = (host.volumes.get(cast(Role, role)) for host in (pair.old, pair.new))
    if role != "root" or old is None or new is None or not rest:
        return Cost("reboot")
    match rest[0]:
        case "lock":
            return Cost("nothing")
        case "template" | "snapshot":
            return Cost("data-loss")
        case "kind" | "volume_group" | "path":
            return Cost("migrate" if pair.moves else "rebuild")
    return _size(old, new)


def _size(old: Volume, new: Volume) -> Cost:
    if shrinks(old, new):
        return Cost("data-loss")
    known = (
        None
        if old.sizing == new.sizing
        else "the server knows whether this grows it; to shrink it is refused"
    )
    if old.kind == "file":
        return Cost("reboot", known)
    return Cost("live", known or "a file system that is in use grows at its next stop")


def _disk(difference: Difference, pair: Pair) -> Cost:
    """A disk is attached live, unless that moves the others to other devices. The guest may have one mounted."""
    old, new = mounts(pair.old), mounts(pair.new)
    moved = any(old[path][1].device != new[path][1].device for path in old.keys() & new.keys())
    if difference.old is not None:
        return Cost("reboot", "the guest may have it mounted")
    if pair.old.type == "hvm" or moved:
        return Cost("reboot")
    return Cost("live", "the guest's fstab names it after its next stop")


# --- cards and guest -------------------------------------------------------------------------------------------------


def _interface(difference: Difference, path: list[str], pair: Pair) -> Cost:
    name, *rest = path
    if not rest:
        return _card(name, difference, pair)
    match rest[0]:
        case "bridge" | "switch":
            same = pair.old.interfaces[name].bridge == pair.new.interfaces[name].bridge
            return Cost("nothing" if same else "live")
        case "mac":
            return Cost("reboot")
    return _configured(pair)


def _card(name: str, difference: Difference, pair: Pair) -> Cost:
    """A card comes and goes live where the guest counts its cards as before."""
    if pair.old.type == "hvm":
        return Cost("reboot")
    if difference.new is None:
        return Cost("live")
    kept = [card for card in pair.new.interfaces if card in pair.old.interfaces]
    order = list(pair.new.interfaces)
    if kept and order.index(name) < order.index(kept[-1]):
        return Cost("reboot", "the cards behind it get other numbers")
    return Cost(
        "live", "the guest is told of its address at its next stop" if pair.new.guest.mode != "none" else None
    )


def _guest(field: str, pair: Pair) -> Cost:
    if field == "mounts" and _only_attached(pair):
        return Cost("nothing")
    return Cost("reboot") if field == "mode" else _configured(pair)


def _only_attached(pair: Pair) -> bool:
    """Whether the mounts that were there are as they were: what is new is told of with its disk."""
    before, after = pair.old.guest.mounts, pair.new.guest.mounts
    return pair.old.type != "hvm" and after[: len(before)] == before


def _configured(pair: Pair) -> Cost:
    """What is written inside the guest is written while it is down; of some guests nothing is."""
    return Cost("nothing" if pair.new.guest.mode == "none" else "reboot")
