"""Values of the IR as short texts for a plan: one line each, sizes with their unit, long lists by their length."""

from mlnc.ir.model import Disk, GuestFile, GuestGroup, Interface, Mount, Secret, SshKey, User, Volume

UNITS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
LONGEST = 60
"""Characters that a value may take."""


def size_text(size_bytes: int) -> str:
    """*size_bytes* in the greatest binary unit that holds it exactly."""
    for unit, size in UNITS:
        if size_bytes and size_bytes % size == 0:
            return f"{size_bytes // size} {unit}"
    return f"{size_bytes} bytes"


def memory_text(memory_mib: int) -> str:
    """*memory_mib* in GiB where it is a whole number of them, else in MiB."""
    return size_text(memory_mib << 20)


def volume_size(volume: Volume) -> str:
    """What was asked for: a size, or one that follows the template."""
    if volume.sizing == "free":
        return f"template + {size_text(volume.free_space_bytes)}"
    if volume.sizing == "template":
        return f"as its template, at least {size_text(volume.size_bytes)}"
    return size_text(volume.size_bytes)


def volume_text(volume: Volume) -> str:
    """A volume as a whole."""
    return f"{volume_size(volume)} in {folder(volume)}"


def folder(volume: Volume) -> str:
    """Where a volume lies: its volume group, or the folder of its image file."""
    return volume.volume_group or volume.path.rpartition("/")[0]


def card_text(card: Interface) -> str:
    """A card by its bridge, or the switch it is plugged into."""
    return f"in switch {card.switch}" if card.switch else f"on {card.bridge}"


def address_text(card: Interface) -> str | None:
    """What a card says of IPv4."""
    return (
        f"{card.address}/{card.prefix_length}" if card.address else None if card.mode == "none" else card.mode
    )


def address6_text(card: Interface) -> str | None:
    """What a card says of IPv6."""
    if card.address6:
        return f"{card.address6}/{card.prefix_length6}"
    return None if card.mode6 == "none" else card.mode6


def text(value: object) -> str | None:
    """*value* of the IR; None for what is not there. Of users and keys the names alone."""
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return _listed([_item(each) for each in value])
    return _cut(_item(value))


def _listed(items: list[str]) -> str:
    joined = ", ".join(items)
    return joined if len(joined) <= LONGEST else f"{len(items)} lines"


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
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 4]} ..."
