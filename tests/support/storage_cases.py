"""Small volumes, templates and scripts that the tests of the storage scripts share."""

import os
import random
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from bundles import lay_course
from courses import SERVER, course, host, project, service_host, volume
from lvm_sandbox import FIXED_TIME, Sandbox

from mlnc.ir.model import Course, Volume
from mlnc.targets.storage import storage_target

MIB = 1 << 20
GROUP = f"mlnctest{os.getpid()}"


def lv(name: str, **changes: Any) -> Volume:
    """A logical volume of 12 MiB without a template."""
    made = {"name": name, "path": f"/dev/{GROUP}/{name}", "volume_group": GROUP, "size_bytes": 12 * MIB}
    return volume(**{**made, "template": None, "resize": "none", **changes})


def image(path: Path, name: str, **changes: Any) -> Volume:
    """An image file of 12 MiB without a template."""
    return lv(name, **{"kind": "file", "volume_group": None, "path": str(path), **changes})


LINUX = lv("linux.demo", template="debian.ext4", resize="ext")
SWAP = lv("linux.demo-swap", role="swap", size_bytes=2 * MIB)
WINDOWS = lv("windows.demo", template="winxp.img", sizing="free", size_bytes=0, free_space_bytes=MIB)


def demo(folder: Path, *volumes: Volume, owner: str | None = None, **server: Any) -> Course:
    """The project ``demo``: each volume belongs to the host whose name its own begins with."""
    names = sorted({each.name.split(".")[0] for each in volumes})
    hosts = {
        name: host(
            domain=f"{name}.demo",
            owner=owner,
            volumes={each.name: each for each in volumes if each.name.startswith(name)},
        )
        for name in names
    }
    facts = service_host(templates=str(folder / "templates"), projects=str(folder / "projects"), **server)
    return course(project(hosts=hosts), service_hosts={SERVER: facts, "two": service_host(address="two")})


def write(made: Course, out: Path) -> Path:
    """Write the scripts and the library; returns the project's folder."""
    return lay_course(out, made, storage_target.emit(made)) / SERVER / "demo"


def make_templates(folder: Path) -> None:
    """``debian.ext4``, a file system of 8 MiB with one file, and ``winxp.img``, 3 MiB with a hole in it."""
    folder.mkdir()
    (folder / "content").mkdir()
    (folder / "content/hello").write_text("hello from the template\n")
    debian = folder / "debian.ext4"
    ids = [
        "-U",
        "6f1c1b1e-0000-4000-8000-000000000001",
        "-E",
        "hash_seed=6f1c1b1e-0000-4000-8000-000000000002",
    ]
    plain = ["-b", "4096", "-O", "^metadata_csum", *ids, "-d", str(folder / "content")]
    make = ["mke2fs", "-q", "-t", "ext4", *plain, str(debian), "8M"]
    subprocess.run(make, check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin", **FIXED_TIME})
    start, end = random.Random(1).randbytes(MIB), random.Random(2).randbytes(MIB)
    (folder / "winxp.img").write_bytes(start + bytes(MIB) + end)


def storage_sh(sandbox: Sandbox, folder: Path, *volumes: Volume) -> subprocess.CompletedProcess[str]:
    """Run the script that makes *volumes*."""
    return sandbox.run("sh", str(write(demo(sandbox.folder, *volumes), folder) / "storage.sh"), check=False)


def remove_sh(sandbox: Sandbox, folder: Path, *volumes: Volume) -> subprocess.CompletedProcess[str]:
    """Run the script that removes *volumes*."""
    script = write(demo(sandbox.folder, *volumes), folder) / "storage-remove.sh"
    return sandbox.run("sh", str(script), check=False)


def results(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the script says of each volume; it must have succeeded."""
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.removeprefix("mlnc: ") for line in done.stdout.splitlines() if line.startswith("mlnc: ")]


def error(done: subprocess.CompletedProcess[str]) -> str:
    """What the script says of its failure."""
    assert done.returncode != 0, done.stdout
    return "\n".join(line for line in done.stderr.splitlines() if line.startswith("mlnc: "))


def digest(path: Path) -> str:
    """A template's checksum as it is noted beside a volume."""
    return sha256(path.read_bytes()).hexdigest()[:32]
