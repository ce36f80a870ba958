"""Rehearsals: what was built, deployed to servers that are folders, is what the IR says."""

import copy
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from checkout import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rehearsals import built, compiled, deployed, differing, drifted, needs_namespaces, on, staged

from mlnc.output.errors import Refused
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.deployment import Options
from mlnc.runner.live_display import Silent

pytestmark = needs_namespaces


PROJECT = """\
global { project demo }
switch lan { }
host web {
	xen; lvm; service_host alpha
	template debian.ext4
	memory 256M
	size 64M
	swap 16M
	root_passwd @secret/demo/root
	users { alice $6$salt$hashhashhash }
	network eth0 { switch lan; address 10.0.0.1/24 }
	startup { echo hello }
}
host desktop {
	xen; hvm; service_host alpha
	template desktop.raw
	size 20MB
	network eth0 { switch lan }
}
"""


CURRENT = "export MLNC_LIB=/var/lib/mlnc/_server/current/lib; cd /var/lib/mlnc/demo/current"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """The project demo, deployed and running; not to be changed."""
    folder = tmp_path_factory.mktemp("played")
    made = staged(built(folder, PROJECT), folder / "stage")
    assert deployed(made) == ["made"]
    return made


@pytest.fixture
def stage(played: Simulation, tmp_path: Path) -> Simulation:
    """A copy of the project demo, deployed and running."""
    shutil.copytree(played.folder.path, tmp_path / "stage", symlinks=True)
    copied = copy.copy(played)
    copied.folder = Folder(tmp_path / "stage")
    return copied


def test_what_was_deployed_is_what_the_ir_says(stage: Simulation) -> None:
    assert differing(stage) == []
    assert on(stage, "alpha", f"{CURRENT}; ./project.sh status") == "desktop up\nweb up"


def test_twice_is_once(stage: Simulation) -> None:
    before = on(stage, "alpha", "xl list; lvs --noheadings -o lv_name,lv_attr,lv_tags; sha256sum /dev/vg/*")
    assert deployed(stage) == ["unchanged"]
    assert (
        on(stage, "alpha", "xl list; lvs --noheadings -o lv_name,lv_attr,lv_tags; sha256sum /dev/vg/*")
        == before
    )


def test_scripts_run_again_change_nothing(stage: Simulation) -> None:
    before = on(stage, "alpha", "sha256sum /dev/vg/* /var/lib/mlnc/demo/images/desktop.demo")
    said = on(stage, "alpha", f"{CURRENT}; ./network.sh up && ./storage.sh && ./project.sh start")
    assert [line for line in said.splitlines() if not line.startswith("mlnc: unchanged ")] == []
    assert on(stage, "alpha", "sha256sum /dev/vg/* /var/lib/mlnc/demo/images/desktop.demo") == before


def test_without_a_start_nothing_runs(tmp_path: Path) -> None:
    made = staged(built(tmp_path, PROJECT), tmp_path / "stage")
    assert deployed(made, start=False) == ["made"]
    assert differing(made, started=False) == []
    assert "alpha: domain web.demo is missing" in differing(made, started=True)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("xl destroy web.demo", "alpha: domain web.demo is missing"),
        ("xl mem-set web.demo 128", "alpha: domain web.demo: memory is 128, the IR says 256"),
        ("ip link del dev lan.demo", "alpha: bridge lan.demo is missing"),
        ("ip link set dev lan.demo down", "alpha: bridge lan.demo: state is down, the IR says up"),
        (
            "ip link add dev x type bridge; ip link set dev x alias mlnc:demo/x",
            "alpha: bridge x exists, but is not in the IR",
        ),
        ("xl destroy web.demo; lvremove --yes vg/web.demo", "alpha: volume vg/web.demo is missing"),
        (
            "lvextend -L +4M vg/web.demo.swap",
            "alpha: volume vg/web.demo.swap: size is 20971520, the IR says 16777216",
        ),
        ("lvcreate -y -n left -l 1 vg --addtag mlnc", "alpha: volume vg/left exists, but is not in the IR"),
        ("lvchange --deltag mlnc.host=web vg/web.demo", "tags is mlnc mlnc.project=demo mlnc.role=root"),
        (
            "truncate -s 10M /var/lib/mlnc/demo/images/desktop.demo",
            "images/desktop.demo: size is 10485760, the IR says 20000000",
        ),
        (
            "debugfs -w -R 'rm /etc/hostname' /dev/vg/web.demo",
            "alpha: guest demo/web: hostname is nothing, the IR says web",
        ),
        ("debugfs -w -R 'rm /etc/shadow' /dev/vg/web.demo", "password of root is nothing, the IR says set"),
    ],
)
def test_every_mutation_is_found(stage: Simulation, change: str, difference: str) -> None:
    on(stage, "alpha", f"{{ {change}; }} 2>/dev/null")
    assert [line for line in differing(stage) if difference in line] != []


