"""Migration between real sshds with the real xl; after any fault, each domain is on exactly one server.

The hypervisor below xl is simulated (see ``real_xl``). Both servers see the same volumes and reach each other by ssh.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deployments import Deployment, empty_course
from pair import alone
from real_xl import RealXl, cut, domains, nap
from sshd_farm import Farm, sshd_farm

from mlnc.output.deployed_record import read_records

OLD, NEW = "bigvmbox", "newvmbox"
TOWNS = ("milano", "roma")
ITALY = """\
global {
	project italy
}
superclass town {
	xen
	lvm
	service_host bigvmbox
	template linux.ext4
	memory 128M
	root_passwd @secret/root
}
host milano {
	superclass town
	network eth0 {
		address 10.0.0.1/24
	}
}
host roma {
	superclass town
	network eth0 {
		address 10.0.0.2/24
	}
}
"""
AS_BEFORE = "the migration of {} to newvmbox failed (xl said 1, see above); it runs here as before"
Places = dict[str, dict[str, tuple[str, str]]]


@dataclass
class Italy:
    """The project on its two servers."""

    course: Deployment
    xl: RealXl

    def bin(self, server: str) -> Path:
        """The command folder of a server."""
        return self.course.farm[server].folder / "bin"

    def fail(self, server: str, call: str = "") -> None:
        """Make the xl of a server fail at a call."""
        self.xl.put(self.bin(server) / "xl", self.disks(server).parent, call)

    def disks(self, server: str) -> Path:
        """The list of disks of a server."""
        return self.course.farm[server].folder / "xen" / "disks"

    def cut(self, at: str) -> None:
        """Cut each migration connection of the old server."""
        cut(self.bin(OLD) / "ssh", self.course.farm.folder / "bin" / "ssh", at)

    def mend(self) -> None:
        """Remove every fault."""
        for server in (OLD, NEW):
            self.fail(server)
            self.disks(server).write_text("".join(f"/dev/course_vg/{town}.italy\n" for town in TOWNS))
            ssh = self.bin(server) / "ssh"
            ssh.unlink()
            ssh.symlink_to(self.course.farm.folder / "bin" / "ssh")

    def places(self) -> Places:
        """State and UUID of each domain, by server and name."""
        return {server: domains(self.bin(server) / "xl") for server in (OLD, NEW)}

    def owners(self) -> set[str]:
        """The servers in the tags of the volumes."""
        tags = self.course.farm[OLD].volumes().values()
        return {tag.partition("=")[2] for each in tags for tag in each.split(",") if "server=" in tag}

    def recorded(self) -> set[tuple[str, str]]:
        """Each server with a record, and the service host of the towns in it."""
        record = read_records(self.course.out)["italy"]
        applied = {server: record.applied(server) for server in record.generations}
        return {
            (server, host.service_host)
            for server, project in applied.items()
            if project is not None
            for host in project.hosts.values()
        }


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {name: name for name in (OLD, NEW)}) as made:
        for server in made.servers.values():
            nap(server.folder / "bin" / "sleep")
            server.stub("xenstore-read", "exit 1")  # there are no devices
            server.stop()
            server.within = list(alone())
            server.start()
        yield made


@pytest.fixture
def italy(farm: Farm, real_xl: RealXl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Italy:
    """The project runs on the old server, and its service host is changed."""
    made = Italy(empty_course(farm, tmp_path, monkeypatch), real_xl)
    made.course.share()
    made.mend()
    (made.course.course / "italy.mln").write_text(ITALY)
    made.course.build()
    made.course.run("deploy", "--start")
    made.course.edit("italy", f"service_host {OLD}", f"service_host {NEW}")
    return made


@pytest.fixture
def here(italy: Italy) -> Places:
    """Places of the domains before the move: all run on the old server."""
    places = italy.places()
    assert places[NEW] == {}
    assert {name: state for name, (state, _) in places[OLD].items()} == {
        f"{town}.italy": "-b----" for town in TOWNS
    }
    return places


def arrives(italy: Italy, here: Places) -> None:
    """Deploy, and expect that every domain has moved and runs with its UUID."""
    italy.course.run("deploy")
    assert italy.places() == {OLD: {}, NEW: here[OLD]}
    assert italy.owners() == {NEW}
    assert italy.recorded() == {(NEW, NEW)}
    assert not (italy.course.farm[OLD].root / "italy").exists()
    assert italy.course.run("drift") == "no differences from the build\n"
    assert italy.course.data("deploy")["summary"].endswith("unchanged")


def stays(italy: Italy, here: Places) -> str:
    """Deploy, and expect that no domain has moved. Returns the output."""
    text = italy.course.run("deploy", status=3)
    for town in TOWNS:
        assert AS_BEFORE.format(town) in text
    assert italy.places() == here
    assert italy.owners() == {OLD}
    assert italy.recorded() == {(OLD, OLD)}
    return text


def test_a_changed_service_host_moves_the_project_there_and_back(italy: Italy, here: Places) -> None:
    assert "~ italy/roma  migrate live  bigvmbox → newvmbox" in italy.course.run("plan")
    arrives(italy, here)
    italy.course.edit("italy", f"service_host {NEW}", f"service_host {OLD}")
    italy.course.run("deploy")
    assert italy.places() == here
    assert italy.owners() == {OLD}


@pytest.mark.parametrize(
    ("server", "fault", "reason"),
    [
        (OLD, "suspend", "migration sender: libxl_domain_suspend failed"),
        (NEW, "restore", "migration target: Domain creation failed"),
        (NEW, "unpause", "migration target: Failure, destroying our copy"),
    ],
)
def test_a_failed_migration_leaves_the_domain_on_its_source(
    italy: Italy, here: Places, server: str, fault: str, reason: str
) -> None:
    italy.fail(server, fault)
    assert reason in stays(italy, here)
    italy.mend()
    arrives(italy, here)


def test_a_target_without_the_disks_is_refused(italy: Italy, here: Places) -> None:
    """libxl checks for the disks itself."""
    italy.disks(NEW).write_text("")
    text = stays(italy, here)
    for town in TOWNS:
        assert f"Disk vdev=xvda1 failed to stat: /dev/course_vg/{town}.italy" in text
    italy.mend()
    arrives(italy, here)


def test_a_failed_move_is_rolled_back(italy: Italy, here: Places) -> None:
    italy.fail(NEW, "restore")
    stays(italy, here)
    italy.mend()
    italy.course.run("deploy", "--undo")
    assert italy.places() == here
    assert italy.owners() == {OLD}
    assert not (italy.course.farm[NEW].root / "italy").exists()


def test_a_connection_lost_before_the_target_is_ready_leaves_the_source(italy: Italy, here: Places) -> None:
    """The target has the domain and waits, but its ready message is lost."""
    italy.cut("ready")
    assert "truncated reading ready message from migration receiver stream" in stays(italy, here)
    italy.mend()
    arrives(italy, here)


@pytest.mark.parametrize("at", ["go", "report"])
def test_a_connection_lost_after_the_go_completes_on_the_target(italy: Italy, here: Places, at: str) -> None:
    """xl fails with the domain suspended on the source; the plan completes the move, since the target has all of it."""
    italy.cut(at)
    arrives(italy, here)


def test_an_unreported_failure_of_the_target_needs_an_administrator(italy: Italy, here: Places) -> None:
    """The source does not know that the target failed: its domain stays suspended until an administrator ends it."""
    italy.cut("end")
    italy.fail(NEW, "unpause")
    text = italy.course.run("deploy", status=3)
    away = {f"{name}--migratedaway": ("---ss-", uuid) for name, (_, uuid) in here[OLD].items()}
    assert italy.places() == {OLD: away, NEW: {}}
    assert italy.recorded() == {(OLD, OLD)}
    for town in TOWNS:
        assert (
            f"{town} is suspended here as {town}.italy--migratedaway, and newvmbox does not have it" in text
        )
        assert f"'xl destroy {town}.italy--migratedaway' ends it as a power cut would" in text
        subprocess.run([italy.bin(OLD) / "xl", "destroy", f"{town}.italy--migratedaway"], check=True)
    italy.mend()
    italy.course.run("deploy")
    italy.course.run("start", "--project", "italy")
    arrives(italy, here)


def test_a_target_that_fails_to_unpause_is_completed_by_a_later_run(italy: Italy, here: Places) -> None:
    """Its xl ends and leaves the domain paused under its own name; a later run unpauses it."""
    italy.fail(NEW, "hangup")
    text = italy.course.run("deploy", status=3)
    assert italy.places() == {
        OLD: {f"{name}--migratedaway": ("---ss-", uuid) for name, (_, uuid) in here[OLD].items()},
        NEW: {name: ("--p---", uuid) for name, (_, uuid) in here[OLD].items()},
    }
    assert italy.recorded() == {(OLD, OLD)}
    for town in TOWNS:
        assert (
            f"{town} waits on newvmbox, paused, and is suspended here as {town}.italy--migratedaway. It runs nowhere"
            in text
        )
    italy.mend()
    arrives(italy, here)
