"""An image whose guest was hostile: links, devices and pipes never lead to the server's own files."""

import ctypes
import os
import struct
import subprocess
from pathlib import Path

import pytest
from courses import guest
from guest_lab import ACCOUNTS, Lab, real_images
from guest_trees import TREES, Tree
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import GuestFile
from mlnc.targets.shell.shell_library import library_files

VICTIM = "precious"
PATHS = (
    "etc/passwd",
    "etc/shadow",
    "etc/hostname",
    "etc/hosts",
    "etc/fstab",
    "etc/resolv.conf",
    "etc/network/interfaces",
    "etc/login.defs",
    "etc/modules-load.d/mlnc.conf",
    "etc/systemd/system/mlnc-startup.service",
    "etc/mlnc/startup",
    "root/.ssh/authorized_keys",
    "swapfile",
    "var/www/index.html",
)
FULL = guest(
    nameservers=("10.0.0.53",),
    modules=("loop",),
    startup=("true",),
    internal_swap_bytes=1 << 20,
    files=(GuestFile("www", "/var/www", "644"),),
    **ACCOUNTS,
)


def without(tree: Tree, path: str) -> Tree:
    """*tree* without *path* and all below it."""
    gone = (path, f"{path}/")
    return Tree(
        {name: text for name, text in tree.files.items() if not name.startswith(gone)},
        {name: target for name, target in tree.links.items() if not name.startswith(gone)},
        tuple(name for name in tree.folders if not name.startswith(gone)),
    )


@pytest.fixture
def server(tmp_path: Path) -> Lab:
    """A server with a folder of its own that nobody may touch."""
    lab = Lab(tmp_path)
    (lab.files / "www").mkdir()
    (lab.files / "www/index.html").write_text("page")
    victim = tmp_path / VICTIM
    victim.mkdir()
    for name in ("file", "passwd", "authorized_keys"):
        (victim / name).write_text("root:top-secret:0:0::/:/bin/sh\n")
    return lab


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {str(each.relative_to(folder)): each for each in folder.rglob("*")}
    return {
        name: (each.stat().st_mode, each.stat().st_uid, each.read_bytes() if each.is_file() else b"")
        for name, each in found.items()
    }


@real_images
@pytest.mark.parametrize("path", PATHS)
def test_a_link_instead_of_a_file(path: str, server: Lab) -> None:
    victim = server.folder / VICTIM
    climb = "../" * 12 if PATHS.index(path) % 2 else "/"
    target = f"{climb}{victim}/file"
    server.make_image(without(TREES["debian"], path) | Tree(links={path: target}))
    before = state(victim)
    done = server.run(server.write(server.course(FULL)) / "configure.sh")
    assert state(victim) == before
    assert all(b"top-secret" not in entry.content for entry in server.read().values())
    if path not in ("etc/passwd", "etc/shadow"):
        assert done.returncode == 0, done.stderr


@real_images
@pytest.mark.parametrize(
    "path", ["etc", "etc/network", "home", "root/.ssh", "var", "var/www", "etc/mlnc", "lib"]
)
def test_a_link_instead_of_a_folder(path: str, server: Lab) -> None:
    victim = server.folder / VICTIM
    server.make_image(without(TREES["debian"], path) | Tree(links={path: str(victim)}))
    before = state(victim)
    server.run(server.write(server.course(FULL)) / "configure.sh")
    assert state(victim) == before
    assert all(b"top-secret" not in entry.content for entry in server.read().values())


@real_images
def test_a_link_inside_the_image_is_followed_there(server: Lab) -> None:
    tree = without(without(TREES["debian"], "etc/network"), "lib") | Tree(
        files={
            "opt/net/interfaces": "",
            "usr/lib/systemd/systemd": "",
            "usr/lib/systemd/network/99-default.link": "[Link]",
        },
        links={"etc/network": "/opt/net", "lib": "usr/lib", "home": "../../srv/homes"},
        folders=("srv/homes",),
    )
    server.make_image(without(tree, "home/olduser"))
    image = server.configure(FULL)
    assert "address 10.0.0.2" in image["opt/net/interfaces"].text
    assert image["srv/homes/alice/.profile"].owner == (1001, 1001)
    assert image["etc/network"].text == "/opt/net"


