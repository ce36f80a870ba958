"""The files of a guest that cloud-init configures: a NoCloud seed.

Facts: cloud-init's documentation of the NoCloud data source, of its modules and of network configuration version 2.
The instance's identifier changes with the configuration, so that cloud-init applies a changed one at the next boot.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Host, Interface
from mlnc.targets.guest import guest_fstab_network
from mlnc.targets.guest.guest_disk import commands, keys
from mlnc.targets.guest.guest_passwords import passwords, secrets
from mlnc.targets.render import render
from mlnc.targets.shell.shell_library import library_files

UNIT = "mlnc-startup.service"


@dataclass(frozen=True, slots=True)
class Account:
    """An entry of cloud-config's ``users``; without *home* it is an account that the image has."""

    name: str
    home: str | None
    uid: int | None
    groups: tuple[str, ...]
    password: str | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """An entry of ``ethernets`` in the network configuration."""

    name: str
    mac: str
    auto: bool
    mode: str
    mode6: str
    addresses: tuple[str, ...]
    routes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SeedFile:
    """An entry of cloud-config's ``write_files``; *mode* is octal."""

    path: str
    mode: str
    text: str


def files(project: str, host: Host, hosts_file: str) -> Iterator[tuple[str, str]]:
    """Name and text of each file of the guest's folder."""
    user_data, network = _user_data(host, hosts_file), _network_config(host)
    content = hashlib.sha256(f"{user_data}\n{network}".encode()).hexdigest()[:8]
    yield "seed.sh", _script(project, host)
    yield (
        "meta-data",
        render("guest/meta-data.j2", uuid=host.uuid, content=content, hostname=host.guest.hostname),
    )
    yield "user-data", user_data
    yield "network-config", network


def _script(project: str, host: Host) -> str:
    volume = host.volumes["seed"]
    return render(
        "guest/seed.sh.j2",
        project=project,
        domain=host.domain,
        kind=volume.kind,
        path=volume.path,
        secrets=secrets(host),
        passwords=[each for each in passwords(host) if each.kind == "secret"],
    )


def _user_data(host: Host, hosts_file: str) -> str:
    guest = host.guest
    return render(
        "guest/user-data.j2",
        hostname=guest.hostname,
        passwords=passwords(host),
        groups=guest.groups,
        accounts=_accounts(host),
        root_has_keys=any(each.account == "root" for each in keys(host)),
        mounts=_mounts(host),
        swapfile_bytes=guest.internal_swap_bytes,
        files=list(_files(host, hosts_file)),
        commands=list(_commands(host)),
    )


def _accounts(host: Host) -> list[Account]:
    """Users of the project in order, then other accounts that get a password or keys."""
    known = {user.name: user for user in host.guest.users}
    hashes = {each.account: each.token for each in passwords(host)}
    lines = {each.account: each.lines for each in keys(host)}
    return [
        Account(
            name=name,
            home=known[name].home if name in known and name != "root" else None,
            uid=known[name].uid if name in known else None,
            groups=tuple(group.name for group in host.guest.groups if name in group.users),
            password=hashes.get(name),
            keys=lines.get(name, ()),
        )
        for name in dict.fromkeys((*known, *hashes, *lines))
    ]


def _mounts(host: Host) -> list[guest_fstab_network.Row]:
    swap = host.guest.swap_device
    swaps: list[guest_fstab_network.Row] = [(swap, "none", "swap", "sw", "0", "0")] if swap else []
    return swaps + guest_fstab_network.mounts(host.guest)


def _files(host: Host, hosts_file: str) -> Iterator[SeedFile]:
    yield SeedFile("/etc/hosts", "0644", hosts_file)
    if host.guest.modules:
        yield SeedFile("/etc/modules-load.d/mlnc.conf", "0644", "\n".join(host.guest.modules))
    for name, text in commands(host):
        yield SeedFile(f"/etc/mlnc/{name}", "0700", text)
    if host.guest.startup or host.guest.shutdown:
        yield SeedFile(f"/etc/systemd/system/{UNIT}", "0644", library_files()[UNIT])


def _commands(host: Host) -> Iterator[str]:
    """What runs once, when the configuration is new. The unit is enabled before anything of user_data can fail."""
    unit = host.guest.startup or host.guest.shutdown
    if unit:
        yield f"systemctl daemon-reload && systemctl enable {UNIT}"
    yield from (f"modprobe {module}" for module in host.guest.modules)
    yield from host.guest.user_data
    if unit:
        yield f"systemctl start {UNIT}"


def _network_config(host: Host) -> str:
    cards = [_card(name, card) for name, card in host.interfaces.items()]
    configured = [card for card in cards if card.addresses or (card.mode, card.mode6) != ("none", "none")]
    return render("guest/network-config.j2", cards=configured, nameservers=host.guest.nameservers)


def _card(name: str, card: Interface) -> Card:
    addresses = ((card.address, card.prefix_length), (card.address6, card.prefix_length6))
    routes = (("0.0.0.0/0", card.gateway), ("::/0", card.gateway6))
    return Card(
        name,
        card.mac,
        card.auto,
        card.mode,
        card.mode6,
        tuple(f"{address}/{length}" for address, length in addresses if address),
        tuple((to, via) for to, via in routes if via),
    )
