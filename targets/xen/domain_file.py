"""The domain file of one host: what Xen's toolstack is told about it, in the dialect of its service host.

mlnc decides the order of everything and leaves no default of Xen to chance where a project can tell the
difference: a fully virtual domain gets ``vnc = 0`` unless a display is asked for, since xl would open one.
"""

import re

from mlnc.ir.model import Host, Interface, ServiceHost, Vnc
from mlnc.schemas.secret_placeholder import placeholder
from mlnc.targets.render import render
from mlnc.targets.xen.xen_extra_checks import extra_keys

Assignments = list[tuple[str, str | int | list[str]]]

RUNLEVEL = "2"
"""First of the kernel's arguments, as MLN has always set it."""

_DIGITS = re.compile(r"(\d+)", re.ASCII)


def domain_file(project: str, name: str, host: Host, server: ServiceHost) -> str:
    """The text of the domain file of *host*, called *name* in *project*, for the toolstack of *server*.

    The host must be one that ``xen.emit`` finds nothing against.
    """
    interfaces = sorted(host.interfaces.items(), key=_card_order)
    return render(
        f"xen/{server.toolstack}.cfg.j2",
        project=project,
        name=name,
        host=host,
        knows_type=knows_type(server),
        boot=_virtual_machine(host, server) if host.type == "hvm" else _kernel(host),
        interfaces=interfaces,
        display=_display(host),
    )


def knows_type(server: ServiceHost) -> bool:
    """Whether xl of *server* knows the key ``type``, and so PVH: since Xen 4.10, assumed if not stated."""
    version = re.match(r"(\d+)\.(\d+)", server.xen_version or "")
    return version is None or (int(version[1]), int(version[2])) >= (4, 10)


def _card_order(card: tuple[str, Interface]) -> list[str | int]:
    """Orders eth2 before eth10: the guest counts its cards in the order of the file."""
    parts = _DIGITS.split(card[0])
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _kernel(host: Host) -> Assignments:
    """How a domain starts whose kernel stands on the service host."""
    console = ["console=hvc0"] if host.type == "pvh" else []
    arguments = [RUNLEVEL, *console, *filter(None, [host.kernel_arguments])]
    files = [("kernel", host.kernel), ("ramdisk", host.ramdisk)]
    given: Assignments = [(key, path) for key, path in files if path is not None]
    return [*given, ("root", host.guest.root_device), ("extra", " ".join(arguments))]


def _virtual_machine(host: Host, server: ServiceHost) -> Assignments:
    """The machine a fully virtual domain starts in. What ``xen_extra`` sets of it is the project's."""
    machine: Assignments = [("boot", "c"), ("acpi", 1), ("apic", 1), ("usb", 1), ("usbdevice", "tablet")]
    if server.toolstack == "xm":
        machine = [*_device_model(server), *machine]
    theirs = extra_keys(host, server.toolstack)
    return [(key, value) for key, value in machine if key not in theirs]


def _device_model(server: ServiceHost) -> Assignments:
    """Firmware loader and device model. Since Xen 4.0 xend finds them by name, before it took paths alone."""
    if (server.xen_version or "").startswith("3."):
        return [("kernel", "/usr/lib/xen/boot/hvmloader"), ("device_model", "/usr/lib/xen/bin/qemu-dm")]
    return [("kernel", "hvmloader"), ("device_model", "qemu-dm")]


def _display(host: Host) -> Assignments:
    """The VNC display: settings of their own for a fully virtual domain, else a framebuffer device."""
    if host.vnc is None:
        return [("vnc", 0)] if host.type == "hvm" else []
    settings = _vnc(host.vnc)
    if host.type == "hvm":
        return settings
    return [("vfb", [",".join(f"{key}={value}" for key, value in settings)])]


def _vnc(vnc: Vnc) -> Assignments:
    """The settings of a display; without a number Xen takes the first free one."""
    password = None if vnc.password is None else placeholder(vnc.password.secret)
    settings: list[tuple[str, str | int | None]] = [
        ("vnc", 1),
        ("vnclisten", vnc.listen),
        ("vncdisplay", vnc.display),
        ("vncunused", int(vnc.display is None)),
        ("keymap", vnc.keymap),
        ("vncpasswd", password),
    ]
    return [(key, value) for key, value in settings if value is not None]
