"""The stand-ins of a rehearsal against what they stand in for: iproute2, LVM2, and Xen's reader of domain files."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from checkout import TESTS
from courses import SERVER, VOLUME_GROUP, course, service_host
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lvm_sandbox import Sandbox, lvm_sandbox
from rehearsals import needs_namespaces
from xl_reader import needs_libxlutil, read

from mlnc.rehearsal.folder_transport import NAMESPACES, enter_command
from mlnc.rehearsal.host_setup import prepare
from mlnc.rehearsal.rehearsal_paths import Folder

FAKES = files("mlnc.rehearsal").joinpath("fakes")
GOLDEN = TESTS / "golden"


class Server:
    """The rehearsed service host one.example.org, without any project."""

    def __init__(self, folder: Path) -> None:
        made = course(service_hosts={SERVER: service_host(memory_mib=4096)})
        self.folder = Folder(folder)
        prepare(self.folder, made)
        self.root = self.folder.root(SERVER)

    def run(self, script: str, status: int | None = 0) -> str:
        """What the script prints, its messages too; it must end with *status*, unless that is None."""
        done = subprocess.run(
            [*enter_command(self.folder, SERVER), f"exec 2>&1; {script}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert status is None or done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def no_links(self) -> None:
        """As if there were no bridge and no tunnel."""
        for kind in ("links", "fdb"):
            for record in (self.folder.state(SERVER) / kind).iterdir():
                record.unlink()

    def group(self, name: str, extent_bytes: int, extents: int) -> None:
        """An empty volume group, whatever was in one of that name."""
        place = self.folder.storage(name)
        for old in (place, self.root / "dev" / name):
            shutil.rmtree(old, ignore_errors=True)
        (place / "volumes").mkdir(parents=True)
        (place / "data").mkdir()
        (place / "group").write_text(f"{extent_bytes} {extents} 0\n")
        link = self.folder.state(SERVER) / "groups" / name
        if not link.is_symlink():
            link.symlink_to(f"/rehearsal/storage/{name}")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server for many examples, which set it back themselves."""
    return Server(tmp_path_factory.mktemp("server"))


def test_every_standin_is_a_script_for_sh() -> None:
    scripts = [str(each) for each in FAKES.iterdir()]
    for script in scripts:
        subprocess.run(["sh", "-n", script], check=True)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    subprocess.run(["shellcheck", "-s", "sh", *scripts], check=True)


# --- the server ----------------------------------------------------------------------------------------------------


@needs_namespaces
def test_a_server_is_a_world_of_its_own(server: Server) -> None:
    said = server.run(
        "id -u; hostname; cat /etc/hostname; ls /proc | grep -c '^[0-9]'; ls /dev | tr '\\n' ' '; touch /root/mine"
    )
    assert said.split("\n")[:3] == ["0", SERVER, SERVER]
    assert int(said.split("\n")[3]) < 10
    assert (server.root / "root/mine").exists()
    assert not Path("/root/mine").exists()
    assert server.run("touch /usr/bin/mine", status=1).endswith("Read-only file system\n")


@needs_namespaces
@pytest.mark.parametrize(
    "command",
    [
        "lvs vg",
        "lvreduce -f -L 1M vg/a",
        "xl save a b",
        "ip addr",
        "losetup -f",
        "blkdiscard /dev/x",
        "systemctl start x",
    ],
)
def test_what_is_not_modelled_is_refused(server: Server, command: str) -> None:
    assert "the rehearsal does not know" in server.run(command, status=64)


@needs_namespaces
def test_servers_reach_each_other(tmp_path: Path) -> None:
    servers = {"alpha": service_host(address="192.0.2.1"), "beta": service_host(address="192.0.2.2")}
    folder = Folder(tmp_path)
    prepare(folder, replace(course(service_hosts=servers), projects={}))
    there = "ssh -o BatchMode=yes -l root -p 22 -- 192.0.2.2 'hostname; cat; xl info xen_version; exit 7'"
    words = [
        *enter_command(folder, "alpha"),
        f"echo read here | {there}; echo $?; ssh 192.0.2.3 true 2>&1; echo $?",
    ]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[:4] == ["beta", "read here", "4.17.0", "7"]
    assert said.endswith("Name or service not known\n255\n")


