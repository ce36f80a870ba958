"""The guest scripts at work on real file systems: what they lay, that twice is once, and what stops them."""

import fcntl
import re
import signal
import subprocess
from pathlib import Path

import pytest
from courses import guest
from golden_files import Golden
from guest_lab import (
    ACCOUNTS,
    ALICE_HASH,
    BOB_PASSWORD,
    CARDS,
    ROOT_PASSWORD,
    SECRETS,
    Image,
    Lab,
    real_images,
)
from guest_trees import TREES, put_in_partition, run

from mlnc.ir.model import GuestFile, GuestGroup, Mount, SshKey, User, Volume

pytestmark = real_images

FULL = guest(
    nameservers=("10.0.0.53", "2001:db8::53"),
    modules=("loop", "dummy"),
    startup=("echo 'hi' $HOME", "sysctl -w net.ipv4.ip_forward=1"),
    shutdown=("logger bye",),
    swap_device="/dev/xvda2",
    mounts=(Mount("/dev/san_vg/homes", "/dev/xvda3", "/srv/data", "ext3", "noatime"),),
    **ACCOUNTS,
)
FAMILY_FILES = re.compile(
    r"etc/(network/|iftab|sysconfig/|NetworkManager/|netplan/99|systemd/|rc|init\.d/|inittab|mlnc/|mod|fstab)"
    r"|\.autorelabel"
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.fixture
def debian(lab: Lab) -> Lab:
    lab.make_image(TREES["debian"])
    return lab


def listing(image: Image) -> str:
    """The files of an image that tell its family, one after the other."""
    texts = []
    for name, entry in sorted(image.items()):
        if entry.kind == "link" and FAMILY_FILES.match(name):
            texts.append(f"==> /{name} -> {entry.text}\n")
        elif entry.kind == "file" and FAMILY_FILES.match(name) and entry.content:
            texts.append(f"==> /{name} ({entry.mode:o})\n{entry.text}")
    return "\n".join(texts)


def colons(image: Image, name: str) -> dict[str, list[str]]:
    """passwd, shadow or group as getent reads them."""
    rows = [line.split(":") for line in image[f"etc/{name}"].text.splitlines()]
    return {row[0]: row for row in rows}


@pytest.mark.parametrize("family", TREES)
def test_what_each_family_gets(family: str, lab: Lab, golden: Golden) -> None:
    lab.make_image(TREES[family])
    groups = (GuestGroup("admins", ("alice", "bob")),)
    before = lab.read()
    configured = guest(**{**plain(FULL), "groups": groups, "users": FULL.users[:2]})
    once = lab.configure(configured)
    golden(f"guest/family-{family}.txt", listing({k: v for k, v in once.items() if before.get(k) != v}))
    assert lab.configure(configured) == once
    assert not [name for name in once if name.endswith(".mlnc-new")]
    assert once["etc/hostname"].text == "linux\n"
    assert once["etc/resolv.conf"].text == "nameserver 10.0.0.53\nnameserver 2001:db8::53\n"
    assert "127.0.1.1 linux\n" in once["etc/hosts"].text
    assert "srv/data" in once


def plain(configured: object) -> dict[str, object]:
    return {name: getattr(configured, name) for name in configured.__dataclass_fields__}  # type: ignore[attr-defined]


def test_accounts_are_those_of_the_project(debian: Lab) -> None:
    before = debian.read()
    image = debian.configure(FULL)
    accounts, shadow, groups = colons(image, "passwd"), colons(image, "shadow"), colons(image, "group")
    assert accounts["alice"][1:] == ["x", "1001", "1001", "", "/home/alice", "/bin/bash"]
    assert accounts["bob"][1:] == ["x", "1234", "1234", "", "/home/b o'b", "/bin/bash"]
    assert accounts["olduser"] == colons(before, "passwd")["olduser"]
    assert shadow["alice"][1] == ALICE_HASH
    assert is_hash_of(SECRETS[BOB_PASSWORD], shadow["bob"][1])
    assert is_hash_of(SECRETS[ROOT_PASSWORD], shadow["root"][1])
    assert shadow["root"][3:] == ["0", "99999", "7", "", "", ""]
    assert shadow["olduser"] == colons(before, "shadow")["olduser"]
    assert {groups[name][3] for name in ("admins", "staff")} == {"alice,bob", "olduser,alice,daemon"}
    assert colons(image, "gshadow")["admins"][3] == "alice,bob"
    assert image["etc/shadow"].mode == before["etc/shadow"].mode == 0o640
    assert image["home/alice"].owner == image["home/alice/.profile"].owner == (1001, 1001)
    assert image["home/b o'b/.profile"].owner == (1234, 1234)
    assert image["home/alice"].mode == 0o755


def is_hash_of(password: str, hashed: str) -> bool:
    _, method, salt, _ = hashed.split("$")
    return run("openssl", "passwd", f"-{method}", "-salt", salt, "-stdin", text=password).strip() == hashed


def test_an_old_guest_gets_hashes_it_knows(lab: Lab) -> None:
    lab.make_image(TREES["etch"])
    shadow = colons(lab.configure(FULL), "shadow")
    assert shadow["root"][1].startswith("$1$")
    assert is_hash_of(SECRETS[ROOT_PASSWORD], shadow["root"][1])


def test_a_secret_that_is_a_hash_is_taken_as_it_is(debian: Lab) -> None:
    script = debian.write(debian.course(FULL)) / "configure.sh"
    debian.run(script, {ROOT_PASSWORD: ALICE_HASH, BOB_PASSWORD: "$6$ is no hash"})
    shadow = colons(debian.read(), "shadow")
    assert shadow["root"][1] == ALICE_HASH
    assert is_hash_of("$6$ is no hash", shadow["bob"][1])


def test_keys_stand_beside_those_of_the_users(debian: Lab) -> None:
    first = debian.configure(FULL)
    keys = first["home/alice/.ssh/authorized_keys"]
    assert keys.text == "# mlnc: begin\nssh-ed25519 AAAA alice's key\n# mlnc: end\n"
    assert (keys.mode, keys.owner) == (0o600, (1001, 1001))
    assert (first["home/alice/.ssh"].mode, first["home/alice/.ssh"].owner) == (0o700, (1001, 1001))
    own = "ssh-rsa CCCC of alice herself\n"
    write_into(debian.image, "home/alice/.ssh/authorized_keys", keys.text + own)
    changed = guest(**{**plain(FULL), "ssh_keys": (SshKey("alice", "ssh-ed25519 DDDD new"),)})
    second = debian.configure(changed)
    text = "# mlnc: begin\nssh-ed25519 DDDD new\n# mlnc: end\n"
    assert second["home/alice/.ssh/authorized_keys"].text == own + text
    assert second["root/.ssh/authorized_keys"].text == ""
    third = debian.configure(guest(**{**plain(FULL), "ssh_keys": ()}))
    assert third["home/alice/.ssh/authorized_keys"].text == own


def write_into(image: Path, name: str, text: str) -> None:
    """Change a file of an image as its guest would."""
    script = 'mount -o loop "$1" /mnt && cat >"/mnt/$2" && umount /mnt'
    subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(image), name], input=text, text=True, check=True
    )


