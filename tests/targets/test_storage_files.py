"""The storage scripts at work on image files; nothing here needs root but the checks that are stubbed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from courses import SERVER
from lvm_sandbox import Sandbox
from storage_cases import (
    MIB,
    demo,
    digest,
    error,
    image,
    make_templates,
    remove_sh,
    results,
    storage_sh,
    write,
)

from mlnc.ir.model import Volume

pytestmark = pytest.mark.skipif(not shutil.which("mke2fs", path="/usr/sbin:/sbin"), reason="needs mke2fs")


@pytest.fixture(scope="module")
def plain_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """The sandbox without volume groups: only a place for stubs and templates."""
    made = Sandbox(tmp_path_factory.mktemp("files"), real_devices=True)
    made.start()
    make_templates(made.folder / "templates")
    return made


@pytest.fixture
def sandbox(plain_sandbox: Sandbox) -> Iterator[Sandbox]:
    plain_sandbox.stub("id", "echo 0")
    plain_sandbox.domains()
    yield plain_sandbox
    for stub in plain_sandbox.bin.iterdir():
        stub.unlink()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder for images, with what shells and globs might stumble over in its name."""
    folder = tmp_path / "it's a [folder] $HOME"
    folder.mkdir()
    return folder


def linux(images: Path, **changes: Any) -> Volume:
    return image(
        images / "linux.demo", "linux.demo", **{"template": "debian.ext4", "resize": "ext", **changes}
    )


def windows(images: Path, **changes: Any) -> Volume:
    return image(
        images / "windows", "windows.demo", **{"template": "winxp.img", "sizing": "template", **changes}
    )