# --- images --------------------------------------------------------------------------------------------------------

IN_A_NAMESPACE = "unshare -m sh -c 'mount --make-rprivate /; {}'"


@needs_namespaces
def test_a_mounted_image_keeps_what_is_written(server: Server) -> None:
    server.run(
        "mkdir /t /m; echo old >/t/old; truncate -s 33333333 /i; mke2fs -q -t ext3 -d /t /i; chmod 600 /i"
    )
    server.run(
        IN_A_NAMESPACE.format("mount -t ext3 -o rw /i /m && cat /m/old && echo new >/m/new && umount /m")
    )
    assert server.run("debugfs -R 'cat /new' /i 2>/dev/null") == "new\n"
    assert server.run("stat -c '%s %a' /i; e2fsck -fn /i >/dev/null 2>&1; echo $?") == "33333333 600\n0\n"


@needs_namespaces
def test_an_image_that_was_only_looked_at_stays_as_it_is(server: Server) -> None:
    server.run("mkdir /m; truncate -s 9M /i; mke2fs -q -t ext4 /i; sha256sum /i >/sum")
    server.run(IN_A_NAMESPACE.format("mount -t ext4 -o rw /i /m && umount /m"))
    server.run("sha256sum -c /sum")


@needs_namespaces
def test_what_has_no_room_on_an_image_is_an_error(server: Server) -> None:
    server.run("mkdir /m; truncate -s 9M /i; mke2fs -q -t ext4 /i; sha256sum /i >/sum")
    fill = "mount -t ext4 -o rw /i /m && head -c 9000000 /dev/urandom >/m/much && umount /m"
    assert "has room" in server.run(IN_A_NAMESPACE.format(fill), status=32)
    server.run("sha256sum -c /sum")


# --- ip ------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["br1", "br2", "tun1", "tun2", "a-name-too-long-"])
BRIDGES = st.sampled_from(["br1", "br2"])
TUNNELS = st.sampled_from(["tun1", "tun2"])
ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.2"])
COMMANDS = st.one_of(
    st.builds("ip link add dev {} type bridge stp_state 0 forward_delay 0".format, NAMES),
    st.builds(
        "ip link add dev {} type vxlan id {} dstport 4789 local 10.0.0.1".format, TUNNELS, st.integers(1, 2)
    ),
    st.builds("ip link set dev {} {}".format, NAMES, st.sampled_from(["up", "down", "nomaster"])),
    st.builds("ip link set dev {} alias {}".format, NAMES, st.sampled_from(["mlnc:a/b", "mlnc:shared"])),
    st.builds("ip link set dev {} master {}".format, NAMES, BRIDGES),
    st.builds("ip link set dev {} name {}".format, NAMES, NAMES),
    st.builds("ip link del dev {}".format, NAMES),
    st.builds("ip link show dev {}".format, NAMES),
    st.builds("bridge fdb append 00:00:00:00:00:00 dst {} dev {}".format, ADDRESSES, TUNNELS),
    st.builds("bridge fdb del 00:00:00:00:00:00 dst {} dev {}".format, ADDRESSES, TUNNELS),
)


def links(text: str) -> dict[str, tuple[object, ...]]:
    """What ip says of each link but the loopback: whether it is up, its bridge, its kind, and its alias."""
    found = {}
    for row in text.splitlines():
        name, flags = re.match(r"\d+: ([^@:]+)[@:].*?<(.*?)>", row).groups()  # type: ignore[union-attr]
        kind = re.search(r" (bridge|vxlan) ", row.partition("link/")[2])
        master, alias = re.search(r"\bmaster (\S+)", row), re.search(r"\balias (\S+)", row)
        if name != "lo":
            words = [match[1] if match else "" for match in (kind, master, alias)]
            found[name] = ("UP" in flags.split(","), *words)
    return found