@pytest.mark.parametrize("family", ["debian", "etch", "centos", "fedora", "busybox"])
def test_what_leaves_the_project_leaves_the_guest(family: str, lab: Lab) -> None:
    lab.make_image(TREES[family])
    bare = guest(nameservers=("10.0.0.53",))
    image = lab.configure(bare, interfaces={"eth0": CARDS["eth0"]})
    filled = lab.configure(
        guest(**{**plain(bare), "startup": ("true",), "shutdown": ("true",), "modules": ("loop",)})
    )
    assert set(filled) > set(image)
    assert lab.configure(bare, interfaces={"eth0": CARDS["eth0"]}) == {
        **image,
        **{name: filled[name] for name in filled if filled[name].kind == "folder"},
    }


def test_files_come_with_their_modes(debian: Lab) -> None:
    (debian.files / "www/pages").mkdir(parents=True)
    (debian.files / "www/pages/index.html").write_text("hello")
    (debian.files / "www/link").symlink_to("pages/index.html")
    (debian.files / "run me").write_text("#!/bin/sh\n")
    (debian.files / "run me").chmod(0o750)
    copies = (
        GuestFile("www", "/var/www", "640"),
        GuestFile("run me", "/usr/local/bin/", None),
        GuestFile(str(debian.files / "run me"), "/srv/it's here", "4711"),
    )
    image = debian.configure(guest(files=copies))
    assert image["var/www/pages/index.html"].text == "hello"
    assert (image["var/www/pages/index.html"].mode, image["var/www/pages"].mode) == (0o640, 0o750)
    assert image["var/www/link"].text == "pages/index.html"
    assert image["usr/local/bin/run me"].mode == 0o750
    assert image["srv/it's here"].mode == 0o4711
    assert debian.configure(guest(files=copies)) == image


def test_a_missing_file_stops_before_anything_is_changed(debian: Lab) -> None:
    before = debian.read()
    done = debian.run(
        debian.write(debian.course(guest(files=(GuestFile("gone", "/x", None),)))) / "configure.sh"
    )
    assert done.returncode == 1
    assert "files/gone, meant for linux.demo, is not on this server" in done.stderr
    assert debian.read() == before


