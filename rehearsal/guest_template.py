"""Guest template of a rehearsal: the minimal Debian file tree that the guest scripts can configure."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from mlnc.rehearsal.host_requirements import TEMPLATE_BYTES

_FILES = {
    "etc/hostname": "template\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/fstab": "",
    "etc/login.defs": "ENCRYPT_METHOD SHA512\nUID_MIN 1000\nGID_MIN 1000\n",
    "etc/network/interfaces": "auto lo\niface lo inet loopback\n",
    "etc/skel/.profile": "",
    "lib/systemd/network/99-default.link": "[Link]\nNamePolicy=keep\n",
}
_PROGRAMS = ("bin/bash", "bin/sh", "lib/systemd/systemd", "sbin/ifup")
_FOLDERS = (
    *("dev", "etc/modules-load.d", "etc/systemd/system/multi-user.target.wants", "home", "proc", "root"),
    *("tmp", "var/lock"),
)


def make_template(image: Path, kind: str, accounts: Iterable[str]) -> None:
    """Create *image*, an ext file system of type *kind* (ext2, ext3, ext4), with *accounts* besides root."""
    with TemporaryDirectory() as tree:
        _write_tree(Path(tree), sorted(accounts))
        words = [
            "mke2fs",
            "-q",
            "-F",
            "-t",
            kind,
            "-b",
            "4096",
            "-E",
            "root_owner=0:0",
            "-d",
            tree,
            str(image),
        ]
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        environment = {**os.environ, "PATH": path}
        subprocess.run([*words, f"{TEMPLATE_BYTES >> 10}k"], check=True, capture_output=True, env=environment)


def make_opaque_template(file: Path) -> None:
    """Create *file*, a template that is only copied and never mounted."""
    file.write_bytes(f"template {file.name}\n".encode().ljust(4096, b"\xa5").ljust(TEMPLATE_BYTES, b"\0"))


def _write_tree(tree: Path, accounts: list[str]) -> None:
    for folder in _FOLDERS:
        (tree / folder).mkdir(parents=True)
    texts = _FILES | _account_files(accounts) | dict.fromkeys(_PROGRAMS, "")
    for name, text in texts.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if name in _PROGRAMS else 0o640 if file.name.endswith("shadow") else 0o644)
    (tree / "sbin/init").symlink_to("/lib/systemd/systemd")


def _account_files(accounts: list[str]) -> dict[str, str]:
    """Contents of the files of passwd(5), group(5), shadow(5) and gshadow(5), by path."""
    numbered = [("root", 0, "/root"), *((name, 500 + n, f"/home/{name}") for n, name in enumerate(accounts))]
    return {
        "etc/passwd": "".join(f"{name}:x:{n}:{n}::{home}:/bin/bash\n" for name, n, home in numbered),
        "etc/group": "".join(f"{name}:x:{n}:\n" for name, n, _ in numbered),
        "etc/shadow": "".join(f"{name}:*:19000:0:99999:7:::\n" for name, _, _ in numbered),
        "etc/gshadow": "".join(f"{name}:*::\n" for name, _, _ in numbered),
    }
