"""Real LVM2 on a loop device, for the storage scripts to work on.

Where the kernel has device-mapper nothing is pretended. Where it has not, the metadata is real (lvcreate, lvs,
tags, extents: written and read back by LVM, which is told to activate nothing) and the one thing that is
missing, the device of a logical volume, is a second loop device over just the extents that LVM gave it: the
mapping which device-mapper would make for a volume of one segment, with whatever old blocks lie there. Then /dev
is a folder of its own in a private mount namespace, and snapshots are plain volumes with a copy of their origin.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from checkout import TESTS

TOOLS = ("lvcreate", "losetup", "mke2fs", "e2fsck", "resize2fs", "flock", "mkswap", "unshare", "nsenter")
DEVICES = TESTS / "data" / "lvm"
"""Stand-ins for the activation of logical volumes, put before LVM's commands in PATH."""

FIXED_TIME = {
    "E2FSPROGS_FAKE_TIME": "1000000000",
    "E2FSCK_TIME": "1000000000",
    "SOURCE_DATE_EPOCH": "1000000000",
}
"""Makes what the ext tools write depend on the input alone."""


def missing() -> str | None:
    """Why the sandbox cannot be had here, or None."""
    if os.geteuid() != 0:
        return "needs root for loop devices"
    absent = [tool for tool in TOOLS if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
    if absent:
        return f"not installed: {', '.join(absent)}"
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return None if probe.returncode == 0 else "needs mount namespaces"


def has_device_mapper() -> bool:
    """Whether the kernel maps devices, so that LVM can activate its volumes."""
    if not shutil.which("dmsetup", path="/usr/sbin:/sbin"):
        return False
    return subprocess.run(["/usr/sbin/dmsetup", "version"], capture_output=True, check=False).returncode == 0


def without_times(content: bytes) -> bytes:
    """*content* with the times in its ext superblock (mounted, written, checked) set to nought.

    The tools write the present time there; everything else depends on the template alone.
    """
    if content[1080:1082] != b"\x53\xef":
        return content
    masked = bytearray(content)
    for offset in (0x2C, 0x30, 0x40):
        masked[1024 + offset : 1028 + offset] = bytes(4)
    return bytes(masked)


@dataclass(frozen=True)
class LogicalVolume:
    """What ``lvs`` says of a volume, and the SHA-256 of its content, times in a file system left out."""

    size_bytes: int
    tags: frozenset[str]
    origin: str
    content: str


class Sandbox:
    """Volume groups of a test; commands run where their devices are."""

    def __init__(self, folder: Path, real_devices: bool) -> None:
        self.folder = folder
        self.real_devices = real_devices
        self.bin = folder / "bin"
        self.loops: list[str] = []
        self.keeper: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> list[str]:
        """*words* as they are run inside the namespace."""
        enter = ["nsenter", f"--mount=/proc/{self.keeper.pid}/ns/mnt"] if self.keeper else []
        return [*enter, *words]

    def environment(self, *first: Path) -> dict[str, str]:
        """The environment of a script; the folders *first* come before all others in PATH."""
        stand_ins = [] if self.real_devices else [DEVICES]
        path = [*first, self.bin, *stand_ins, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        lvm = {"LVM_SYSTEM_DIR": str(self.folder), "LVM_SUPPRESS_FD_WARNINGS": "1"}
        locks = {"MLNC_LOCK_DIR": str(self.folder), "MLNC_LOCK_SECONDS": "5", "SANDBOX": str(self.folder)}
        return {"PATH": ":".join(map(str, path)), **lvm, **locks, **FIXED_TIME}

    def run(
        self, *words: str, check: bool = True, first: tuple[Path, ...] = (), stdin: int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the sandbox, in a session of its own; with *check* it must succeed."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment(*first),
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def stub(self, name: str, text: str) -> None:
        """Put a command of our own before the system's."""
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def domains(self, *names: str) -> None:
        """Pretend that these domains run."""
        rows = "".join(f"{name} 1 128 1 -b---- 0.1\\n" for name in ("Domain-0", *names))
        self.stub("xl", f"printf 'Name ID Mem VCPUs State Time(s)\\n{rows}'")

    def volume_group(self, name: str, megabytes: int) -> None:
        """Make a volume group of *megabytes*, in extents of one."""
        image = self.folder / f"{name}.img"
        image.write_bytes(b"")
        os.truncate(image, megabytes << 20)
        loop = self.run("losetup", "-f", "--show", str(image)).stdout.strip()
        self.loops.append(loop)
        self._configure()
        self.run("pvcreate", "-qq", loop)
        self.run("vgcreate", "-qq", "-s", "1M", name, loop)

    def volumes(self, group: str) -> dict[str, LogicalVolume]:
        """The logical volumes of *group* by name."""
        fields = "lv_name,lv_size,lv_tags,origin"
        report = self.run("lvs", "--reportformat", "json", "--units", "b", "--nosuffix", "-o", fields, group)
        rows = json.loads(report.stdout)["report"][0]["lv"]
        return {row["lv_name"]: self._volume(group, row) for row in rows}

    def device(self, group: str, name: str) -> bytes:
        """The content of a logical volume; activates it where that is needed."""
        device = f"/dev/{group}/{name}"
        read = f"test -b {device} || lvchange -ay {group}/{name} >/dev/null; exec cat {device}"
        words = self.command("sh", "-c", read)
        return subprocess.run(words, env=self.environment(), capture_output=True, check=True).stdout

    def reset(self) -> None:
        """Empty the volume groups, take every stub away, and let no domain run."""
        for stub in self.bin.iterdir():
            stub.unlink()
        self.domains()
        rows = self.run("lvs", "--noheadings", "-o", "lv_full_name").stdout.split()
        for name in rows:
            self.run("lvremove", "--yes", name, check=False)

    def soil(self, group: str) -> None:
        """Leave old data in every free block of the volume group."""
        self.run("lvcreate", "--yes", "-n", "old", "-l", "100%FREE", group)
        self.run("sh", "-c", f"yes 'old data' | dd of=/dev/{group}/old bs=1M iflag=fullblock 2>&1 || true")
        self.run("lvremove", "--yes", f"{group}/old")

    def start(self) -> None:
        """Make the folders, and the namespace with a /dev of its own where devices are stood in for."""
        self.bin.mkdir()
        self.domains()
        if self.real_devices:
            return
        self.keeper = _private_namespace()
        (self.folder / "dev").mkdir()
        self.run("sh", str(DEVICES / "private-dev"), str(self.folder / "dev"))

    def stop(self) -> None:
        """Give back the loop devices and end the namespace."""
        self.run("sh", "-c", f"losetup -a | grep -F '({self.folder}/' | cut -d: -f1 | xargs -r losetup -d")
        if self.keeper:
            self.keeper.kill()
            self.keeper.wait()

    def _volume(self, group: str, row: dict[str, str]) -> LogicalVolume:
        content = sha256(without_times(self.device(group, row["lv_name"]))).hexdigest()
        tags = frozenset(row["lv_tags"].split(",")) - {""}
        return LogicalVolume(int(row["lv_size"]), tags, row["origin"], content)

    def _configure(self) -> None:
        """Tell LVM to see our devices alone, and to activate nothing where it cannot."""
        accepted = "".join(f'"a|^{loop}$|",' for loop in self.loops)
        active = int(self.real_devices)
        (self.folder / "lvm.conf").write_text(
            f'devices {{ scan=["/dev"] use_devicesfile=0 global_filter=[{accepted}"r|.*|"]'
            ' obtain_device_list_from_udev=0 external_device_info_source="none" }\n'
            "activation { udev_sync=0 udev_rules=0 monitoring=0 }\n"
            f'global {{ activation={active} locking_dir="{self.folder}/lvm-lock" use_lvmpolld=0 use_aio=0'
            " event_activation=0 notify_dbus=0 }\n"
            "backup { backup=0 archive=0 }\n"
        )


def _private_namespace() -> subprocess.Popen[bytes]:
    """A process that keeps a mount namespace of its own; returned when it has really left ours."""
    words = ["unshare", "-m", "--propagation", "private", "sh", "-c", "echo ready; exec sleep infinity"]
    keeper = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == b"ready\n"
    assert Path(f"/proc/{keeper.pid}/ns/mnt").readlink() != Path("/proc/self/ns/mnt").readlink()
    return keeper


@contextmanager
def lvm_sandbox(folder: Path) -> Iterator[Sandbox]:
    """A sandbox in *folder* (an empty one), or a skipped test that says why not."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    sandbox = Sandbox(folder, has_device_mapper())
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
