"""The storage scripts interrupted at every command they run: run again, they end where they would have ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from checkout import TESTS
from lvm_sandbox import LogicalVolume, Sandbox, lvm_sandbox, without_times
from storage_cases import GROUP, MIB, demo, image, lv, make_templates, results, storage_sh, write

WRAPPER = TESTS / "data/faults/command"
COMMANDS = """
awk blkdiscard blockdev chmod chown cp dd dirname e2fsck flock grep id lvchange lvcreate lvremove lvs mkdir mkswap mv
resize2fs rm sed sha256sum sleep stat sync tr truncate vgs xl
"""
"""Every command the scripts run that is not part of the shell."""

LINUX = lv("linux.demo", template="debian.ext4", resize="ext")
WHOLE = lv("whole.demo", size_bytes=MIB)


@dataclass(frozen=True)
class Scene:
    """A sandbox whose volume group holds a foreign volume, and a whole one of ours that its guest has written to."""

    sandbox: Sandbox
    faults: Path
    log: Path
    untouchable: dict[str, LogicalVolume]

    def run(self, script: Path, mode: str = "none", at: int = 0) -> int:
        """Run a script, interrupted at its command number *at*; returns its status."""
        self.log.unlink(missing_ok=True)
        words = ("env", f"FAULT_LOG={self.log}", f"FAULT_MODE={mode}", f"FAULT_AT={at}")
        path = f"FAULT_PATH={self.sandbox.environment()['PATH']}"
        return self.sandbox.run(*words, path, "sh", str(script), check=False, first=(self.faults,)).returncode

    def commands(self) -> int:
        """How many commands the last run began."""
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("interrupted")
    faults = folder / "faults"
    faults.mkdir()
    for name in COMMANDS.split():
        (faults / name).symlink_to(WRAPPER)
    (folder / "lvm").mkdir()
    with lvm_sandbox(folder / "lvm") as sandbox:
        sandbox.volume_group(GROUP, 20)
        make_templates(sandbox.folder / "templates")
        sandbox.run("lvcreate", "--yes", "-n", "foreign", "-L", "1M", GROUP)
        results(storage_sh(sandbox, folder, WHOLE))
        for name in ("foreign", "whole.demo"):
            sandbox.run("sh", "-c", f"echo precious | dd of=/dev/{GROUP}/{name} conv=notrunc,fsync 2>&1")
        sandbox.soil(GROUP)
        yield Scene(sandbox, faults, folder / "log", sandbox.volumes(GROUP))


@pytest.mark.parametrize("mode", ["fail", "kill"])
def test_logical_volumes(scene: Scene, tmp_path: Path, mode: str) -> None:
    """At each stop: what is not marked incomplete is whole, and what is not ours or was whole is as it was."""
    script = write(demo(scene.sandbox.folder, LINUX, WHOLE), tmp_path) / "storage.sh"
    assert scene.run(script) == 0
    wanted = scene.sandbox.volumes(GROUP)
    for at in count(1):
        scene.sandbox.run("lvremove", "--yes", f"{GROUP}/linux.demo")
        status = scene.run(script, mode, at)
        if scene.commands() < at:
            break
        left = scene.sandbox.volumes(GROUP)
        unfinished = left.pop("linux.demo", None)
        assert left == scene.untouchable, at
        assert (status == 0) <= (unfinished == wanted["linux.demo"]), at
        assert (
            unfinished is None or "mlnc.incomplete" in unfinished.tags or unfinished == wanted["linux.demo"]
        ), at
        assert scene.run(script) == 0, at
        assert scene.sandbox.volumes(GROUP) == wanted, at
    assert at > 20
    scene.sandbox.run("lvremove", "--yes", f"{GROUP}/linux.demo")


@pytest.mark.parametrize("mode", ["fail", "kill"])
def test_image_files(scene: Scene, tmp_path: Path, mode: str) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "foreign").write_text("precious")
    volumes = (
        image(images / "linux", "linux.demo", template="debian.ext4", resize="ext"),
        image(images / "swap", "linux.demo-swap", role="swap", size_bytes=MIB),
    )
    script = write(demo(scene.sandbox.folder, *volumes), tmp_path) / "storage.sh"
    assert scene.run(script) == 0
    wanted = files(images)
    for at in count(1):
        for made in images.glob("[ls]*"):
            made.unlink()
        scene.run(script, mode, at)
        if scene.commands() < at:
            break
        left = files(images)
        assert all(left[name] == wanted[name] for name in wanted if name in left), at
        assert scene.run(script) == 0, at
        assert files(images) == wanted, at
    assert at > 20


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder, with the times in a file system left out."""
    return {file.name: without_times(file.read_bytes()) for file in folder.iterdir()}


@pytest.mark.parametrize("mode", ["fail", "kill"])
def test_removal(scene: Scene, tmp_path: Path, mode: str) -> None:
    images = tmp_path / "images"
    images.mkdir()
    volumes = (lv("gone.demo", size_bytes=MIB), image(images / "web", "web.demo", size_bytes=MIB))
    folder = write(demo(scene.sandbox.folder, *volumes), tmp_path)
    for at in count(1):
        assert scene.run(folder / "storage.sh") == 0
        scene.run(folder / "storage-remove.sh", mode, at)
        if scene.commands() < at:
            break
        assert scene.run(folder / "storage-remove.sh") == 0, at
        assert scene.sandbox.volumes(GROUP) == scene.untouchable, at
        assert list(images.iterdir()) == [], at
    assert at > 10
