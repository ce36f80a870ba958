"""What the guest target refuses: values that the files of a guest, or the table they travel in, cannot hold."""

import re
from collections.abc import Iterator

from mlnc.ir.model import Guest, Host, Interface, Role, Secret, ServiceHost
from mlnc.output.artifact import Refusal
from mlnc.targets import text_checks

WARNINGS = frozenset({"user-data-unused"})
"""The codes here that stop no build."""

_Found = tuple[str, str, str]
"""Path of a field below the host, the kind of its value (a key of ``KINDS``), and the value."""

KINDS: dict[str, tuple[re.Pattern[str], str]] = {
    "text": (re.compile(r".*", re.DOTALL), "text"),
    "word": (re.compile(r"[^\s]+"), "a word without blanks"),
    "path": (re.compile(r"/.*"), "an absolute path"),
    "home": (re.compile(r"/[^:]*"), "an absolute path without colons"),
    "mountpoint": (re.compile(r"/[^\s]*"), "an absolute path without blanks"),
    "name": (re.compile(r"[A-Za-z0-9_+.][A-Za-z0-9_+.-]*"), "a name of letters, digits and + - . _"),
    "hostname": (
        re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?"),
        "a host name: at most 64 letters, digits and - . _",
    ),
    "account": (
        re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}"),
        "an account's name: at most 32 letters, digits and - . _, with a letter or _ first",
    ),
    "uid": (re.compile(r"[0-9]{1,10}"), "a number of a user"),
    "hash": (re.compile(r"[^\s:\"\\]+"), "an encrypted password: no blanks, colons, quotes or backslashes"),
    "key": (re.compile(r"[^\s#].*"), "a public key"),
    "mode": (re.compile(r"[0-7]{3,4}"), "a mode: three or four octal digits"),
    "module": (re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*"), "the name of a kernel module"),
    "device": (re.compile(r"/dev/[A-Za-z0-9_/.-]+"), "a device"),
    "card": (re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}"), "a card's name: at most 15 characters"),
    "mac": (re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"), "a MAC address"),
    "address": (re.compile(r"[0-9A-Fa-f:.]+"), "an address"),
}
"""What a value of each kind looks like, as a pattern and in words."""


def refusals(project: str, name: str, host: Host, server: ServiceHost) -> list[Refusal]:
    """Everything about the guest of host *name* that stops a build or deserves a warning."""
    where = f"{project}/hosts/{name}"
    found = [
        Refusal("guest-unwritable", f"{where}/{field}", message)
        for field, kind, value in (("project", "name", project), *_values(host, server))
        if (message := _fault(kind, value))
    ]
    return found + list(_unsuited(where, host))


def _fault(kind: str, value: str) -> str | None:
    pattern, form = KINDS[kind]
    hidden = text_checks.fault(value)
    if hidden:
        return f"{value!r} cannot be written into the guest: {hidden}"
    return None if pattern.fullmatch(value) else f"{value!r} is not {form}"


def _unsuited(where: str, host: Host) -> Iterator[Refusal]:
    """Directives that the way in which the guest is configured has no use for, and a disk it lacks."""
    guest = host.guest
    role: Role = "root" if guest.mode == "mount" else "seed"
    if role not in host.volumes:
        yield Refusal(
            "guest-without-volume", where, f"there is no {role} volume to configure the guest through"
        )
    if guest.mode == "mount" and guest.user_data:
        hint = "add `guest cloud-init`, or write the lines into startup"
        yield Refusal(
            "user-data-unused", f"{where}/guest/user_data", "user_data is for cloud-init only", hint
        )
    if guest.mode == "cloud-init" and guest.files:
        message, hint = (
            "files cannot be laid into a guest that cloud-init configures",
            "fetch them in user_data",
        )
        yield Refusal("files-in-seed", f"{where}/guest/files/0", message, hint)


def _values(host: Host, server: ServiceHost) -> Iterator[_Found]:
    yield "domain", "name", host.domain
    yield "kernel", "text", host.kernel or ""
    for role, volume in host.volumes.items():
        yield f"volumes/{role}", "path", volume.path
    for folder in (server.files, server.modules or "/"):
        yield "service_host", "path", folder
    for card, interface in host.interfaces.items():
        yield from _card_values(card, interface)
    yield from _guest_values(host.guest)
    yield from _account_values(host.guest)


def _card_values(card: str, interface: Interface) -> Iterator[_Found]:
    field = f"interfaces/{card}"
    yield field, "card", card
    yield f"{field}/mac", "mac", interface.mac
    for name in ("address", "netmask", "broadcast", "gateway", "address6", "gateway6"):
        value = getattr(interface, name)
        if value is not None:
            yield f"{field}/{name}", "address", value


def _guest_values(guest: Guest) -> Iterator[_Found]:
    yield "guest/hostname", "hostname", guest.hostname
    for device in (guest.root_device, guest.swap_device):
        yield "guest/device", "device", device or "/dev/none"
    for number, address in enumerate(guest.nameservers):
        yield f"guest/nameservers/{number}", "address", address
    for number, module in enumerate(guest.modules):
        yield f"guest/modules/{number}", "module", module
    for number, mount in enumerate(guest.mounts):
        for kind, value in (
            ("device", mount.device),
            ("mountpoint", mount.mountpoint),
            ("word", mount.fstype),
            ("word", mount.options or "defaults"),
        ):
            yield f"guest/mounts/{number}", kind, value
    for number, file in enumerate(guest.files):
        for kind, value in (("text", file.source), ("path", file.target), ("mode", file.mode or "644")):
            yield f"guest/files/{number}", kind, value
    for block, lines in (
        ("startup", guest.startup),
        ("shutdown", guest.shutdown),
        ("user_data", guest.user_data),
    ):
        for number, line in enumerate(lines):
            yield f"guest/{block}/{number}", "text", line


def _account_values(guest: Guest) -> Iterator[_Found]:
    if guest.root_password:
        yield "guest/root_password", "word", guest.root_password.secret
    for number, user in enumerate(guest.users):
        field = f"guest/users/{number}"
        yield field, "account", user.name
        yield field, "home", user.home
        yield field, "uid", str(user.uid or 0)
        if isinstance(user.hash, Secret):
            yield field, "word", user.hash.secret
        elif user.hash is not None:
            yield field, "hash", user.hash
    for group in guest.groups:
        for name in (group.name, *group.users):
            yield f"guest/groups/{group.name}", "account", name
    for number, key in enumerate(guest.ssh_keys):
        yield f"guest/ssh_keys/{number}", "account", key.user
        yield f"guest/ssh_keys/{number}", "key", key.key
