"""The disks of a service host: a copy of the image with files of its own, laid without mounting anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlnc.lab.disks import forget, is_outdated, provide
from mlnc.lab.keys import make_keys
from mlnc.lab.lab_paths import Lab, Server

NEEDS = ("mke2fs", "debugfs", "e2fsck", "ssh-keygen")
pytestmark = pytest.mark.skipif(not all(map(shutil.which, NEEDS)), reason=f"needs {', '.join(NEEDS)}")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path / "lab")
    tree = tmp_path / "tree"
    for folder in ("etc/network", "etc/ssh", "root/.ssh"):
        (tree / folder).mkdir(parents=True)
    (tree / "etc/hostname").write_text("nobody\n")
    made.images.mkdir(parents=True)
    image = str(made.images / "server.raw")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), image, "4M"], check=True)
    (made.images / "server.raw.made").write_text("one")
    make_keys(made)
    return made


def content(server: Server, path: str) -> str:
    words = ["debugfs", "-R", f"cat {path}", str(server.root_disk)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_a_server_gets_its_name_and_keys_and_a_sound_file_system(lab: Lab) -> None:
    for number in (1, 2):
        server = lab.server(number)
        provide(lab, server)
        assert content(server, "/etc/hostname") == f"{server.name}\n"
        assert f"address {server.address}/24\n" in content(server, "/etc/network/interfaces")
        assert content(server, "/root/.ssh/authorized_keys").count("ssh-ed25519 ") == 5
        status = subprocess.run(
            ["debugfs", "-R", "stat /etc/ssh/ssh_host_ed25519_key", server.root_disk],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "Mode:  0600" in status
        assert (
            subprocess.run(["e2fsck", "-fn", server.root_disk], capture_output=True, check=False).returncode
            == 0
        )
    assert "bridge_ports eth1 eth2 eth3\n" in content(lab.server(1), "/etc/network/interfaces")


def test_disks_stay_until_they_are_forgotten(lab: Lab) -> None:
    server = lab.server(1)
    provide(lab, server)
    lab.san.write_bytes(b"data")
    first = server.root_disk.stat().st_ino
    (lab.images / "server.raw.made").write_text("two")
    provide(lab, server)
    assert (server.root_disk.stat().st_ino, lab.san.read_bytes()) == (first, b"data")
    assert is_outdated(lab, server)
    forget(lab)
    assert (lab.servers(), lab.san.exists(), (lab.images / "server.raw").exists()) == ([], False, True)