def test_makes_a_grown_file_system(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    assert results(storage_sh(sandbox, tmp_path, linux(images))) == ["made linux.demo"]
    made = images / "linux.demo"
    assert made.stat().st_size == 12 * MIB
    assert made.stat().st_mode & 0o777 == 0o600
    assert sandbox.run("e2fsck", "-f", "-n", str(made)).returncode == 0
    assert "hello from the template" in sandbox.run("debugfs", "-R", "cat /hello", str(made)).stdout
    assert (images / "linux.demo.mlnc").read_text().splitlines() == [
        "mlnc",
        "mlnc.project=demo",
        "mlnc.host=linux",
        "mlnc.role=root",
        f"mlnc.server={SERVER}",
        f"mlnc.template={digest(sandbox.folder / 'templates/debian.ext4')}",
    ]
    assert sorted(each.name for each in images.iterdir()) == ["linux.demo", "linux.demo.mlnc"]


def test_a_size_that_is_no_multiple_of_a_block_is_kept(
    sandbox: Sandbox, tmp_path: Path, images: Path
) -> None:
    odd = linux(images, size_bytes=12 * MIB + 1000)
    assert results(storage_sh(sandbox, tmp_path, odd)) == ["made linux.demo"]
    assert (images / "linux.demo").stat().st_size == 12 * MIB + 1000
    assert results(storage_sh(sandbox, tmp_path, odd)) == ["unchanged linux.demo"]


def test_holes_stay_holes(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    results(storage_sh(sandbox, tmp_path, windows(images, size_bytes=64 * MIB)))
    made = images / "windows"
    template = (sandbox.folder / "templates/winxp.img").read_bytes()
    assert made.read_bytes() == template.ljust(64 * MIB, b"\0")
    assert made.stat().st_blocks * 512 < 4 * MIB


def test_swap(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    wanted = image(images / "swap_linux", "linux.demo-swap", role="swap", size_bytes=MIB)
    assert results(storage_sh(sandbox, tmp_path, wanted)) == ["made linux.demo-swap"]
    assert (images / "swap_linux").read_bytes()[4086:4096] == b"SWAPSPACE2"


def test_a_second_run_changes_nothing(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    results(storage_sh(sandbox, tmp_path, linux(images)))
    (images / "linux.demo").write_bytes(b"guest".ljust(12 * MIB))
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in images.iterdir()}
    assert results(storage_sh(sandbox, tmp_path, linux(images))) == ["unchanged linux.demo"]
    assert {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in images.iterdir()} == before


@pytest.mark.parametrize("mark", [None, "mlnc\nmlnc.project=other\nmlnc.host=linux\nmlnc.role=root\n"])
def test_a_foreign_file_stops_the_script(
    sandbox: Sandbox, tmp_path: Path, images: Path, mark: str | None
) -> None:
    (images / "linux.demo").write_text("precious")
    if mark:
        (images / "linux.demo.mlnc").write_text(mark)
    assert "linux.demo.mlnc does not say that it is" in error(storage_sh(sandbox, tmp_path, linux(images)))
    assert (images / "linux.demo").read_text() == "precious"


def test_a_link_is_not_followed(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (images / "linux.demo.mlnc-part").symlink_to(victim)
    results(storage_sh(sandbox, tmp_path, linux(images)))
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(("megabytes", "word"), [(11, "more than"), (13, "fewer than")])
def test_another_size_stops_the_script(
    sandbox: Sandbox, tmp_path: Path, images: Path, megabytes: int, word: str
) -> None:
    results(storage_sh(sandbox, tmp_path, linux(images)))
    said = error(storage_sh(sandbox, tmp_path, linux(images, size_bytes=megabytes * MIB)))
    assert f"has {12 * MIB} bytes, {word} the {megabytes * MIB} asked for" in said


def test_a_folder_that_is_not_there_may_be_unmounted(sandbox: Sandbox, tmp_path: Path) -> None:
    said = error(storage_sh(sandbox, tmp_path, linux(tmp_path / "nfs")))
    assert "nfs/ is not there (is it mounted?)" in said
    assert not (tmp_path / "nfs").exists()


def test_the_folder_of_a_project_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    images = sandbox.folder / "projects/demo/images"
    assert results(storage_sh(sandbox, tmp_path, linux(images))) == ["made linux.demo"]
    assert (images / "linux.demo").exists()


def test_no_room_for_all_means_none_is_made(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    sandbox.stub("stat", 'case "$*" in *"%a %S"*) echo 19 1048576 ;; *) exec /usr/bin/stat "$@" ;; esac')
    both = (linux(images), windows(images, size_bytes=8 * MIB))
    said = error(storage_sh(sandbox, tmp_path, *both))
    assert f"has {19 * MIB} bytes free, the volumes to be made need {20 * MIB}" in said
    assert list(images.iterdir()) == []
    (images / "linux.demo.mlnc-part").write_bytes(b"rest" * MIB)
    assert len(results(storage_sh(sandbox, tmp_path, *both))) == 2


def test_nothing_is_made_under_a_domain(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    sandbox.domains("linux.demo")
    assert "linux.demo runs" in error(storage_sh(sandbox, tmp_path, linux(images)))


def test_the_owner_is_set_before_the_file_is_in_place(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    record = tmp_path / "record"
    sandbox.stub("chown", f'ls >>{record}; printf "%s\\n" "$@" >>{record}')
    script = write(demo(sandbox.folder, linux(images), owner="anna"), tmp_path) / "storage.sh"
    results(sandbox.run("sh", str(script), check=False))
    assert record.read_text().splitlines()[-3:] == ["--", "anna", f"{images}/linux.demo.mlnc-part"]


def test_removes_what_is_ours(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    results(storage_sh(sandbox, tmp_path, linux(images)))
    (images / "windows").write_text("precious")
    done = remove_sh(sandbox, tmp_path, linux(images), windows(images))
    assert results(done) == [
        "removed linux.demo",
        f"kept {images}/windows: {images}/windows.mlnc does not say that it is ours",
    ]
    assert [each.name for each in images.iterdir()] == ["windows"]
    assert "absent linux.demo" in results(remove_sh(sandbox, tmp_path, linux(images), windows(images)))


def test_an_image_in_use_is_not_removed(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    results(storage_sh(sandbox, tmp_path, linux(images)))
    sandbox.stub("losetup", 'echo "/dev/loop9: []: ($2)"')
    assert "is in use by a loop device" in error(remove_sh(sandbox, tmp_path, linux(images)))
    assert (images / "linux.demo").exists()


def test_scripts_find_their_library_from_anywhere(sandbox: Sandbox, tmp_path: Path, images: Path) -> None:
    folder = write(demo(sandbox.folder, linux(images)), tmp_path)
    assert folder.parts[-2:] == (SERVER, "demo")
    done = subprocess.run(
        ["sh", "storage.sh"],
        cwd=folder,
        env=sandbox.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert results(done) == ["made linux.demo"]
