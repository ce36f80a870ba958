"""Expected content of the guests of a course, derived from the IR."""

from posixpath import basename

from mlnc.ir.model import Guest, GuestFile, Host, Interface, Secret, ServiceHost
from mlnc.rehearsal.host_requirements import kernel_version
from mlnc.rehearsal.server_state import Facts, add_item

SET = "set"
"""Value for the hash of a password that is a secret."""


def add(facts: Facts, project: str, name: str, host: Host, server: ServiceHost) -> None:
    """Add the expected content of the guest of *host* on *server*; nothing for a guest that mlnc does not configure."""
    if host.guest.mode == "mount":
        values = _configured(host) | {"kernel modules": _kernel_modules(host, server)}
    elif host.guest.mode == "cloud-init":
        values = {"hostname": host.guest.hostname, "instance": host.uuid, "users": _names(host.guest)}
    else:
        return
    add_item(facts, host.service_host, "guest", f"{project}/{name}", **values)


def _configured(host: Host) -> dict[str, str]:
    guest = host.guest
    values = {
        "hostname": guest.hostname,
        "modules": " ".join(sorted(guest.modules)),
        "startup": "\n".join(guest.startup),
        "shutdown": "\n".join(guest.shutdown),
        "file systems": "\n".join(sorted(_file_systems(guest))),
        "swap file": f"{guest.internal_swap_bytes or ''}",
    }
    if guest.nameservers:
        values["nameservers"] = " ".join(guest.nameservers)
    values |= {f"card {name}": text for name, card in host.interfaces.items() if (text := _card(card))}
    values |= _accounts(guest)
    return values | {f"file {file.target}": _file(file) for file in guest.files}


def _kernel_modules(host: Host, server: ServiceHost) -> str:
    """Version of the kernel modules that the guest gets; empty for HVM guests, which have their own kernel."""
    if host.type == "hvm":
        return ""
    return basename((server.modules or "").rstrip("/")) or kernel_version(host.kernel or server.kernel)


def _card(card: Interface) -> str:
    """``auto inet ADDRESS/LENGTH via GATEWAY inet6 ...``; nothing for a card without an address."""
    words = []
    if card.mode == "static":
        words += ["inet", f"{card.address}/{card.netmask}"]
        words += ["via", card.gateway] if card.gateway else []
    elif card.mode != "none":
        words += ["inet", card.mode]
    if card.mode6 == "static":
        words += ["inet6", f"{card.address6}/{card.prefix_length6}"]
        words += ["via", card.gateway6] if card.gateway6 else []
    elif card.mode6 != "none":
        words += ["inet6", card.mode6]
    return " ".join(["auto", *words] if card.auto and words else words)


def _file_systems(guest: Guest) -> list[str]:
    """Device and mount point of each file system, as in fstab(5)."""
    lines = [f"{guest.root_device} /"]
    lines += [f"{guest.swap_device} none"] if guest.swap_device else []
    lines += ["/swapfile none"] if guest.internal_swap_bytes else []
    return lines + [f"{each.device} {each.mountpoint}" for each in guest.mounts]


def _accounts(guest: Guest) -> dict[str, str]:
    values = {f"home of {user.name}": user.home for user in guest.users}
    values |= {f"uid of {user.name}": f"{user.uid}" for user in guest.users if user.uid is not None}
    hashes: dict[str, str | Secret | None] = {user.name: user.hash for user in guest.users}
    hashes["root"] = guest.root_password or hashes.get("root")
    values |= {
        f"password of {name}": SET if isinstance(value, Secret) else value
        for name, value in hashes.items()
        if value is not None
    }
    values |= {f"group {group.name}": " ".join(sorted(group.users)) for group in guest.groups}
    for account in {key.user for key in guest.ssh_keys}:
        values[f"keys of {account}"] = "\n".join(key.key for key in guest.ssh_keys if key.user == account)
    return values


def _file(file: GuestFile) -> str:
    return f"mode {int(file.mode, 8):o}" if file.mode else "present"


def _names(guest: Guest) -> str:
    return " ".join(sorted(user.name for user in guest.users))