@real_images
@pytest.mark.parametrize("path", ["etc/hosts", "etc/passwd", "etc/login.defs", "root/.ssh/authorized_keys"])
def test_devices_and_pipes_are_not_opened(path: str, server: Lab) -> None:
    image = server.image
    server.make_image(without(TREES["debian"], path) | Tree(folders=(str(Path(path).parent),)))
    for number, node in enumerate(("b 7 99", "c 1 3", "p")):
        subprocess.run(
            ["debugfs", "-w", "-f", "-", str(image)],
            input=f"rm {path}\ncd {Path(path).parent}\nmknod {Path(path).name} {node}\n",
            text=True,
            capture_output=True,
            check=True,
        )
        done = subprocess.run(
            ["timeout", "20", "/bin/sh", str(server.write(server.course(FULL)) / "configure.sh")],
            input="demo/linux/root_passwd\tx\ndemo/linux/users/bob\ty\n",
            capture_output=True,
            text=True,
            env=server.environment(),
            check=False,
        )
        assert done.returncode in (0, 1), (number, done.stderr)


OPENAT2, RESOLVE_IN_ROOT = 437, 0x10
SHELL = """\
set -eu
die() { echo "$*" >&2; exit 1; }
say() { :; }
state() { :; }
guest_root=$1 guest_work=$2 guest_domain=linux.demo
. "$3"
guest_walk "$4" last
printf %s "$place"
"""


def walk(root: Path, path: str) -> subprocess.CompletedProcess[str]:
    library = root.parent / "guest-files.sh"
    library.write_text(library_files()["guest-files.sh"])
    return subprocess.run(
        ["sh", "-c", SHELL, "sh", str(root), str(root.parent), str(library), path],
        capture_output=True,
        text=True,
        check=False,
    )


NAMES = st.sampled_from(["a", "b", "c", " d", "e*", "-f", "..", "."])
TARGETS = st.builds(
    lambda top, parts: top + "/".join(parts),
    st.sampled_from(["", "/"]),
    st.lists(NAMES, min_size=1, max_size=4),
)


@settings(max_examples=60, deadline=None)
@given(
    links=st.dictionaries(st.sampled_from(["a", "b", "c", "a/b", "b/c", "-f", "e*"]), TARGETS, max_size=5),
    path=st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)),
)
def test_a_walk_ends_where_the_guest_itself_would_end(
    links: dict[str, str], path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("walk") / "root"
    for folder in ("a/b", "b/c", "c"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, target in links.items():
        link = root / name
        if link.parent.is_dir() and not link.is_symlink() and not (link.is_dir() and any(link.iterdir())):
            if link.is_dir():
                link.rmdir()
            link.symlink_to(target)
    done = walk(root, path)
    if done.returncode:
        assert "is a loop of links" in done.stderr
        return
    place = Path(done.stdout)
    assert place == root or root in place.parents
    at = root
    for part in place.relative_to(root).parts:
        at /= part
        assert not at.is_symlink()
    kernel = inode_in_root(root, path)
    assert kernel in (None, (at.lstat().st_ino if at.exists() else None))


def inode_in_root(root: Path, path: str) -> int | None:
    """Where the kernel itself ends when it takes *root* for the root (openat2(2)); None if it finds nothing."""
    how = struct.pack("=QQQ", os.O_PATH | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT)
    folder = os.open(root, os.O_PATH)
    try:
        found = ctypes.CDLL(None, use_errno=True).syscall(OPENAT2, folder, path.encode(), how, len(how))
        return os.fstat(found).st_ino if found >= 0 else None
    finally:
        os.close(folder)
        if found >= 0:
            os.close(found)


def test_a_link_with_a_newline_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "x\n").mkdir(parents=True)
    (root / "x").symlink_to("/etc")
    (root / "etc").symlink_to("x\n")
    done = walk(root, "/etc/passwd")
    assert (done.returncode, done.stdout) == (1, "")
    assert "leads through a link with a newline in it" in done.stderr