def test_kernel_modules_of_the_server_go_along(debian: Lab) -> None:
    tree = debian.modules / "6.1.0-xen"
    (tree / "kernel").mkdir(parents=True)
    (tree / "kernel/xen-netfront.ko").write_text("module")
    image = debian.configure(guest(), kernel="/boot/vmlinuz-6.1.0-xen")
    assert image["lib/modules/6.1.0-xen/kernel/xen-netfront.ko"].text == "module"
    (tree / "kernel/xen-netfront.ko").write_text("changed")
    assert debian.configure(guest(), kernel="/boot/vmlinuz-6.1.0-xen") == image


def test_a_disk_without_room_for_the_modules_is_refused(debian: Lab) -> None:
    tree = debian.modules / "6.1.0-xen"
    tree.mkdir()
    (tree / "large").write_bytes(b"x" * (15 << 20))
    script = debian.write(debian.course(guest(), kernel="/boot/vmlinuz-6.1.0-xen")) / "configure.sh"
    done = debian.run(script)
    assert done.returncode == 1
    assert re.search(r"has \d+ KiB free, but the copy of .*6\.1\.0-xen needs \d+ KiB", done.stderr)
    assert not [name for name in debian.read() if name.startswith("lib/modules/6")]


def test_a_swap_file_is_whole_and_made_once(debian: Lab) -> None:
    image = debian.configure(guest(internal_swap_bytes=1 << 20))
    swap = image["swapfile"]
    assert (len(swap.content), swap.mode, swap.content[4086:4096]) == (1 << 20, 0o600, b"SWAPSPACE2")
    assert "/swapfile   none   swap  sw        0  0\n" in image["etc/fstab"].text
    assert debian.configure(guest(internal_swap_bytes=1 << 20)) == image


def test_a_partition_is_found(lab: Lab) -> None:
    lab.make_image(TREES["debian"])
    disk = lab.folder / "disk.img"
    put_in_partition(lab.image, disk)
    whole = Volume("root", "linux", "file", str(disk), None, "exact", 1, 0, None, "none", False, False, False)
    script = lab.write(lab.course(guest(), volumes=(whole,))) / "configure.sh"
    done = lab.run(script)
    assert done.returncode == 0, done.stderr
    with lab.image.open("wb") as file:
        file.write(disk.read_bytes()[2 << 20 :][: 16 << 20])
    assert lab.read()["etc/hostname"].text == "linux\n"
    assert lab.run(script).stdout.splitlines()[-1] == "mlnc: unchanged linux.demo"


@pytest.mark.parametrize("content", [b"", b"no file system" * 4096])
def test_what_cannot_be_mounted_is_fatal(content: bytes, lab: Lab) -> None:
    lab.image.write_bytes(content)
    done = lab.run(lab.write(lab.course(FULL)) / "configure.sh")
    assert done.returncode == 1
    assert (
        "holds no Linux file system, neither as a whole nor in a partition; nothing was mounted"
        in done.stderr
    )
    assert "mlnc: stopped with status 1: nothing was changed" in done.stderr
    assert lab.image.read_bytes() == content
    assert not any((lab.folder / "run").iterdir())


def test_a_running_domain_is_left_alone(debian: Lab) -> None:
    before = debian.image.read_bytes()
    script = debian.write(debian.course(FULL)) / "configure.sh"
    debian.domains("Domain-0", "linux.demo")
    done = debian.run(script)
    assert (done.returncode, debian.image.read_bytes()) == (1, before)
    assert "the domain linux.demo is there (running, paused or moving): stop it first" in done.stderr
    debian.program("xl", "exit 1")
    assert debian.run(script).returncode == 1
    assert debian.image.read_bytes() == before


def test_an_image_in_use_is_left_alone(debian: Lab) -> None:
    before = debian.image.read_bytes()
    device = run("losetup", "--find", "--show", str(debian.image)).strip()
    try:
        done = debian.run(debian.write(debian.course(FULL)) / "configure.sh")
    finally:
        run("losetup", "-d", device)
    assert (done.returncode, debian.image.read_bytes()) == (1, before)
    assert "is attached to a loop device" in done.stderr