def test_what_was_done_is_not_believed_but_looked_at(tmp_path: Path) -> None:
    """Every script ends well, but one of the commands did nothing."""
    made = staged(built(tmp_path, PROJECT), tmp_path / "stage")
    ip = made.folder.fakes / "ip"
    ip.write_text(ip.read_text().replace("up | down) up=$2 ;;", "up | down) ;;"))
    deployed(made)
    assert differing(made) == ["alpha: bridge lan.demo: state is down, the IR says up"]


def test_only_the_named_projects_are_played(tmp_path: Path) -> None:
    other = PROJECT.replace("demo", "other").replace("lan", "net")
    made = staged(built(tmp_path, PROJECT, other), tmp_path / "stage", "other")
    deployed(made)
    assert differing(made) == []
    assert "demo" not in on(made, "alpha", "xl list; lvs --noheadings -o lv_name vg; ls /var/lib/mlnc")


def test_an_output_that_was_changed_is_not_played(tmp_path: Path) -> None:
    out = built(tmp_path, PROJECT)
    with (out / "hosts/alpha/demo/storage.sh").open("a") as file:
        file.write("true\n")
    with pytest.raises(Refused, match="is not what was built"):
        staged(out, tmp_path / "stage")


def test_a_failing_host_is_a_failure_of_its_project(tmp_path: Path) -> None:
    made = staged(built(tmp_path, PROJECT.replace("256M", "8G")), tmp_path / "stage")
    results = made.deploy(Options(start=True), Silent())
    assert [result.outcome for result in results] == ["made", "failed"]
    assert any("Failed to free memory" in line for line in results[1].output)
    assert "alpha: domain web.demo is missing" in differing(made)


SHARED = """\
service_host alpha { address 192.0.2.1; lvm_vg vg; san_path vg; lvm_execute_server /dev/vg alpha }
service_host beta { address 192.0.2.2; lvm_vg vg; san_path vg; lvm_execute_server /dev/vg alpha }
"""


def test_servers_share_a_volume_group(tmp_path: Path) -> None:
    """The lock is held over the stand-in of ssh on the other server."""
    text = PROJECT.replace("lvm;", "lvm lock;").replace("alpha", "beta")
    made = staged(built(tmp_path, text, site=SHARED), tmp_path / "stage")
    deployed(made)
    assert differing(made) == []
    seen = [on(made, name, "lvs --noheadings -o lv_name,lv_attr vg") for name in ("alpha", "beta")]
    assert [rows.split() for rows in seen] == [
        ["web.demo", "-wi-------", "web.demo.swap", "-wi-------"],
        ["web.demo", "-wi-ao----", "web.demo.swap", "-wi-ao----"],
    ]


# --- any course ----------------------------------------------------------------------------------------------------

SITES = st.builds(
    lambda tool, shared, memory: (
        f"service_host alpha {{ address 192.0.2.1; lvm_vg vg; toolstack {tool}; uplink eth1; {shared}; memory {memory}"
        " ; xen_kernel /boot/vmlinuz-6.1-guest; projects /srv/mlnc }\n"
        f"service_host beta {{ address 192.0.2.2; lvm_vg vg; uplink eth1; {shared} }}\n"
    ),
    st.sampled_from(["xl", "xm"]),
    st.sampled_from(["", "san_path vg"]),
    st.sampled_from(["8G", "9000M"]),
)

