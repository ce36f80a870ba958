"""The files of a guest that is configured through its mounted root disk."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import GuestFile, Host, ServiceHost
from mlnc.targets.guest import guest_fstab_network
from mlnc.targets.guest.guest_passwords import passwords, secrets
from mlnc.targets.render import render


@dataclass(frozen=True, slots=True)
class Copy:
    """A file or tree of the server that goes into the guest; modes are octal digits or empty for those it has."""

    source: str
    target: str
    mode: str
    folder_mode: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys of one account."""

    account: str
    lines: tuple[str, ...]


def files(project: str, host: Host, server: ServiceHost, hosts_file: str) -> Iterator[tuple[str, str]]:
    """Name and text of each file of the guest's folder; one that would say nothing is left out."""
    guest = host.guest
    yield "configure.sh", _script(project, host, server)
    yield "hosts", hosts_file
    yield "fstab", guest_fstab_network.fstab(guest)
    if host.interfaces:
        yield "network", guest_fstab_network.network(host.interfaces)
    yield from commands(host)


def commands(host: Host) -> Iterator[tuple[str, str]]:
    """The scripts that the guest runs when it starts and when it stops, where there are any."""
    if host.guest.startup:
        yield "startup", render("guest/commands.j2", moment="starts", lines=host.guest.startup)
    if host.guest.shutdown:
        yield "shutdown", render("guest/commands.j2", moment="stops", lines=host.guest.shutdown)


def keys(host: Host) -> list[Keys]:
    """The keys of the guest, account by account in the order in which the project names them."""
    accounts = dict.fromkeys(each.user for each in host.guest.ssh_keys)
    return [
        Keys(name, tuple(each.key for each in host.guest.ssh_keys if each.user == name)) for name in accounts
    ]


def _script(project: str, host: Host, server: ServiceHost) -> str:
    guest = host.guest
    volume = host.volumes["root"]
    return render(
        "guest/configure.sh.j2",
        project=project,
        domain=host.domain,
        uuid=host.uuid,
        kind=volume.kind,
        path=volume.path,
        hostname=guest.hostname,
        nameservers=guest.nameservers,
        cards=host.interfaces,
        swapfile_bytes=guest.internal_swap_bytes,
        users=guest.users,
        groups=guest.groups,
        passwords=passwords(host),
        secrets=secrets(host),
        keys=keys(host),
        kernel=None if host.type == "hvm" else host.kernel or server.kernel,
        modules_folder=server.modules,
        modules=guest.modules,
        copies=[_copy(each, server.files) for each in guest.files],
    )


def _copy(file: GuestFile, folder: str) -> Copy:
    """A source that is not absolute stands below *folder*; a target that ends in ``/`` keeps the source's name."""
    source = posixpath.join(folder, file.source)
    name = posixpath.basename(posixpath.normpath(source))
    target = file.target + name if file.target.endswith("/") else file.target
    return Copy(source, target, file.mode or "", _searchable(file.mode) if file.mode else "")


def _searchable(mode: str) -> str:
    """The octal *mode* for a folder: whoever may read it may also enter it."""
    bits = int(mode, 8)
    return f"{bits | (bits & 0o444) >> 2:o}"
