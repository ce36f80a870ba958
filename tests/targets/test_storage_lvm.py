"""The storage scripts at work on real LVM: what they make, what they leave alone, what stops them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import SERVER
from lvm_sandbox import Sandbox, lvm_sandbox
from storage_cases import (
    GROUP,
    LINUX,
    MIB,
    SWAP,
    WINDOWS,
    demo,
    digest,
    error,
    lv,
    make_templates,
    remove_sh,
    results,
    storage_sh,
    write,
)

PROJECT_TAGS = {"mlnc", "mlnc.project=demo", f"mlnc.server={SERVER}"}


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with lvm_sandbox(tmp_path_factory.mktemp("lvm")) as made:
        made.volume_group(GROUP, 40)
        make_templates(made.folder / "templates")
        yield made


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox with its volume group empty, nothing running and no command stubbed."""
    yield shared_sandbox
    shared_sandbox.reset()


def test_makes_every_kind_of_volume(sandbox: Sandbox, tmp_path: Path) -> None:
    done = storage_sh(sandbox, tmp_path, LINUX, SWAP, WINDOWS)
    assert results(done) == ["made linux.demo", "made linux.demo-swap", "made windows.demo"]
    made = sandbox.volumes(GROUP)
    sizes = {name: each.size_bytes // MIB for name, each in made.items()}
    assert sizes == {"linux.demo": 12, "linux.demo-swap": 2, "windows.demo": 4}
    templates = sandbox.folder / "templates"
    debian = f"mlnc.template={digest(templates / 'debian.ext4')}"
    windows = f"mlnc.template={digest(templates / 'winxp.img')}"
    assert made["linux.demo"].tags == PROJECT_TAGS | {"mlnc.host=linux", "mlnc.role=root", debian}
    assert made["linux.demo-swap"].tags == PROJECT_TAGS | {"mlnc.host=linux", "mlnc.role=swap"}
    assert made["windows.demo"].tags == PROJECT_TAGS | {"mlnc.host=windows", "mlnc.role=root", windows}


def test_a_volume_holds_its_template_and_no_old_blocks(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.soil(GROUP)
    results(storage_sh(sandbox, tmp_path, WINDOWS))
    template = (sandbox.folder / "templates/winxp.img").read_bytes()
    assert sandbox.device(GROUP, "windows.demo") == template + bytes(MIB)


def test_old_blocks_are_cleared_without_blkdiscard(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.soil(GROUP)
    sandbox.stub("blkdiscard", "echo 'usage: an older blkdiscard'; exit 1")
    results(storage_sh(sandbox, tmp_path, WINDOWS))
    template = (sandbox.folder / "templates/winxp.img").read_bytes()
    assert sandbox.device(GROUP, "windows.demo") == template + bytes(MIB)


def test_the_file_system_fills_the_volume(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX))
    copy = tmp_path / "copy"
    copy.write_bytes(sandbox.device(GROUP, "linux.demo"))
    assert sandbox.run("e2fsck", "-f", "-n", str(copy)).returncode == 0
    assert "hello from the template" in sandbox.run("debugfs", "-R", "cat /hello", str(copy)).stdout
    numbers = dict(
        line.split(":", 1)
        for line in sandbox.run("dumpe2fs", "-h", str(copy)).stdout.splitlines()
        if ":" in line
    )
    assert int(numbers["Block count"]) * int(numbers["Block size"]) == 12 * MIB


def test_swap_is_swap(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, SWAP))
    assert sandbox.device(GROUP, SWAP.name)[4086:4096] == b"SWAPSPACE2"


def test_a_second_run_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX, SWAP, WINDOWS))
    before = sandbox.volumes(GROUP)
    done = storage_sh(sandbox, tmp_path, LINUX, SWAP, WINDOWS)
    assert results(done) == ["unchanged linux.demo", "unchanged linux.demo-swap", "unchanged windows.demo"]
    assert sandbox.volumes(GROUP) == before


def test_what_a_reboot_has_closed_is_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    """Nobody activates a shared group as a whole, and what comes after this script works on its volumes."""
    results(storage_sh(sandbox, tmp_path, LINUX))
    sandbox.run("lvchange", "-an", f"{GROUP}/{LINUX.name}")
    device = ("test", "-b", f"/dev/{GROUP}/{LINUX.name}")
    assert sandbox.run(*device, check=False).returncode == 1
    assert results(storage_sh(sandbox, tmp_path, LINUX)) == ["unchanged linux.demo"]
    sandbox.run(*device)