STORAGE = st.sampled_from(
    [
        "template debian.ext4; size 40M; lvm",
        "template debian.ext3; free_space 17M",
        "template debian.ext4; free_space 3MB; lvm; swap 9M",
        "template debian.ext2; size 33333333b; swap 5MB",
        "template debian.img; lvm; size 20M; internalswap 8M",
        "template base; lvm; lvm_snapshot; size 16M",
    ]
)
CARDS = st.sampled_from(
    [
        "",
        "network eth0 { address dhcp }",
        "network eth0 { switch lan; address 10.0.0.$n/24; gateway 10.0.0.254 }",
        "network eth0 { switch lan; address 10.0.0.$n/24 }\n\tnetwork eth1 { switch wan; address6 fd00::$n/64 }",
        "network eth0 { switch wan; address6 auto }",
    ]
)
INSIDE = st.lists(
    st.sampled_from(
        [
            "users { alice $6$salt$hashhashhash /srv/alice 1234; bob }",
            "root_passwd @secret/root",
            "groups { staff { carol } }",
            "sshkey { root ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq2p2x0b8mCqv3c1k0J r@x }",
            "files { motd /etc/motd 640; tools /opt/ }",
            "modules { loop; ip_gre }",
            "nameserver 192.0.2.53",
            "startup { echo one; echo two }\n\tshutdown { sync }",
            "mount { /dev/vg/data$n /srv/data ext4 }",
            "memory 300M; vcpus 2",
        ]
    ),
    unique=True,
    max_size=5,
)


@st.composite
def hosts(draw: st.DrawFn, number: int, servers: list[str]) -> str:
    """A host of any kind on one of *servers*."""
    server = draw(st.sampled_from(servers))
    if draw(st.integers(0, 4)) == 0:
        body = f"hvm; template win.raw; size 12M; {draw(st.sampled_from(['lvm', '']))}\n\tnetwork eth0 {{ switch lan }}"
    else:
        body = "\n\t".join([draw(STORAGE), draw(CARDS), *draw(INSIDE)])
    return f"host h{number} {{\n\txen; service_host {server}; $n = {number + 1}\n\t{body}\n}}\n"


@st.composite
def projects(draw: st.DrawFn) -> str:
    """A project of one to three hosts with two switches, on one server or on two."""
    servers = draw(st.sampled_from([["alpha"], ["beta"], ["alpha", "beta"]]))
    wan = draw(
        st.sampled_from(["vlan 7", "vxlan 9"] if len(servers) > 1 else ["", "vlan 7", "bridge br-wan"])
    )
    lan = "vxlan 5" if len(servers) > 1 else ""
    count = draw(st.integers(1, 3))
    return f"global {{ project any }}\nswitch lan {{ {lan} }}\nswitch wan {{ {wan} }}\n" + "".join(
        draw(hosts(number, servers)) for number in range(count)
    )


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(SITES, projects())
def test_any_course_is_rehearsed_as_its_ir_says(site: str, project: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = staged(built(folder, project, site=site), folder / "stage")
        deployed(made)
        assert differing(made) == []
        assert deployed(made) == ["unchanged"]
        assert differing(made) == []
        assert drifted(made) == []


def test_the_course_of_sixty_groups(tmp_path: Path) -> None:
    made = staged(compiled(ROOT / "course", tmp_path / "built"), tmp_path / "stage")
    assert deployed(made) == ["made"]
    assert differing(made) == []


@pytest.mark.parametrize("folder", sorted((ROOT / "examples").iterdir()), ids=lambda folder: folder.name)
def test_every_example(folder: Path, tmp_path: Path) -> None:
    made = staged(compiled(folder, tmp_path / "built"), tmp_path / "stage")
    deployed(made)
    assert differing(made) == []
    assert drifted(made) == []