def network_script(commands: list[str]) -> str:
    """Runs *commands*, prints whether each succeeded, then all links, and where the tunnels lead."""
    tried = "".join(f"if {command} >/dev/null 2>&1; then echo y; else echo n; fi\n" for command in commands)
    shown = "ip -d -o link show\necho ---\n"
    led = "for t in tun1 tun2; do bridge fdb show dev $t 2>/dev/null | awk '/ dst / { print $3 }' | sort; echo; done\n"
    return f"{tried}echo ---\n{shown}{led}"


def outcome(text: str) -> tuple[object, ...]:
    tried, shown, led = text.split("---\n")
    return tried, links(shown), led


@pytest.fixture(scope="module")
def real_ip() -> list[str]:
    """The words before a script that runs with the real ip in a network of its own."""
    words = ["unshare", *NAMESPACES, "--", "sh", "-c"]
    probe = [
        *words,
        "ip link add dev a type bridge && ip link add dev b type vxlan id 1 dstport 4789 local 10.0.0.1",
    ]
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs network namespaces, bridges and VXLAN in the kernel")
    return words


@needs_namespaces
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(commands=st.lists(COMMANDS, max_size=12))
@example(
    commands=[
        "ip link add dev tun1 type vxlan id 1 dstport 4789 local 10.0.0.1",
        "bridge fdb del 00:00:00:00:00:00 dst 192.0.2.1 dev tun1",
    ]
)
def test_links_behave_as_those_of_the_kernel(
    lasting: Server, real_ip: list[str], commands: list[str]
) -> None:
    lasting.no_links()
    script = network_script(commands)
    real = subprocess.run([*real_ip, script], capture_output=True, text=True, check=True).stdout
    assert outcome(lasting.run(script)) == outcome(real)


# --- LVM -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with lvm_sandbox(tmp_path_factory.mktemp("lvm")) as made:
        made.volume_group("vg", 33)
        yield made


ROWS = "--noheadings --nosuffix --units b --separator '|' -o lv_name,lv_size,lv_tags vg"
GROUP_ROWS = "--noheadings --nosuffix --units b -o vg_extent_size,vg_free_count,vg_extent_count vg"

VOLUMES = st.sampled_from(["a", "b.c"])
TAGS = st.sampled_from(["mlnc", "mlnc.project=x", "mlnc.role=root"])
SIZES = st.sampled_from(["-L 3m", "-L 3500K", "-L 1049000b", "-l 5", "-L 40M", "-L 0", "-L 1g"])
LVM_COMMANDS = st.one_of(
    st.builds("lvcreate --yes -n {} {} vg --addtag {} --addtag mlnc.incomplete".format, VOLUMES, SIZES, TAGS),
    st.builds("lvchange --addtag {} --deltag mlnc.incomplete vg/{}".format, TAGS, VOLUMES),
    st.builds("lvchange --deltag {} vg/{}".format, TAGS, VOLUMES),
    st.builds(
        "lvextend -L {} vg/{}".format,
        st.sampled_from(["+2M", "5M", "1M", "1049000b", "+3500K", "0"]),
        VOLUMES,
    ),
    st.builds("lvremove --yes vg/{}".format, VOLUMES),
    st.just("lvs --noheadings -o lv_name vg/a"),
    st.just("vgs --noheadings -o vg_name absent"),
)


def lvm_script(commands: list[str]) -> str:
    tried = "".join(f"{command} >/dev/null 2>&1; echo $?\n" for command in commands)
    return f"{tried}lvs {ROWS}; vgs {GROUP_ROWS}"


def lvm_outcome(text: str) -> list[str]:
    """The lines without the padding of columns, tags sorted."""
    words = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    return [
        re.sub(r"\|([^|]*)$", lambda tags: "|" + ",".join(sorted(tags[1].split(","))), word) for word in words
    ]


