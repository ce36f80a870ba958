"""Rows of ``mlnc show`` for a host: label, value with unit, and IR path."""

from collections.abc import Iterator

from mlnc.ir.model import Guest, Host, Interface, User, Vnc, Volume

Row = tuple[str, str, str]
"""Label, value, and the IR path below the host for its source position."""

_UNITS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def rows(host: Host) -> Iterator[Row]:
    """Yield the rows of *host*: machine, network, disks, guest."""
    yield from _machine(host)
    yield from _vnc(host.vnc)
    yield from (("xen_extra", line, f"xen_extra/{number}") for number, line in enumerate(host.xen_extra))
    for name, card in host.interfaces.items():
        yield from _card(name, card)
    yield from _disks(host)
    yield from _guest(host.guest)


def _machine(host: Host) -> Iterator[Row]:
    yield "platform", host.platform, "platform"
    if host.renamed_from is not None:
        yield "renamed from", host.renamed_from, "renamed_from"
    yield "memory", f"{host.memory_mib} MiB", "memory_mib"
    if host.maxmem_mib is not None:
        yield "maxmem", f"{host.maxmem_mib} MiB", "maxmem_mib"
    yield "vcpus", str(host.vcpus), "vcpus"
    if host.max_vcpus is not None:
        yield "maxvcpus", str(host.max_vcpus), "max_vcpus"
    for field in ("cpus", "kernel", "ramdisk", "kernel_arguments", "on_crash", "owner", "group"):
        value: str | None = getattr(host, field)
        if value:
            yield field.replace("_", " "), value, field
    yield "boot order", str(host.boot_order), "boot_order"


def _vnc(vnc: Vnc | None) -> Iterator[Row]:
    if vnc is None:
        return
    display = "next free display" if vnc.display is None else f"display {vnc.display}"
    yield "vnc", f"{display} on {vnc.listen}", "vnc/display"
    if vnc.password is not None:
        yield "vnc password", f"secret {vnc.password.secret}", "vnc/password"


def _card(name: str, card: Interface) -> Iterator[Row]:
    path = f"interfaces/{name}"
    switch = f" (switch {card.switch})" if card.switch else ""
    yield name, f"{card.bridge}{switch}, {card.mac}", path
    if card.mode != "none":
        yield (
            "  IPv4",
            _address(card.address, card.prefix_length, card.gateway) or card.mode,
            f"{path}/address",
        )
    if card.mode6 != "none":
        value = _address(card.address6, card.prefix_length6, card.gateway6) or card.mode6
        yield "  IPv6", value, f"{path}/address6"


def _address(address: str | None, length: int | None, gateway: str | None) -> str | None:
    return f"{address}/{length}{f', gateway {gateway}' if gateway else ''}" if address else None


def _disks(host: Host) -> Iterator[Row]:
    """Yield the disks in the order of the domain file, each with the volume behind it if mlnc makes one."""
    for number, disk in enumerate(host.disks):
        volume = None if disk.role == "mount" else host.volumes.get(disk.role)
        path = f"volumes/{disk.role}" if volume else f"disks/{number}"
        yield f"{disk.device} {disk.role}", _volume(volume) if volume else disk.path, path


def _volume(volume: Volume) -> str:
    size = {
        "exact": size_text(volume.size_bytes),
        "free": f"its template and {size_text(volume.free_space_bytes)} free",
        "template": f"as its template, at least {size_text(volume.size_bytes)}",
    }[volume.sizing]
    source = f", from {volume.template}" if volume.template else ""
    return f"{volume.kind} {volume.path}: {size}{source}{', shared' if volume.shared else ''}"


def size_text(size: int) -> str:
    """Format *size*, in bytes, in the largest unit that gives a whole number."""
    unit, factor = next(
        ((unit, factor) for unit, factor in _UNITS if size and size % factor == 0), ("bytes", 1)
    )
    return f"{size // factor} {unit}"


def _guest(guest: Guest) -> Iterator[Row]:
    yield "guest", guest.mode, "guest/mode"
    if guest.nameservers:
        yield "nameserver", ", ".join(guest.nameservers), "guest/nameservers"
    if guest.root_password is not None:
        yield "root password", f"secret {guest.root_password.secret}", "guest/root_password"
    if guest.internal_swap_bytes:
        yield "internal swap", size_text(guest.internal_swap_bytes), "guest/internal_swap_bytes"
    yield from (("user", _user(each), f"guest/users/{number}") for number, each in enumerate(guest.users))
    yield from (
        ("group", f"{each.name}: {', '.join(each.users)}", f"guest/groups/{each.name}")
        for each in guest.groups
    )
    yield from _lists(guest)


def _user(user: User) -> str:
    number = f", {user.uid}" if user.uid is not None else ""
    return f"{user.name} ({user.home}{number})"


def _lists(guest: Guest) -> Iterator[Row]:
    texts = {
        "ssh_keys": ("ssh key", [f"{each.user}: {each.key}" for each in guest.ssh_keys]),
        "files": ("file", [f"{each.source} to {each.target}" for each in guest.files]),
        "modules": ("module", list(guest.modules)),
        "mounts": ("mount", [f"{each.device} on {each.mountpoint} ({each.fstype})" for each in guest.mounts]),
        "startup": ("startup", list(guest.startup)),
        "shutdown": ("shutdown", list(guest.shutdown)),
        "user_data": ("user_data", list(guest.user_data)),
    }
    for field, (label, values) in texts.items():
        for number, value in enumerate(values):
            yield label, value, f"guest/{field}/{number}"