def test_a_whole_volume_is_left_alone_while_its_domain_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX))
    sandbox.domains("linux.demo")
    assert results(storage_sh(sandbox, tmp_path, LINUX)) == ["unchanged linux.demo"]


@pytest.mark.parametrize("name", ["linux.demo", "linux.demo--incoming", "migrating-linux.demo"])
def test_nothing_is_made_under_a_domain(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    sandbox.domains(name)
    assert "linux.demo runs" in error(storage_sh(sandbox, tmp_path, LINUX))
    assert sandbox.volumes(GROUP) == {}


def test_no_answer_is_not_taken_for_no_domain(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stub("xl", "exit 1")
    assert "xl list does not answer" in error(storage_sh(sandbox, tmp_path, LINUX))
    assert sandbox.volumes(GROUP) == {}


@pytest.mark.parametrize("tags", [(), ("mlnc", "mlnc.project=other", "mlnc.host=linux", "mlnc.role=root")])
def test_a_foreign_volume_stops_the_script(sandbox: Sandbox, tmp_path: Path, tags: tuple[str, ...]) -> None:
    named = [word for tag in tags for word in ("--addtag", tag)]
    sandbox.run("lvcreate", "--yes", "-n", "windows.demo", "-L", "12M", GROUP, *named)
    before = sandbox.volumes(GROUP)
    said = error(storage_sh(sandbox, tmp_path, LINUX, WINDOWS))
    assert f"{GROUP}/windows.demo exists, but its tags" in said
    assert "stopped with status 1: nothing was changed" in said
    assert sandbox.volumes(GROUP) == before


@pytest.mark.parametrize(("megabytes", "word"), [(11, "more than the 11"), (13, "fewer than the 13")])
def test_another_size_stops_the_script(sandbox: Sandbox, tmp_path: Path, megabytes: int, word: str) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX))
    before = sandbox.volumes(GROUP)
    resized = lv("linux.demo", template="debian.ext4", resize="ext", size_bytes=megabytes * MIB)
    said = error(storage_sh(sandbox, tmp_path, resized))
    assert f"{GROUP}/linux.demo has 12 extents, {word} asked for" in said
    assert sandbox.volumes(GROUP) == before


def test_sizes_are_compared_in_extents(sandbox: Sandbox, tmp_path: Path) -> None:
    odd = lv("linux.demo", size_bytes=11 * MIB + 1)
    assert results(storage_sh(sandbox, tmp_path, odd)) == ["made linux.demo"]
    assert results(storage_sh(sandbox, tmp_path, odd)) == ["unchanged linux.demo"]
    assert results(storage_sh(sandbox, tmp_path, lv("linux.demo"))) == ["unchanged linux.demo"]


def test_no_room_for_all_means_none_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    big = lv("windows.demo", size_bytes=28 * MIB)
    said = error(storage_sh(sandbox, tmp_path, LINUX, big))
    assert "extents free, the volumes to be made need 40" in said
    assert sandbox.volumes(GROUP) == {}


def test_whole_volumes_need_no_room(sandbox: Sandbox, tmp_path: Path) -> None:
    big = lv("linux.demo", size_bytes=24 * MIB)
    results(storage_sh(sandbox, tmp_path, big))
    assert results(storage_sh(sandbox, tmp_path, big, WINDOWS)) == [
        "unchanged linux.demo",
        "made windows.demo",
    ]


def test_a_template_that_is_too_large_stops_the_script(sandbox: Sandbox, tmp_path: Path) -> None:
    small = lv("windows.demo", template="winxp.img", size_bytes=2 * MIB)
    said = error(storage_sh(sandbox, tmp_path, LINUX, small))
    assert f"winxp.img has {3 * MIB} bytes, more than the {2 * MIB} asked for" in said
    assert sandbox.volumes(GROUP) == {}


