"""Small root file systems, one a family of guests, and images made of them.

Each holds just what tells its family and what configuring it changes: accounts, a home to copy, empty programs.
"""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/bin/sh
olduser:x:1000:1000::/home/olduser:/bin/sh
"""
SHADOW = "root:*:14000:0:99999:7:::\ndaemon:*:14000:0:99999:7:::\nolduser:$1$old$hash:14000:0:99999:7:::\n"
GROUP = "root:x:0:\ndaemon:x:1:\nstaff:x:50:olduser\nolduser:x:1000:\n"
GSHADOW = "root:*::\ndaemon:*::\nstaff:*::olduser\nolduser:!::\n"
NEW_LOGIN_DEFS = "# a comment\nENCRYPT_METHOD SHA512\nUID_MIN 1000\nGID_MIN 1000\n"


@dataclass(frozen=True)
class Tree:
    """Files with their text (a program is a file without any), links with their targets, and folders."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    def __or__(self, other: "Tree") -> "Tree":
        return Tree(self.files | other.files, self.links | other.links, self.folders + other.folders)


BASE = Tree(
    files={
        "etc/passwd": PASSWD,
        "etc/shadow": SHADOW,
        "etc/group": GROUP,
        "etc/gshadow": GSHADOW,
        "etc/hostname": "template\n",
        "etc/hosts": "127.0.0.1 localhost\n",
        "etc/fstab": "/dev/sda1 / ext3 defaults 0 1\n",
        "etc/skel/.profile": "PATH=$PATH:$HOME/bin\n",
        "bin/bash": "",
        "bin/sh": "",
    },
    folders=("root", "home/olduser", "proc", "tmp", "var/lock", "usr/sbin", "sbin"),
)
SYSTEMD = Tree(
    files={
        "lib/systemd/systemd": "",
        "etc/login.defs": NEW_LOGIN_DEFS,
        "lib/systemd/systemd-networkd": "",
        "lib/systemd/system/systemd-networkd.service": "[Service]\nExecStart=/bin/true\n",
        "lib/systemd/network/99-default.link": "[Link]\nNamePolicy=keep\n",
    },
    links={"sbin/init": "/lib/systemd/systemd", "etc/resolv.conf": "/run/systemd/resolve/stub-resolv.conf"},
    folders=("etc/systemd/system/multi-user.target.wants", "etc/modules-load.d"),
)
SYSV = Tree(files={"sbin/init": "", "etc/login.defs": "MAIL_DIR /var/mail\nUID_MIN 500\nGID_MIN 500\n"})
IFUPDOWN = Tree(files={"etc/network/interfaces": "auto lo\niface lo inet loopback\n", "sbin/ifup": ""})
RUN_LEVELS = tuple(f"rc{level}.d" for level in range(7))

TREES: dict[str, Tree] = {
    "debian": BASE | SYSTEMD | IFUPDOWN,
    "etch": BASE
    | SYSV
    | IFUPDOWN
    | Tree(
        files={
            "etc/iftab": "eth0 mac 00:00:00:00:00:01\n",
            "etc/modules": "# modules of the template\nide-core\n",
            "etc/inittab": "id:2:initdefault:\n0:2345:respawn:/sbin/getty 38400 tty0\n",
        },
        folders=("etc/init.d", *(f"etc/{level}" for level in RUN_LEVELS)),
    ),
    "centos": BASE
    | SYSV
    | Tree(
        files={
            "etc/sysconfig/network": "HOSTNAME=template\nGATEWAY=10.9.9.9\nNOZEROCONF=yes\n",
            "etc/sysconfig/network-scripts/ifup": "",
        },
        folders=("etc/rc.d/init.d", "etc/sysconfig/modules", *(f"etc/rc.d/{level}" for level in RUN_LEVELS)),
    ),
    "fedora": BASE
    | SYSTEMD
    | Tree(
        files={
            "usr/sbin/NetworkManager": "",
            "etc/selinux/config": "# a comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n",
        },
        folders=("etc/sysconfig/network-scripts", "etc/NetworkManager/system-connections"),
    ),
    "networkd": BASE | SYSTEMD,
    "ubuntu": BASE
    | SYSTEMD
    | Tree(files={"usr/sbin/netplan": "", "etc/netplan/50-cloud-init.yaml": "network: {version: 2}\n"}),
    "busybox": Tree(
        files={
            "etc/passwd": "root::0:0:root:/root:/bin/sh\n",
            "etc/group": "root:x:0:\n",
            "etc/init.d/rcS": "#!/bin/sh\nmount -a\nexit 0\n",
            "etc/inittab": "::sysinit:/etc/init.d/rcS\n::respawn:-/bin/sh\n",
            "bin/busybox": "",
        },
        links={"sbin/init": "../bin/busybox", "bin/sh": "busybox"},
        folders=("root", "proc"),
    ),
}
"""Every family by the name of a guest that belongs to it."""


def lay(root: Path, tree: Tree) -> None:
    """Make the files of *tree* below *root*, owned by root, accounts with the modes they have in a guest."""
    for folder in tree.folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, text in tree.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o640 if file.name in ("shadow", "gshadow") else 0o755 if not text else 0o644)
    for name, target in tree.links.items():
        link = root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def make_image(image: Path, tree: Tree, kind: str = "ext4", mebibytes: int = 16) -> None:
    """An image file with one file system that holds *tree*."""
    root = image.with_suffix(".tree")
    root.mkdir()
    lay(root, tree)
    run("mke2fs", "-q", "-t", kind, "-d", str(root), "-E", "root_owner=0:0", str(image), f"{mebibytes}M")


def put_in_partition(image: Path, disk: Path) -> None:
    """A disk with a partition table; *image* is its second partition, the first is swap."""
    mebibyte = 1 << 20
    size = image.stat().st_size
    with disk.open("wb") as file:
        file.truncate(size + 4 * mebibyte)
    table = f"start=2048,size=2048,type=82\nstart=4096,size={size // 512},type=83\n"
    run("sfdisk", "-q", "--no-reread", "--no-tell-kernel", str(disk), text=f"label: dos\n{table}")
    with disk.open("r+b") as file:
        file.seek(2 * mebibyte)
        file.write(image.read_bytes())


def run(*command: str, text: str = "") -> str:
    """The standard output of *command*; raises when it fails."""
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=True, env=os.environ
    ).stdout
