"""The disks of a service host: its own copy of the image, given a name; a local disk; and the one that all share."""

import os
import shutil
import subprocess
from pathlib import Path

from mlnc.lab.keys import authorized_keys, host_key, known_hosts, root_key
from mlnc.lab.lab_paths import SERVERS, Lab, Server
from mlnc.lab.requirements import Lacking, environment

SAN_BYTES = 3 << 30
LOCAL_BYTES = 1 << 30
"""Sizes of the disks beside the root; both are sparse files."""

_INTERFACES = """\
auto lo
iface lo inet loopback

# to the machine that runs the laboratory, for ssh alone
auto eth0
iface eth0 inet static
    address 10.0.2.15/24

# the network of service hosts and guests
auto xenbr0
iface xenbr0 inet static
    address {address}/24
    bridge_ports {cables}
    bridge_stp off
    bridge_fd 0
    bridge_maxwait 0
    # Each packet is work for an emulated processor, so they are large.
    post-up for link in {cables} xenbr0; do ip link set dev $link mtu 9000; done
"""


def provide(lab: Lab, server: Server) -> None:
    """Make the disks of *server* that it has not yet. Those it has stay as they are."""
    server.folder.mkdir(exist_ok=True)
    _sparse(lab.san, SAN_BYTES)
    _sparse(server.local_disk, LOCAL_BYTES)
    if not server.root_disk.exists():
        new = server.root_disk.with_suffix(".new")
        subprocess.run(["cp", "--sparse=always", lab.images / "server.raw", new], check=True)
        _name(lab, server, new)
        shutil.copy(_image_stamp(lab), _own_stamp(server))
        new.rename(server.root_disk)


def is_outdated(lab: Lab, server: Server) -> bool:
    """Whether the image was made anew after *server* got its copy."""
    return _own_stamp(server).read_text() != _image_stamp(lab).read_text()


def forget(lab: Lab) -> None:
    """Remove all disks, with what the servers and guests had on them; images and keys stay."""
    for server in lab.servers():
        shutil.rmtree(server.folder)
    lab.san.unlink(missing_ok=True)


def cables(server: Server) -> list[int]:
    """The numbers of the servers to which a cable leads: from the first to each other, so that no loop closes."""
    return list(range(2, SERVERS + 1)) if server.number == 1 else [1]


def _image_stamp(lab: Lab) -> Path:
    return lab.images / "server.raw.made"


def _own_stamp(server: Server) -> Path:
    return server.folder / "image.made"


def _sparse(file: Path, size: int) -> None:
    if not file.exists():
        with file.open("wb") as new:
            new.truncate(size)


def _name(lab: Lab, server: Server, disk: Path) -> None:
    """Lay the files that tell *server* from the others into the file system on *disk*; needs no root."""
    others = "".join(
        f"{each.address} {each.name}\n" for each in (lab.server(n) for n in range(1, SERVERS + 1))
    )
    cards = " ".join(f"eth{number}" for number, _ in enumerate(cables(server), 1))
    key = host_key(lab, server)
    files = {
        "etc/hostname": f"{server.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n{others}",
        "etc/network/interfaces": _INTERFACES.format(address=server.address, cables=cards),
        "etc/ssh/ssh_host_ed25519_key": key.read_text(),
        "etc/ssh/ssh_host_ed25519_key.pub": key.with_suffix(".pub").read_text(),
        "root/.ssh/id_ed25519": root_key(lab, server).read_text(),
        "root/.ssh/authorized_keys": authorized_keys(lab),
        "root/.ssh/known_hosts": known_hosts(lab),
    }
    room = server.folder / "files"
    room.mkdir(mode=0o700, exist_ok=True)
    commands = []
    for number, (path, text) in enumerate(files.items()):
        (room / str(number)).write_text(text)
        commands += [f"rm /{path}", f"write {number} /{path}", f"sif /{path} uid 0", f"sif /{path} gid 0"]
        if "key" in path or ".ssh" in path:
            commands.append(f"sif /{path} mode 0100600")
    _debugfs(disk, room, commands)
    shutil.rmtree(room)


def _debugfs(disk: Path, room: Path, commands: list[str]) -> None:
    """Run the commands of debugfs(8) on *disk*, in the folder *room*. It tells failures by messages alone."""
    words = ["debugfs", "-w", "-f", "-", os.fspath(disk)]
    text = "\n".join(commands) + "\n"
    done = subprocess.run(
        words, input=text, capture_output=True, text=True, cwd=room, env=environment(), check=False
    )
    harmless = ("debugfs ", "rm: File not found by ext2_lookup")
    said = [line for line in done.stderr.splitlines() if line and not line.startswith(harmless)]
    if done.returncode != 0 or said:
        raise Lacking(f"the disk {disk} could not be given a name: {'; '.join(said)}")