@pytest.mark.parametrize("sizing", ["exact", "free", "template"])
def test_a_missing_template_stops_the_script(sandbox: Sandbox, tmp_path: Path, sizing: str) -> None:
    absent = lv("windows.demo", template="absent.img", sizing=sizing)
    said = error(storage_sh(sandbox, tmp_path, LINUX, absent))
    assert f"the template {sandbox.folder}/templates/absent.img is not there" in said
    assert sandbox.volumes(GROUP) == {}


def test_a_template_of_a_volume_group_that_is_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    said = error(storage_sh(sandbox, tmp_path, lv("linux.demo", volume_group="nosuch")))
    assert "volume group nosuch cannot be read" in said


def test_the_highest_version_of_a_template_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    templates = sandbox.folder / "templates"
    versions = ("V1.9", "V1.10", "V0.99", "Vx.1", "V2", "V2.1.1", "V3.x")
    for version in versions:
        (templates / f"many-{version}.img").write_text(version)
    (templates / "many.img").write_text("plain")
    results(storage_sh(sandbox, tmp_path, lv("linux.demo", template="many.img")))
    assert sandbox.device(GROUP, "linux.demo").startswith(b"V1.10")
    for version in versions:
        (templates / f"many-{version}.img").unlink()
    results(
        storage_sh(
            sandbox, tmp_path, lv("linux.demo", template="many.img"), lv("two.demo", template="many.img")
        )
    )
    assert sandbox.device(GROUP, "two.demo").startswith(b"plain")


def test_a_size_that_follows_a_template_outlives_the_template(sandbox: Sandbox, tmp_path: Path) -> None:
    template = sandbox.folder / "templates/growing.img"
    template.write_bytes(b"one" * MIB)
    wanted = lv("linux.demo", template="growing.img", sizing="template", size_bytes=MIB)
    results(storage_sh(sandbox, tmp_path, wanted))
    assert sandbox.volumes(GROUP)["linux.demo"].size_bytes == 3 * MIB
    template.write_bytes(b"two" * 2 * MIB)
    done = storage_sh(sandbox, tmp_path, wanted)
    assert results(done) == ["unchanged linux.demo"]
    assert "was made from another state of" in done.stderr
    template.unlink()
    assert results(storage_sh(sandbox, tmp_path, wanted)) == ["unchanged linux.demo"]


def test_a_template_that_changes_while_it_is_copied(sandbox: Sandbox, tmp_path: Path) -> None:
    template = sandbox.folder / "templates/moving.img"
    template.write_bytes(bytes(MIB))
    wanted = lv("linux.demo", template="moving.img")
    sandbox.stub("sha256sum", f'truncate -s 2M {template}; exec /usr/bin/sha256sum "$@"')
    assert "changed while it was copied" in error(storage_sh(sandbox, tmp_path, wanted))
    assert "mlnc.incomplete" in sandbox.volumes(GROUP)["linux.demo"].tags
    template.unlink()


