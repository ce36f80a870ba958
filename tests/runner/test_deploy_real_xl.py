"""One word moves a project between real sshds, by the real xl; whatever breaks, each domain is on exactly one server.

The hosts below xl are pretended, see ``real_xl``; both see the same volumes, and ssh goes from one to the other.
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
        """The folder with the commands of a server."""
        return self.course.farm[server].folder / "bin"

    def fail(self, server: str, call: str = "") -> None:
        """Let the xl of a server break at a call."""
        self.xl.put(self.bin(server) / "xl", self.disks(server).parent, call)

    def disks(self, server: str) -> Path:
        """The list of the disks that a server has."""
        return self.course.farm[server].folder / "xen" / "disks"

    def cut(self, at: str) -> None:
        """Let the old server lose the connection of each migration."""
        cut(self.bin(OLD) / "ssh", self.course.farm.folder / "bin" / "ssh", at)

    def mend(self) -> None:
        """End every fault."""
        for server in (OLD, NEW):
            self.fail(server)
            self.disks(server).write_text("".join(f"/dev/course_vg/{town}.italy\n" for town in TOWNS))
            ssh = self.bin(server) / "ssh"
            ssh.unlink()
            ssh.symlink_to(self.course.farm.folder / "bin" / "ssh")

    def places(self) -> Places:
        """State and UUID of each domain by its name, by server."""
        return {server: domains(self.bin(server) / "xl") for server in (OLD, NEW)}

    def owners(self) -> set[str]:
        """What the volumes say of their server."""
        tags = self.course.farm[OLD].volumes().values()
        return {tag.partition("=")[2] for each in tags for tag in each.split(",") if "server=" in tag}

    def recorded(self) -> set[tuple[str, str]]:
        """Each server for which files are recorded, and where the towns are by these."""
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
    """It runs on the old server, and the word is changed."""
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
    """Where the domains are before the move: all run on the old server."""
    places = italy.places()
    assert places[NEW] == {}
    assert {name: state for name, (state, _) in places[OLD].items()} == {
        f"{town}.italy": "-b----" for town in TOWNS
    }
    return places


def arrives(italy: Italy, here: Places) -> None:
    """Deploy, and expect that all has moved, still runs and is the same."""
    italy.course.run("deploy")
    assert italy.places() == {OLD: {}, NEW: here[OLD]}
    assert italy.owners() == {NEW}
    assert italy.recorded() == {(NEW, NEW)}
    assert not (italy.course.farm[OLD].root / "italy").exists()
    assert italy.course.run("drift") == "no differences from the build\n"
    assert italy.course.data("deploy")["summary"].endswith("unchanged")


def stays(italy: Italy, here: Places) -> str:
    """Deploy, and expect that nothing has moved and all runs as before; what is said."""
    text = italy.course.run("deploy", status=3)
    for town in TOWNS:
        assert AS_BEFORE.format(town) in text
    assert italy.places() == here
    assert italy.owners() == {OLD}
    assert italy.recorded() == {(OLD, OLD)}
    return text


def test_one_word_moves_the_project_there_and_back(italy: Italy, here: Places) -> None:
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
def test_what_fails_stays(italy: Italy, here: Places, server: str, fault: str, reason: str) -> None:
    italy.fail(server, fault)
    assert reason in stays(italy, here)
    italy.mend()
    arrives(italy, here)


def test_a_target_without_the_disks(italy: Italy, here: Places) -> None:
    """libxl itself looks for them."""
    italy.disks(NEW).write_text("")
    text = stays(italy, here)
    for town in TOWNS:
        assert f"Disk vdev=xvda1 failed to stat: /dev/course_vg/{town}.italy" in text
    italy.mend()
    arrives(italy, here)


def test_a_move_that_failed_is_taken_back(italy: Italy, here: Places) -> None:
    italy.fail(NEW, "restore")
    stays(italy, here)
    italy.mend()
    italy.course.run("deploy", "--undo")
    assert italy.places() == here
    assert italy.owners() == {OLD}
    assert not (italy.course.farm[NEW].root / "italy").exists()


def test_a_connection_lost_before_all_has_arrived(italy: Italy, here: Places) -> None:
    """The target has it and waits, but the source does not hear so."""
    italy.cut("ready")
    assert "truncated reading ready message from migration receiver stream" in stays(italy, here)
    italy.mend()
    arrives(italy, here)


@pytest.mark.parametrize("at", ["go", "report"])
def test_a_connection_lost_once_the_word_is_given(italy: Italy, here: Places, at: str) -> None:
    """xl gives up and leaves it suspended here; it is brought to its end there, where all of it is."""
    italy.cut(at)
    arrives(italy, here)


def test_a_failure_that_the_source_does_not_hear_of(italy: Italy, here: Places) -> None:
    """The target has given up and the source cannot know: what it has is suspended, and a person has to end it."""
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


def test_a_target_that_can_neither_wake_it_nor_say_so(italy: Italy, here: Places) -> None:
    """Its xl ends then without destroying what has arrived, paused under its own name; a later run wakes that."""
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