@needs_namespaces
def test_lvm_refuses_in_the_same_order(lasting: Server, sandbox: Sandbox) -> None:
    """Of several faults of a command the first decides what it returns: its words, its group, then the volume."""
    sizes = [
        "-L 3m",
        "-L 3q",
        "-L 0",
        "-L 1049000b",
        "-L 1049600B",
        "-L -3m",
        "-L 1g",
        "-l 0",
        "-l x",
        "-l 500",
        "",
    ]
    names = ["a", "new", "bad@x"]
    made = [
        f"lvcreate --yes -n {name} {size} {group}"
        for size in sizes
        for group in ("vg", "absent")
        for name in names
    ]
    grown = [
        f"lvextend -L {sign}{size.removeprefix('-L ')} {volume}"
        for size in sizes
        if size.startswith("-L")
        for sign in ("", "+")
        for volume in ("vg/a", "vg/none", "absent/a")
    ]
    sandbox.reset()
    lasting.group("vg", 1 << 20, 32)
    script = lvm_script(["lvcreate --yes -n a -L 2m vg", *made, *grown])
    real = sandbox.run("sh", "-c", script).stdout
    assert lvm_outcome(lasting.run(script)) == lvm_outcome(real)


@needs_namespaces
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(commands=st.lists(LVM_COMMANDS, min_size=3, max_size=8))
def test_volumes_behave_as_those_of_lvm(lasting: Server, sandbox: Sandbox, commands: list[str]) -> None:
    sandbox.reset()
    lasting.group("vg", 1 << 20, 32)
    script = lvm_script(commands)
    real = sandbox.run("sh", "-c", script).stdout
    assert lvm_outcome(lasting.run(script)) == lvm_outcome(real)


@needs_namespaces
def test_a_new_volume_holds_old_blocks_until_it_is_emptied(server: Server) -> None:
    made = f"lvcreate -y -n a -L 1M {VOLUME_GROUP} >/dev/null"
    device = f"/dev/{VOLUME_GROUP}/a"
    assert (
        server.run(f"{made}; grep -c removed {device}; head -c 4096 {device} | tr -d '\\0' | wc -c")
        == "1\n0\n"
    )
    assert server.run(
        f"blkdiscard --zeroout {device}; blockdev --getsize64 {device}; tr -d '\\0' <{device} | wc -c"
    ) == ("4194304\n0\n")


@needs_namespaces
def test_a_snapshot_is_what_its_origin_was(server: Server) -> None:
    group, fields = VOLUME_GROUP, "--noheadings --separator '|' -o lv_name,lv_attr,origin"
    server.run(f"lvcreate -y -n o -l 1 {group}; echo old >/dev/{group}/o; lvcreate -y -s -n s -l 9 {group}/o")
    server.run(f"echo new >/dev/{group}/o")
    assert server.run(f"head -n 1 /dev/{group}/s") == "old\n"
    assert server.run(f"lvs {fields} {group}").split() == ["o|owi-a-s---|", "s|swi-a-s---|o"]
    assert server.run(f"lvs --noheadings --nosuffix --units b -o lv_size {group}/s").strip() == str(8 << 20)
    server.run(f"lvremove --yes {group}/o")
    assert server.run(f"lvs {fields} {group}") == ""


# --- xl ------------------------------------------------------------------------------------------------------------

DOMAIN = """\
name = "a"
uuid = "6f1c1b1e-0000-5000-8000-000000000001"
memory = 1024
vcpus = 2
kernel = "/boot/k"
disk = [ "format=raw,vdev=xvda1,access=rw,target=/d", ]
vif = [ "mac=00:16:3e:00:00:01,bridge=xenbr0" ]
"""


def domain(server: Server, text: str, status: int = 0) -> str:
    (server.root / "boot/k").touch()
    (server.root / "d").touch()
    (server.root / "a.cfg").write_text(text)
    return server.run("xl create /a.cfg", status)


