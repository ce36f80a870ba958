"""A service host for the scripts of the guest target: a folder with what was generated, images and a pretended Xen.

The images are real file systems, and the scripts mount them; that takes root.
"""

import io
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from bundles import deployed_library
from courses import SERVER, by_role, course, host, interface, project, service_host, volume
from guest_trees import Tree, make_image

from mlnc.ir.model import Course, Guest, GuestGroup, Host, Secret, SshKey, User, Volume
from mlnc.targets.guest import guest_target

NEEDS = ("mke2fs", "unshare", "losetup", "openssl", "mkswap")
ROOT_PASSWORD = "demo/linux/root_passwd"
BOB_PASSWORD = "demo/linux/users/bob"
SECRETS = {ROOT_PASSWORD: "a secret, 'of' $root", BOB_PASSWORD: "hunter2"}
ALICE_HASH = (
    "$6$saltsalt$lKGvnWdrNb4zlHoZWdJE2ymQzZ6H3xnTyEfb3Fpk8Fnwl6gQzeJwm0F5lAQCM8m6mTsiL0L2hYqUYyXAtdZlK/"
)

real_images = pytest.mark.skipif(
    os.geteuid() != 0 or not all(shutil.which(each) for each in NEEDS),
    reason=f"mounting images takes root and {', '.join(NEEDS)}",
)

CARDS = {
    "eth0": interface(
        mode6="static", address6="2001:db8::2", prefix_length6=64, gateway6="2001:db8::1", bridge="xenbr0"
    ),
    "eth1": interface(
        mac="00:16:3e:00:00:02",
        mode="dhcp",
        auto=False,
        address=None,
        prefix_length=None,
        netmask=None,
        broadcast=None,
        gateway=None,
    ),
}
ACCOUNTS = {
    "root_password": Secret(ROOT_PASSWORD),
    "users": (
        User("alice", ALICE_HASH, "/home/alice", None),
        User("bob", Secret(BOB_PASSWORD), "/home/b o'b", 1234),
        User("olduser", None, "/home/olduser", None),
    ),
    "groups": (GuestGroup("admins", ("alice", "bob")), GuestGroup("staff", ("alice", "daemon"))),
    "ssh_keys": (SshKey("alice", "ssh-ed25519 AAAA alice's key"), SshKey("root", "ssh-ed25519 BBBB teacher")),
}


@dataclass(frozen=True)
class Entry:
    """A file, link or folder of an image. *content* is a file's bytes, a link's target, nothing for a folder."""

    kind: str
    mode: int
    owner: tuple[int, int]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


Image = dict[str, Entry]
"""What an image holds, by path without the first ``/``."""


def linux(image: Path, configured: Guest, **changes: object) -> Host:
    """The host ``linux.demo`` with its root in the file *image*."""
    root = volume(kind="file", volume_group=None, path=str(image))
    return host(**{"guest": configured, "volumes": {"root": root}, "interfaces": CARDS, **changes})


class Lab:
    """One service host with the project ``demo``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.image = folder / "linux.img"
        self.programs = folder / "bin"
        self.files = folder / "files"
        self.modules = folder / "modules"
        for each in (self.programs, self.files, self.modules):
            each.mkdir()
        self.domains("Domain-0")

    def program(self, name: str, text: str) -> None:
        """A program that is found before the server's own of that name."""
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def domains(self, *names: str) -> None:
        """The domains that ``xl list`` shows."""
        rows = "".join(f"\\n{name} 1 256 1 r-----" for name in names)
        self.program("xl", f"printf 'Name ID Mem VCPUs State{rows}\\n'")

    def make_image(self, tree: Tree, **changes: object) -> None:
        make_image(self.image, tree, **changes)  # type: ignore[arg-type]

    def course(self, configured: Guest, volumes: tuple[Volume, ...] = (), **changes: object) -> Course:
        made = linux(self.image, configured, **({"volumes": by_role(*volumes)} if volumes else {}), **changes)
        servers = {SERVER: service_host(files=str(self.files))}
        return course(project(hosts={"linux": made}), service_hosts=servers)

    def write(self, built: Course) -> Path:
        """Put all that is generated into place; the folder of the guest ``linux``."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        for artifact in guest_target.emit(built).artifacts + deployed_library(built):
            file = out / artifact.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(artifact.text)
        return out / f"hosts/{SERVER}/demo/linux/guest"

    def run(self, script: Path, secrets: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        given = "".join(
            f"{name}\t{value}\n" for name, value in (SECRETS if secrets is None else secrets).items()
        )
        return subprocess.run(
            ["/bin/sh", str(script)],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment(),
            check=False,
        )

    def environment(self) -> dict[str, str]:
        own = {"MLNC_RUN": f"{self.folder}/run", "MLNC_LOCK_DIR": str(self.folder)}
        return {
            **os.environ,
            **own,
            "MLNC_MODULES": str(self.modules),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
        }

    def configure(self, configured: Guest, **changes: object) -> Image:
        """Configure the guest, which must work out, and say what its image holds then."""
        done = self.run(self.write(self.course(configured, **changes)) / "configure.sh")  # type: ignore[arg-type]
        assert done.returncode == 0, done.stdout + done.stderr
        return self.read()

    def read(self, image: Path | None = None) -> Image:
        """What the image holds."""
        mount = 'mount -o loop,ro,nodev "$1" "$2" && exec tar -C "$2" --numeric-owner -cf - .'
        point = self.folder / "read"
        point.mkdir(exist_ok=True)
        command = ["unshare", "-m", "sh", "-c", mount, "sh", str(image or self.image), str(point)]
        archive = subprocess.run(command, capture_output=True, check=True).stdout
        return dict(_entries(tarfile.open(fileobj=io.BytesIO(archive))))


def _entries(archive: tarfile.TarFile) -> list[tuple[str, Entry]]:
    found = []
    for member in archive:
        file = archive.extractfile(member) if member.isfile() else None
        content = file.read() if file else member.linkname.encode()
        kind = "file" if file else "link" if member.issym() else "folder" if member.isdir() else "other"
        found.append(
            (
                member.name.removeprefix("./"),
                Entry(kind, member.mode & 0o7777, (member.uid, member.gid), content),
            )
        )
    return found
