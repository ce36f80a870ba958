"""The stand-in of a migration against what xl was seen to do: the domain is on one server, and the journal knows."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from courses import course, service_host
from rehearsals import needs_namespaces
from test_rehearsal_fakes import DOMAIN

from mlnc.rehearsal.event_log import violations
from mlnc.rehearsal.folder_transport import enter_command
from mlnc.rehearsal.host_setup import prepare
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.runner.observe.running_domains import running

pytestmark = needs_namespaces

SERVERS = {"alpha": "192.0.2.1", "beta": "192.0.2.2"}
UUID = "6f1c1b1e-0000-5000-8000-000000000001"
DISK = "/dev/shared/a"
MIGRATE = "xl migrate -s 'ssh -p 22 -o BatchMode=yes' a 192.0.2.2"


class Pair:
    """Two servers, each with 3072 MiB for domains and the volume group ``shared``; alpha runs the domain a."""

    def __init__(self, path: Path) -> None:
        servers = {
            name: service_host(address=address, memory_mib=3072, san_paths=("shared",), volume_group="shared")
            for name, address in SERVERS.items()
        }
        self.folder = Folder(path)
        prepare(self.folder, replace(course(service_hosts=servers), projects={}))
        for server in SERVERS:
            (self.folder.root(server) / "boot/k").touch()
            (self.folder.root(server) / "a.cfg").write_text(DOMAIN.replace("target=/d", f"target={DISK}"))
        self.on("alpha", "lvcreate -y -n a -l 2 shared && xl create /a.cfg")
        self.on("beta", "lvchange -ay shared/a")

    def on(self, server: str, script: str, status: int | None = 0) -> str:
        """What the script prints on *server*, its messages too; it must end with *status*, unless that is None."""
        words = [*enter_command(self.folder, server), f"exec 2>&1; {script}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert status is None or done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def where(self) -> dict[str, list[str]]:
        """The domains of each server: name and state."""
        rows = {server: self.on(server, "xl list").splitlines()[2:] for server in SERVERS}
        return {
            server: [f"{row.split()[0]} {row.split()[4]}" for row in found] for server, found in rows.items()
        }

    def violations(self) -> list[str]:
        return violations(self.folder)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_a_domain_moves(pair: Pair) -> None:
    said = pair.on("alpha", MIGRATE)
    assert said.splitlines() == [
        "migration target: Ready to receive domain.",
        "migration target: Transfer complete, requesting permission to start domain.",
        "migration sender: Target has acknowledged transfer.",
        "migration sender: Giving target permission to start.",
        "migration target: Got permission, starting domain.",
        "migration target: Domain started successsfully.",
        "migration sender: Target reports successful startup.",
        "Migration successful.",
    ]
    assert pair.where() == {"alpha": [], "beta": ["a -b----"]}
    assert (
        pair.on("beta", "readlink /sys/class/net/vif1.0/master; xl list -v a | grep -c " + UUID)
        == "../xenbr0\n1\n"
    )
    assert pair.on("alpha", "ls /sys/class/net | grep vif", status=1) == ""
    assert pair.violations() == []


@pytest.mark.parametrize("fault", ["receive", "unpause", "lost-ready"])
def test_a_migration_that_fails_leaves_the_domain_where_it_was(pair: Pair, fault: str) -> None:
    (pair.folder.state("beta") / "fault-migration").write_text(f"{fault}\n")
    assert "Migration failed" in pair.on("alpha", MIGRATE, status=1)
    assert pair.where() == {"alpha": ["a -b----"], "beta": []}
    assert "Migration successful" in pair.on("alpha", MIGRATE)
    assert pair.violations() == []


@pytest.mark.parametrize(
    ("fault", "there"), [("lost-permission", {"beta": []}), ("lost-report", {"beta": ["a -b----"]})]
)
def test_a_lost_handshake_leaves_the_domain_aside(
    pair: Pair, fault: str, there: dict[str, list[str]]
) -> None:
    """As xl does: the source cannot know, so it keeps its own, suspended."""
    (pair.folder.state("beta") / "fault-migration").write_text(f"{fault}\n")
    assert "Domain state is now undefined" in pair.on("alpha", MIGRATE, status=1)
    assert pair.where() == {"alpha": ["a--migratedaway ---ss-"]} | there
    assert pair.violations() == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("lvchange -an shared/a", "failed to stat: /dev/shared/a"),
        ("ip link del dev xenbr0", "Could not find bridge device xenbr0"),
        (
            'sed -e \'s/1024/3072/;s/"a"/"b"/;s/0001/0002/;/^disk/d\' /a.cfg >/b.cfg; xl create /b.cfg',
            "1024 MiB are asked for, 0 are free",
        ),
    ],
)
def test_a_target_that_lacks_something_refuses(pair: Pair, spoil: str, message: str) -> None:
    pair.on("beta", spoil)
    said = pair.on("alpha", MIGRATE, status=1)
    assert message in said
    assert "Migration failed, resuming at sender." in said
    assert pair.where()["alpha"] == ["a -b----"]


def test_a_name_that_is_taken_is_found_at_the_end(pair: Pair) -> None:
    pair.on("beta", "sed -e '/^disk/d' -e 's/1024/8/' /a.cfg >/b.cfg; xl create /b.cfg")
    assert "failed due to problems at target" in pair.on("alpha", MIGRATE, status=1)
    assert pair.where() == {"alpha": ["a -b----"], "beta": ["a -b----"]}
    assert pair.violations() == [f"domain a ({UUID}) ran on alpha and beta"]


def test_a_server_that_is_down_is_not_reached(pair: Pair) -> None:
    (pair.folder.state("beta") / "down").touch()
    assert "No route to host" in pair.on("alpha", MIGRATE, status=1)
    assert "No route to host" in pair.on("beta", "true", status=255)
    assert pair.on("alpha", "xl list a | grep -c -e -b----") == "1\n"


def test_a_new_file_replaces_the_settings(pair: Pair) -> None:
    pair.on("beta", "ip link add dev lan type bridge")
    pair.on("alpha", f"sed s/xenbr0/lan/ /a.cfg >/new.cfg; {MIGRATE.replace(' a ', ' -C /new.cfg a ')}")
    assert pair.on("beta", "readlink /sys/class/net/vif1.0/master") == "../lan\n"


def test_xend_lets_in_whom_it_is_told_to(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    assert "Connection refused" in pair.on("alpha", "xm migrate --live a 192.0.2.2", status=1)
    pair.on("beta", "echo '(xend-relocation-server yes)' >/etc/xen/xend-config.sxp")
    pair.on("alpha", "xm migrate --live a 192.0.2.2")
    assert pair.where() == {"alpha": [], "beta": ["a -b----"]}
    assert pair.violations() == []


# --- what goes on in a domain -----------------------------------------------------------------------------------


def test_memory_grows_as_far_as_it_may_and_can(pair: Pair) -> None:
    pair.on(
        "alpha",
        "xl destroy a; sed -i 's/memory = 1024/memory = 1024\\nmaxmem = 4096/' /a.cfg; xl create /a.cfg",
    )
    assert "less than or equal" in pair.on("alpha", "xl mem-set a 5000", status=1)
    assert pair.on("alpha", "xl mem-set a 4096; xl list a | awk 'NR > 1 { print $3 }'") == "3072\n"
    assert pair.on(
        "alpha", "xl mem-set a 512m; xl list a | awk 'NR > 1 { print $3 }'; xl info free_memory"
    ) == ("512\n2560\n")


def test_processors_are_switched_and_pinned(pair: Pair) -> None:
    assert "failed domid=1 max_vcpus=3" in pair.on("alpha", "xl vcpu-set a 3", status=1)
    said = pair.on("alpha", "xl vcpu-set a 1; xl vcpu-pin a all 2-3; xl vcpu-list a").splitlines()
    assert [row.split() for row in said[1:]] == [
        ["a", "1", "0", "0", "-b-", "0.0", "2-3", "/", "all"],
        ["a", "1", "1", "-", "--p", "0.0", "2-3", "/", "all"],
    ]


@pytest.mark.parametrize("form", ["xl", "xm"])
def test_devices_come_and_go_as_the_runner_reads_them(pair: Pair, form: str) -> None:
    listing = "xl list -l" if form == "xl" else "xm list --long"
    pair.on("alpha", "lvcreate -y -n b -l 1 shared")
    pair.on("alpha", "xl network-attach a mac=00:16:3e:00:00:09 bridge=xenbr0")
    pair.on("alpha", "xl block-attach a format=raw,vdev=xvdb,access=rw,target=/dev/shared/b")
    found = running("xl" if form == "xl" else "xm", pair.on("alpha", listing))[UUID]
    assert (found.memory_mib, found.vcpus) == (1024, 2)
    assert found.disks == {"xvda1": DISK, "xvdb": "/dev/shared/b"}
    assert found.cards == {"00:16:3e:00:00:01": "xenbr0", "00:16:3e:00:00:09": "xenbr0"}
    assert "in use" in pair.on("alpha", "lvchange -an shared/b", status=5)
    pair.on("alpha", "xl network-detach a 00:16:3e:00:00:09; xl block-detach a xvdb; lvchange -an shared/b")
    found = running("xl" if form == "xl" else "xm", pair.on("alpha", listing))[UUID]
    assert (list(found.disks), list(found.cards)) == (["xvda1"], ["00:16:3e:00:00:01"])


def test_lists_of_devices(pair: Pair) -> None:
    assert pair.on("alpha", "xl network-list a").splitlines()[1].split()[:5] == [
        "0",
        "0",
        "00:16:3e:00:00:01",
        "0",
        "4",
    ]
    assert pair.on("alpha", "xl block-list a").splitlines()[1].split()[0] == "51713"
    assert pair.on("alpha", "xl list -l none", status=1).startswith("none is an invalid domain identifier")


def test_a_volume_that_is_renamed_stays_what_it_is(pair: Pair) -> None:
    pair.on(
        "alpha",
        f"echo data >{DISK}; lvrename shared a b; head -n 1 /dev/shared/b; lvs --noheadings -o lv_name shared",
    )
    assert pair.on("alpha", "test ! -e /dev/shared/a; head -n 1 /dev/shared/b") == "data\n"
    assert "already exists" in pair.on("alpha", "lvcreate -y -n c -l 1 shared; lvrename shared c b", status=5)


# --- faults -------------------------------------------------------------------------------------------------------


def test_the_nth_command_fails(pair: Pair) -> None:
    (pair.folder.path / "fault").write_text("2 fail alpha\n")
    assert pair.on("alpha", "xl list >/dev/null; xl list a; echo $?; xl list a >/dev/null") == (
        "xl: this failure is rehearsed\n1\n"
    )


def test_the_nth_command_is_the_last(pair: Pair) -> None:
    (pair.folder.path / "fault").write_text("1 kill alpha\n")
    pair.on("alpha", "(sleep 1; touch /left) & trap 'touch /trapped' EXIT; xl list; touch /after", status=137)
    assert [
        name for name in ("left", "trapped", "after") if (pair.folder.root("alpha") / name).exists()
    ] == []


def test_a_server_that_dies_takes_its_domains_along(pair: Pair) -> None:
    (pair.folder.path / "fault").write_text("1 die alpha\n")
    pair.on("alpha", "xl list", status=137)
    assert "No route to host" in pair.on("alpha", "true", status=255)
    (pair.folder.state("alpha") / "down").unlink()
    assert pair.where() == {"alpha": [], "beta": []}
    assert pair.on("alpha", "lvs --noheadings -o lv_attr shared").split() == ["-wi-------"]
    pair.on("beta", "xl create /a.cfg")
    assert pair.violations() == []


# --- the journal --------------------------------------------------------------------------------------------------


def test_two_domains_on_one_disk_are_seen(pair: Pair) -> None:
    pair.on("beta", 'sed -e \'s/"a"/"b"/;s/0001/0002/\' /a.cfg >/b.cfg; xl create /b.cfg')
    assert pair.violations() == ["/rehearsal/storage/shared/data/a was written by a on alpha and b on beta"]


def test_a_mount_beside_a_running_domain_is_seen(pair: Pair) -> None:
    pair.on(
        "beta", "mke2fs -q -t ext4 /dev/shared/a; mkdir /m; unshare -m mount -t ext4 -o rw /dev/shared/a /m"
    )
    assert pair.violations() == ["/rehearsal/storage/shared/data/a was mounted on beta while a ran on alpha"]


def test_a_volume_that_is_removed_beneath_a_domain_is_seen(pair: Pair) -> None:
    pair.on("beta", "lvremove -y shared/a")
    assert pair.violations() == ["/rehearsal/storage/shared/data/a was removed on beta while a ran on alpha"]