def settings_of(text: str, server: Server) -> list[list[str]]:
    (server.root / "a.cfg").write_text(text)
    return [
        line.split("\t", 1)
        for line in server.run(". /rehearsal/standins/toolstack.sh; read_config /a.cfg").splitlines()
    ]


@needs_namespaces
@needs_libxlutil
@pytest.mark.parametrize(
    "file",
    [file for file in sorted((GOLDEN / "xen").glob("*")) if "xm" not in file.name],
    ids=lambda file: file.name,
)
def test_domain_files_are_read_as_xen_reads_them(server: Server, file: Path) -> None:
    text = file.read_text()
    found = settings_of(text, server)
    keys = {key for key, _ in found}
    assert keys >= {"name", "memory", "disk"}
    for key, value in read(text, keys).items():
        mine = [given for name, given in found if name == key]
        assert (mine if isinstance(value, list) else mine[-1]) == value


@needs_namespaces
@pytest.mark.parametrize(
    "text", ["name", "name = ", 'name = "a', 'disk = [ "a" "b" ]', "x = [", "name = a", "1 = 2"]
)
def test_what_xen_cannot_read_is_refused(server: Server, text: str) -> None:
    assert "syntax error" in domain(server, text, status=1)


@needs_namespaces
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/boot/k", "/boot/absent", "kernel '/boot/absent': No such file"),
        ("target=/d", "target=/absent", "Disk vdev=xvda1 failed to stat: /absent"),
        ("xenbr0", "absent", "Could not find bridge device absent"),
        ("1024", "4097", "4097 MiB are asked for, 4096 are free"),
        ('name = "a"', "", "Domain name must be specified"),
    ],
)
def test_what_cannot_start_is_refused(server: Server, old: str, new: str, message: str) -> None:
    assert message in domain(server, DOMAIN.replace(old, new), status=1)
    assert "0000000001" not in server.run("xl list -v")


@needs_namespaces
def test_a_domain_lives(server: Server) -> None:
    domain(server, DOMAIN)
    assert server.run("xl list; ip -o link show master xenbr0 | cut -d: -f2").splitlines() == [
        "Name                                        ID   Mem VCPUs\tState\tTime(s)",
        "Domain-0                                     0  1024     1     r-----       0.0",
        "a                                            1  1024     2     -b----       0.0",
        " vif1.0",
    ]
    assert "a domain with name" in domain(server, DOMAIN, status=1)
    assert "UUID" in domain(server, DOMAIN.replace('"a"', '"b"'), status=1)
    other = DOMAIN.replace('"a"', '"b"').replace("0000000001", "0000000002")
    assert "/d is used read-write" in domain(server, other, status=1)
    assert server.run("xl info free_memory") == "3072\n"
    server.run("xl destroy a")
    assert server.run("xl list | wc -l; ip -o link show master xenbr0; xl destroy a", status=1) == (
        "2\na is an invalid domain identifier (rc=-6)\n"
    )


@needs_namespaces
def test_a_guest_takes_its_time_to_shut_down(server: Server) -> None:
    domain(server, DOMAIN)
    server.run("xl shutdown -F a")
    rows = [server.run("xl list | grep -c ^a", status=None) for _ in range(3)]
    assert rows == ["1\n", "0\n", "0\n"]


@needs_namespaces
def test_a_guest_answers_at_the_addresses_of_its_disk(server: Server) -> None:
    interfaces = "auto eth0\niface eth0 inet static\n    address 10.0.0.1\n    netmask 255.255.255.0\n"
    (server.root / "t/etc/network").mkdir(parents=True)
    (server.root / "t/etc/network/interfaces").write_text(interfaces)
    server.run("truncate -s 4M /d; mke2fs -q -t ext4 -d /t /d")
    assert server.run("ping -c 1 -W 1 10.0.0.1", status=1).startswith("1 packets transmitted, 0 received")
    (server.root / "boot/k").touch()
    (server.root / "a.cfg").write_text(DOMAIN)
    server.run("xl create /a.cfg; ping -c 1 -W 1 10.0.0.1")