def test_a_template_that_is_no_ext_file_system(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = lv("linux.demo", template="winxp.img", resize="ext")
    said = error(storage_sh(sandbox, tmp_path, wanted))
    assert "e2fsck ended with status 8" in said
    assert "linux.demo is not whole" in said
    assert "mlnc.incomplete" in sandbox.volumes(GROUP)["linux.demo"].tags


def test_an_incomplete_volume_in_use_stops_the_script(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.soil(GROUP)
    tags = [word for tag in TAGS for word in ("--addtag", tag)]
    sandbox.run("lvcreate", "--yes", "-n", "linux.demo", "-L", "12M", GROUP, *tags)
    if not sandbox.real_devices:
        sandbox.stub("lvs", '/usr/sbin/lvs "$@" | sed "s/-wi-....../-wi-ao----/"')
    script = write(demo(sandbox.folder, LINUX), tmp_path) / "storage.sh"
    done = sandbox.run("sh", "-c", f"exec sh {script} 3</dev/{GROUP}/linux.demo", check=False)
    assert "linux.demo is incomplete, but in use" in error(done)
    assert b"old data\n" * 9 in sandbox.device(GROUP, "linux.demo")


TAGS = ("mlnc", "mlnc.project=demo", "mlnc.host=linux", "mlnc.role=root", "mlnc.incomplete")


def test_a_terminal_does_not_stop_a_second_run(sandbox: Sandbox, tmp_path: Path) -> None:
    script = str(write(demo(sandbox.folder, LINUX), tmp_path) / "storage.sh")
    sandbox.stub("resize2fs", "exit 1")
    assert "linux.demo is not whole" in error(sandbox.run("sh", script, check=False))
    (sandbox.bin / "resize2fs").unlink()
    master, terminal = os.openpty()
    assert results(sandbox.run("sh", script, check=False, stdin=terminal)) == ["made linux.demo"]
    os.close(master)
    os.close(terminal)


def test_an_incomplete_volume_of_another_size_stops_the_script(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = [word for tag in TAGS for word in ("--addtag", tag)]
    sandbox.run("lvcreate", "--yes", "-n", "linux.demo", "-L", "9M", GROUP, *tags)
    assert "has 9 extents, fewer than the 12" in error(storage_sh(sandbox, tmp_path, LINUX))


def test_a_device_that_does_not_appear_is_not_written_to(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stub("lvcreate", 'exec /usr/sbin/lvcreate -an -Zn -Wn "$@"')
    sandbox.stub("lvchange", 'test "$1" = -ay || exec /usr/sbin/lvchange "$@"')
    sandbox.stub("sleep", ":")
    assert "is not a block device" in error(storage_sh(sandbox, tmp_path, LINUX))
    assert sandbox.run("test", "!", "-e", f"/dev/{GROUP}/linux.demo").returncode == 0


def test_a_snapshot_of_a_template_volume(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.run("lvcreate", "--yes", "-n", "base", "-L", "4M", GROUP)
    wanted = lv("linux.demo", template="base", snapshot=True, sizing="template", size_bytes=0)
    assert results(storage_sh(sandbox, tmp_path, wanted)) == ["made linux.demo"]
    made = sandbox.volumes(GROUP)
    assert made["linux.demo"].tags == PROJECT_TAGS | {"mlnc.host=linux", "mlnc.role=root"}
    base = sandbox.device(GROUP, "base")
    assert sandbox.device(GROUP, "linux.demo")[: len(base)] == base
    if sandbox.real_devices:
        assert made["linux.demo"].origin == "base"
        assert results(storage_sh(sandbox, tmp_path, wanted)) == ["unchanged linux.demo"]
    else:
        assert made["linux.demo"].size_bytes == 6 * MIB
        assert "is not a snapshot of base" in error(storage_sh(sandbox, tmp_path, wanted))


def test_a_snapshot_that_was_interrupted_is_attached(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.run("lvcreate", "--yes", "-n", "base", "-L", "4M", GROUP)
    tags = [word for tag in TAGS for word in ("--addtag", tag)]
    sandbox.run("lvcreate", "--yes", "-n", "linux.demo", "-L", "4M", GROUP, *tags)
    if not sandbox.real_devices:
        sandbox.stub("lvconvert", 'echo "$@" >&2')
    wanted = lv("linux.demo", template="base", snapshot=True, size_bytes=4 * MIB)
    done = storage_sh(sandbox, tmp_path, wanted)
    assert results(done) == ["made linux.demo"]
    if sandbox.real_devices:
        assert sandbox.volumes(GROUP)["linux.demo"].origin == "base"
    else:
        assert f"--yes --type snapshot {GROUP}/base {GROUP}/linux.demo" in done.stderr


def test_a_snapshot_without_its_origin(sandbox: Sandbox, tmp_path: Path) -> None:
    wanted = lv("linux.demo", template="base", snapshot=True, sizing="template", size_bytes=0)
    assert f"the template {GROUP}/base, a logical volume, is not there" in error(
        storage_sh(sandbox, tmp_path, wanted)
    )


def test_arguments_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    script = write(demo(sandbox.folder, LINUX), tmp_path) / "storage.sh"
    assert "takes no arguments" in error(sandbox.run("sh", str(script), "--force", check=False))


def test_it_must_run_as_root(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stub("id", "echo 1000")
    assert "must run as root" in error(storage_sh(sandbox, tmp_path, LINUX))


def test_a_second_script_waits_for_the_first(sandbox: Sandbox, tmp_path: Path) -> None:
    write(demo(sandbox.folder, LINUX), tmp_path)
    script = tmp_path / f"hosts/{SERVER}/demo/storage.sh"
    hold = f"flock {sandbox.folder}/mlnc-storage.lock sleep 1 & sleep 0.3; exec sh {script}"
    done = sandbox.run("sh", "-c", hold)
    assert "another script of mlnc holds the lock" in done.stderr
    assert results(done) == ["made linux.demo"]


# --- the lock of a shared volume group ----------------------------------------------------------------------


def locked(sandbox: Sandbox, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    wanted = lv("linux.demo", lock=True)
    made = demo(sandbox.folder, wanted, lvm_execute_servers=(f"/dev/{GROUP} two",))
    return sandbox.run("sh", str(write(made, tmp_path) / "storage.sh"), check=False)


def test_the_lock_is_held_over_ssh_while_the_script_works(sandbox: Sandbox, tmp_path: Path) -> None:
    record = tmp_path / "record"
    sandbox.stub("flock", f'echo "lock $*" >>{record}; case $* in *sh*) shift 3; exec "$@" ;; esac')
    sandbox.stub("ssh", f'echo "ssh $3 $4" >>{record}; eval "$5"; echo released >>{record}')
    sandbox.stub("mkdir", 'case $2 in /var/*) ;; *) exec /bin/mkdir "$@" ;; esac')
    assert results(locked(sandbox, tmp_path)) == ["made linux.demo"]
    lines = record.read_text().splitlines()
    assert lines[1] == "ssh -- two"
    assert lines[2].startswith(f"lock -w 5 /var/run/mlnc/vg-{GROUP}.lock sh -c")
    sandbox.run("sh", "-c", f"for each in 1 2 3 4 5 6 7 8 9; do grep -q released {record} || sleep 0.1; done")
    assert record.read_text().splitlines()[-1] == "released"


def test_without_the_lock_nothing_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stub("ssh", "echo 'connection refused' >&2; exit 255")
    said = error(locked(sandbox, tmp_path))
    assert f"the lock of volume group {GROUP} cannot be taken over ssh (-- two)" in said
    assert sandbox.volumes(GROUP) == {}


def test_a_lost_lock_stops_the_script(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stub("ssh", "echo held")
    said = error(locked(sandbox, tmp_path))
    assert f"the lock of volume group {GROUP} was lost" in said
    assert sandbox.volumes(GROUP) == {}


# --- removal ------------------------------------------------------------------------------------------------


def test_removes_exactly_what_is_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX, SWAP))
    for name, tags in {"windows.demo": (), "other.demo": TAGS[:2], "linux.other": ()}.items():
        named = [word for tag in tags for word in ("--addtag", tag)]
        sandbox.run("lvcreate", "--yes", "-n", name, "-L", "1M", GROUP, *named)
    done = remove_sh(sandbox, tmp_path, LINUX, SWAP, WINDOWS)
    assert results(done) == [
        "removed linux.demo",
        "removed linux.demo-swap",
        f"kept {GROUP}/windows.demo: its tags do not say that it is ours",
        f"kept {GROUP}/other.demo: of this project, but of no host that it has on this server now",
    ]
    assert set(sandbox.volumes(GROUP)) == {"windows.demo", "other.demo", "linux.other"}
    assert "absent linux.demo" in results(remove_sh(sandbox, tmp_path, LINUX, SWAP, WINDOWS))


def test_removes_nothing_while_a_domain_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, SWAP, WINDOWS))
    sandbox.domains("windows.demo--migratedaway")
    assert "the domain windows.demo runs" in error(remove_sh(sandbox, tmp_path, SWAP, WINDOWS))
    assert len(sandbox.volumes(GROUP)) == 2


def test_does_not_take_snapshots_with_their_origin(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, LINUX))
    sandbox.stub("lvs", '/usr/sbin/lvs "$@" && echo "  backup|1|swi-------|linux.demo|"')
    said = error(remove_sh(sandbox, tmp_path, LINUX))
    assert "is the origin of snapshots that would go with it: backup" in said
    (sandbox.bin / "lvs").unlink()
    assert set(sandbox.volumes(GROUP)) == {"linux.demo"}


def test_a_volume_group_that_cannot_be_read_is_not_an_empty_one(sandbox: Sandbox, tmp_path: Path) -> None:
    results(storage_sh(sandbox, tmp_path, SWAP))
    sandbox.stub("lvs", "exit 5")
    assert "cannot be read" in error(remove_sh(sandbox, tmp_path, SWAP))
