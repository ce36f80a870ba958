"""Values of the IR as short texts for a plan: one line each, sizes with their unit, long lists as their length."""

from mlnc.ir.model import Disk, GuestFile, GuestGroup, Interface, Mount, Secret, SshKey, User, Vnc, Volume
from mlnc.upgrade.diff.host_diff import Difference, volume_location

UNITS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
MAX_LENGTH = 60
"""Characters of a value that are printed."""


def difference_texts(difference: Difference) -> tuple[str | None, str | None]:
    """Return the old and the new value of *difference* as texts; None for a value that is absent."""
    return _value_text(difference, difference.old), _value_text(difference, difference.new)


def _value_text(difference: Difference, value: object) -> str | None:
    match value:
        case Volume():
            shown = volume_size(value) if difference.field else volume_text(value)
        case Interface():
            return _interface_text(difference.field, value)
        case Vnc():
            shown = "a display"
        case int() if difference.field in ("memory_mib", "maxmem_mib"):
            shown = memory_text(value)
        case str() if (difference.part, difference.field) == ("volumes", "path"):
            shown = value.rpartition("/")[0]
        case dict():
            return ", ".join(value) or None
        case _:
            return text(value)
    return shown


def size_text(size_bytes: int) -> str:
    """Return *size_bytes* in the largest binary unit that holds it exactly."""
    for unit, size in UNITS:
        if size_bytes and size_bytes % size == 0:
            return f"{size_bytes // size} {unit}"
    return f"{size_bytes} bytes"


def memory_text(memory_mib: int) -> str:
    """Return *memory_mib* in GiB if it is a multiple of one, else in MiB."""
    return size_text(memory_mib << 20)


def volume_size(volume: Volume) -> str:
    """Return the requested size: a size of its own, or one that depends on the template."""
    if volume.sizing == "free":
        return f"template + {size_text(volume.free_space_bytes)}"
    if volume.sizing == "template":
        return f"as its template, at least {size_text(volume.size_bytes)}"
    return size_text(volume.size_bytes)


def volume_text(volume: Volume) -> str:
    """Return the size and the location of a volume."""
    return f"{volume_size(volume)} in {volume_location(volume)}"


def _interface_text(field: str | None, card: Interface) -> str | None:
    if field == "address":
        return _address_text(card.mode, card.address, card.prefix_length)
    if field == "address6":
        return _address_text(card.mode6, card.address6, card.prefix_length6)
    return f"in switch {card.switch}" if card.switch else f"on {card.bridge}"


def _address_text(mode: str, address: str | None, prefix_length: int | None) -> str | None:
    if address:
        return f"{address}/{prefix_length}"
    return None if mode == "none" else mode


def text(value: object) -> str | None:
    """Return *value* of the IR as a text; None if it is absent. Users and groups are named only."""
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return _listed([_item(each) for each in value])
    return _cut(_item(value))


def _listed(items: list[str]) -> str:
    joined = ", ".join(items)
    return joined if len(joined) <= MAX_LENGTH else f"{len(items)} lines"


def _item(value: object) -> str:
    match value:
        case User(name=name) | GuestGroup(name=name):
            shown = name
        case SshKey(user=user, key=key):
            shown = f"{user}: {key.split()[-1]}"
        case GuestFile(source=source, target=target):
            shown = f"{source} in {target}"
        case Mount(source=source, mountpoint=mountpoint):
            shown = f"{source} on {mountpoint}"
        case Disk(path=path, device=device):
            shown = f"{path} as {device}"
        case Secret(secret=secret):
            shown = f"@secret/{secret}"
        case _:
            shown = str(value)
    return shown


def _cut(value: str) -> str:
    return value if len(value) <= MAX_LENGTH else f"{value[: MAX_LENGTH - 4]} ..."