def test_a_logical_volume_is_looked_at_first(debian: Lab) -> None:
    device = run("losetup", "--find", "--show", str(debian.image)).strip()
    volume = Volume(
        "root", "linux.demo", "lvm", device, "vg", "exact", 1, 0, None, "ext", False, False, False
    )
    script = debian.write(debian.course(guest(), volumes=(volume,))) / "configure.sh"
    refusals = {
        "-wi-a-----|mlnc,mlnc.incomplete,mlnc.role=root": "is incomplete: run storage.sh first",
        "-wi-ao----|mlnc,mlnc.role=root": "is in use: end what uses it first",
    }
    try:
        for row, message in refusals.items():
            debian.program("lvs", f"echo '  {row}'")
            done = debian.run(script)
            assert (done.returncode, message in done.stderr) == (1, True), done.stderr
        debian.program("lvs", "echo '  -wi-a-----|mlnc,mlnc.role=root'")
        run("mount", device, "/mnt")
        try:
            assert "is mounted on this server" in debian.run(script).stderr
        finally:
            run("umount", "/mnt")
        assert debian.run(script).stdout.splitlines()[-1] == "mlnc: configured linux.demo"
    finally:
        run("losetup", "-d", device)
    assert debian.read()["etc/hostname"].text == "linux\n"


def test_the_disk_is_mounted_with_care(debian: Lab) -> None:
    seen = debian.folder / "seen"
    debian.program("mount", f'echo "$*" >>{seen}; exec /bin/mount "$@"')
    debian.configure(guest())
    options = next(
        line.split()[3].split(",") for line in seen.read_text().splitlines() if "linux.img" in line
    )
    assert {"nodev", "nosuid", "noexec", "nosymfollow", "errors=remount-ro"} <= set(options)


def test_a_project_that_starts_or_stops_is_waited_for(debian: Lab) -> None:
    lock = debian.folder / "mlnc-life-demo.lock"
    script = debian.write(debian.course(FULL)) / "configure.sh"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run(
            ["/bin/sh", str(script)],
            stdin=subprocess.DEVNULL,
            env={**debian.environment(), "MLNC_LOCK_SECONDS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, "the lock life-demo was not released in time" in done.stderr) == (1, True)


def test_nothing_stays_mounted(debian: Lab) -> None:
    debian.configure(FULL)
    assert str(debian.folder) not in Path("/proc/self/mountinfo").read_text()
    assert run("losetup", "-j", str(debian.image)) == ""


@pytest.mark.parametrize("number", [1, 5, 8, 11, 14, 17, 20])
def test_killed_anywhere_and_run_again_it_ends_the_same(number: int, debian: Lab) -> None:
    template = debian.image.read_bytes()
    undisturbed = debian.configure(FULL)
    debian.image.write_bytes(template)
    count = debian.folder / "count"
    debian.program(
        "mv", f'echo x >>{count}; [ $(wc -l <{count}) != {number} ] || kill -9 $PPID; exec /bin/mv "$@"'
    )
    script = debian.write(debian.course(FULL)) / "configure.sh"
    assert debian.run(script).returncode == -signal.SIGKILL
    (debian.programs / "mv").unlink()
    assert debian.run(script).returncode == 0
    assert debian.read() == undisturbed


def test_an_account_with_another_uid_is_refused(debian: Lab) -> None:
    configured = guest(users=(User("olduser", None, "/home/olduser", 4711),))
    done = debian.run(debian.write(debian.course(configured)) / "configure.sh")
    assert done.returncode == 1
    assert "the guest's account olduser has the uid 1000, the project says 4711" in done.stderr
    assert colons(debian.read(), "passwd")["olduser"][2] == "1000"


def test_a_group_of_somebody_unknown_is_refused(debian: Lab) -> None:
    done = debian.run(
        debian.write(debian.course(guest(groups=(GuestGroup("g", ("nobody-here",)),)))) / "configure.sh"
    )
    assert "group g: neither the project nor the guest has an account nobody-here" in done.stderr


def test_secrets_come_on_standard_input_only(debian: Lab) -> None:
    script = debian.write(debian.course(FULL)) / "configure.sh"
    done = debian.run(script, {ROOT_PASSWORD: "x"})
    assert done.returncode == 1
    assert f"the secret {BOB_PASSWORD} is not among those on standard input" in done.stderr
    seen = debian.folder / "seen"
    programs = (
        "awk",
        "cat",
        "grep",
        "openssl",
        "chown",
        "chmod",
        "mv",
        "stat",
        "cmp",
        "sed",
        "wc",
        "mount",
        "unshare",
    )
    for name in programs:
        real = run("sh", "-c", f"command -v {name}").strip()
        debian.program(
            name, f'{{ printf "%s\\n" "$@"; tr "\\0" "\\n" </proc/self/environ; }} >>{seen}; exec {real} "$@"'
        )
    done = debian.run(script)
    assert done.returncode == 0, done.stderr
    shadow = colons(debian.read(), "shadow")
    told = seen.read_text() + done.stdout + done.stderr + script.read_text()
    for hidden in (*SECRETS.values(), shadow["root"][1], shadow["bob"][1]):
        assert hidden not in told
    assert SECRETS[BOB_PASSWORD].encode() not in debian.image.read_bytes()
