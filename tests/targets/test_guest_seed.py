"""The seed of a cloud image: what cloud-init and netplan read in it, and the disk it is written on."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from courses import SERVER, by_role, course, guest, host, project, volume
from guest_lab import ACCOUNTS, CARDS, SECRETS, Lab, real_images
from guest_trees import run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_guest_target import CASES, cloud_host

from mlnc.ir.model import Course
from mlnc.targets.guest import guest_target as target

FOLDER = f"hosts/{SERVER}/demo/linux/guest"
NEEDS_CLOUD_INIT = pytest.mark.skipif(
    shutil.which("cloud-init") is None, reason="cloud-init is not installed"
)
NEEDS_NETPLAN = pytest.mark.skipif(shutil.which("netplan") is None, reason="netplan is not installed")


def seed(built: Course) -> dict[str, str]:
    return {
        artifact.path.removeprefix(f"{FOLDER}/"): artifact.text for artifact in target.emit(built).artifacts
    }


def cloud(**changes: Any) -> Course:
    return course(project(hosts={"linux": cloud_host(**changes)}))


def test_the_files_of_a_seed() -> None:
    assert list(seed(CASES["cloud"])) == ["seed.sh", "meta-data", "user-data", "network-config"]


@NEEDS_CLOUD_INIT
@pytest.mark.parametrize("built", [CASES["cloud"], cloud()], ids=["full", "bare"])
def test_cloud_init_finds_the_user_data_valid(built: Course, tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(seed(built)["user-data"])
    checked = subprocess.run(
        ["cloud-init", "schema", "-c", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "deprecat" not in checked.stdout + checked.stderr


@NEEDS_NETPLAN
def test_netplan_takes_the_network_configuration(tmp_path: Path) -> None:
    file = tmp_path / "etc/netplan/50-cloud-init.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({"network": yaml.safe_load(seed(CASES["cloud"])["network-config"])}))
    file.chmod(0o600)
    subprocess.run(["netplan", "generate", "--root-dir", str(tmp_path)], check=True)
    eth0 = (tmp_path / "run/systemd/network/10-netplan-eth0.network").read_text()
    assert "Address=10.0.0.2/24\nAddress=2001:db8::2/64\n" in eth0
    assert "Gateway=10.0.0.1\n" in eth0
    assert "DHCP=ipv4\n" in (tmp_path / "run/systemd/network/10-netplan-eth1.network").read_text()


def test_what_the_user_data_says() -> None:
    said = yaml.safe_load(seed(CASES["cloud"])["user-data"])
    users = {user["name"]: user for user in said["users"]}
    assert list(users) == ["alice", "bob", "olduser", "root"]
    assert users["alice"]["groups"] == ["admins", "staff"]
    assert users["bob"]["uid"] == 1234
    assert users["root"]["ssh_authorized_keys"] == ["ssh-ed25519 BBBB teacher"]
    assert all(user["lock_passwd"] is False for user in users.values())
    assert said["groups"] == [{"admins": ["alice", "bob"]}, {"staff": ["alice", "daemon"]}]
    assert said["mounts"] == [["/dev/xvdb", "/home", "ext3", "noatime", "0", "2"]]
    written = {file["path"]: file["content"] for file in said["write_files"]}
    assert written["/etc/mlnc/startup"].endswith("\necho 'hi' $HOME\n")
    assert said["runcmd"][1:-1] == ["modprobe loop", "apt-get -y install nginx"]


def test_a_changed_configuration_is_a_new_instance() -> None:
    first, same, other = (yaml.safe_load(seed(cloud(startup=(line,)))["meta-data"]) for line in "aab")
    assert first == same
    assert first["instance-id"] != other["instance-id"]
    assert first["local-hostname"] == "linux"


VISIBLE = st.characters(
    blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), whitelist_characters="\t"
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.text(VISIBLE, min_size=1, max_size=12), min_size=1, max_size=3))
def test_any_text_arrives(lines: list[str]) -> None:
    made = seed(cloud(startup=tuple(lines), user_data=tuple(lines)))
    if "@secret/" in "".join(lines):
        assert not made
        return
    said = yaml.safe_load(made["user-data"])
    startup = next(file["content"] for file in said["write_files"] if file["path"] == "/etc/mlnc/startup")
    assert startup.rstrip("\n").split("\n")[2:] == "\n".join(lines).rstrip("\n").split("\n")
    assert said["runcmd"][1:-1] == lines


@real_images
@pytest.mark.skipif(
    not (shutil.which("mcopy") and shutil.which("mkfs.vfat")), reason="mtools or dosfstools is not installed"
)
def test_the_disk(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    image = tmp_path / "seed.img"
    image.write_bytes(b"\0" * (4 << 20))
    on_file = volume(role="seed", kind="file", volume_group=None, path=str(image))
    made = host(
        guest=guest(mode="cloud-init", **ACCOUNTS),
        interfaces=CARDS,
        volumes=by_role(volume(), on_file),
    )
    script = lab.write(course(project(hosts={"linux": made}))) / "seed.sh"
    done = lab.run(script)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "mlnc: configured linux.demo"), done.stderr
    first = image.read_bytes()
    assert run("blkid", "-p", "-o", "value", "-s", "LABEL", str(image)) == "CIDATA\n"
    text = run("mtype", "-i", str(image), "::user-data")
    users = {user["name"]: user for user in yaml.safe_load(text)["users"]}
    assert users["bob"]["hashed_passwd"].startswith("$6$")
    assert users["root"]["hashed_passwd"].startswith("$6$")
    assert not any(value in text + done.stdout for value in SECRETS.values())
    assert lab.run(script).stdout.splitlines()[-1] == "mlnc: unchanged linux.demo"
    assert image.read_bytes() == first
    image.write_bytes(b"\0" * 1024)
    assert "is smaller than the 4194304 bytes of a seed" in lab.run(script).stderr
    lab.domains("Domain-0", "linux.demo")
    assert lab.run(script).returncode == 1
    assert image.read_bytes() == b"\0" * 1024
