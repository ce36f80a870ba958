"""Faults during deployments: the state is reported, nothing is lost or doubled, and a repeated run succeeds."""

import fcntl
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from deployments import PASSWORD, Deployment, small_course
from sshd_farm import Farm, Server, sshd_farm

CUTS = int(os.environ.get("MLNC_TEST_CUTS", "9"))
"""Number of moments at which the connection is cut: few at a desk, 50 in CI (two seconds each)."""


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas", "boreas": "boreas"}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return small_course(farm, tmp_path, monkeypatch)


def picture(server: Server) -> dict[str, object]:
    """The state of a server without times and names of persons."""
    currents = {file.parent.name: os.readlink(file) for file in sorted(server.root.glob("*/current"))}
    states = {name: (server.state(name)["applied"], server.state(name)["pending"]) for name in currents}
    configured = {file.name: file.read_text() for file in sorted(server.folder.glob("configured/*"))}
    completed = {file.name: file.read_bytes() for file in sorted(server.root.glob("_domains/*/*"))}
    staged = [str(file) for file in server.root.glob("*/generations/.*")]
    return {
        "volumes": server.volumes(),
        "links": server.links(),
        "domains": server.domains(),
        "currents": currents,
        "states": states,
        "configured": configured,
        "completed": completed,
        "staged": staged,
    }


def test_a_server_that_is_down_stops_no_other(course: Deployment) -> None:
    course.farm["boreas"].stop()
    text = course.run("deploy", status=3)
    assert "not done: boreas/_server boreas/eve\n" in text
    assert "4 made, 2 skipped" in text
    assert "boreas eve/windows  unknown" in course.run("status", status=3)
    course.run("drift", status=1)
    course.farm["boreas"].start()
    text = course.run("deploy")
    assert "2 made, 4 unchanged" in text
    course.run("drift")


def test_exit_status_of_a_plan_says_how_much_of_it_can_be_deployed(course: Deployment) -> None:
    for stopped, status in ((), 0), (("boreas",), 3), (("atlas",), 1):
        for server in stopped:
            course.farm[server].stop()
        course.run("plan", status=status)
        course.run("deploy", "--dry-run", status=status)


def test_all_servers_down_is_a_failure(course: Deployment) -> None:
    for server in course.farm.servers.values():
        server.stop()
    course.run("deploy", status=1)


@pytest.mark.parametrize(
    ("cut", "times"),
    [(Server.cut, CUTS), (Server.kill_shells, CUTS // 3), (Server.kill_steps, CUTS // 3)],
    ids=["connection", "shell", "steps"],
)
def test_a_deployment_cut_at_any_moment_is_completed_by_the_next(
    course: Deployment, cut: Callable[[Server], None], times: int
) -> None:
    """Cuts: the network; the shell on the server, whose children survive; or only these children."""
    atlas = course.farm["atlas"]
    begun = time.monotonic()
    course.run("deploy", "--start", "--project", "ada")
    longest = time.monotonic() - begun
    wanted = picture(atlas)
    moments = random.Random(4)
    for _ in range(times):
        course.run("remove", "--project", "ada", "--confirm", "ada", "--stop")
        timer = threading.Timer(moments.uniform(0.2, longest), cut, [atlas])
        timer.start()
        with suppress(AssertionError):  # it may fail or be done already
            course.run("deploy", "--start", "--project", "ada")
        timer.join()
        _until_done(course)
        assert picture(atlas) == wanted


def _until_done(course: Deployment) -> None:
    """Deploy until it succeeds: processes of a lost session may hold the lock for a while."""
    for _ in range(50):
        result = {each["project"]: each for each in _results(course)}["ada"]
        if result["outcome"] not in ("failed", "skipped"):
            return
        assert "being worked on" in result["message"], result
        time.sleep(0.2)
    raise AssertionError(result)


def _results(course: Deployment) -> list[dict[str, str]]:
    with suppress(AssertionError):
        return list(course.data("deploy", "--start", "--project", "ada")["results"])
    return list(course.data("deploy", "--start", "--project", "ada", status=3)["results"])


def test_a_full_disk_is_reported(course: Deployment) -> None:
    atlas = course.farm["atlas"]
    atlas.root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", atlas.root], check=True)
    try:
        text = course.run("deploy", status=3)
        assert "No space left on device" in text
        assert "boreas eve made" in text
        subprocess.run(["mount", "-o", "remount,size=10m", atlas.root], check=True)
        course.run("deploy")
        course.run("drift")
    finally:
        subprocess.run(["umount", "-l", atlas.root], check=True)


def test_a_changed_host_key_is_refused(course: Deployment) -> None:
    known = course.farm.folder / "known_hosts"
    atlas, boreas = course.farm["atlas"], course.farm["boreas"]
    key = " ".join((boreas.folder / "hostkey.pub").read_text().split()[:2])
    lines = [line for line in known.read_text().splitlines() if f":{atlas.port} " not in line]
    known.write_text("\n".join([*lines, f"[127.0.0.1]:{atlas.port} {key}", ""]))
    text = course.run("deploy", status=3)
    assert "its host key is unknown or has changed, so nothing was sent" in text
    assert not atlas.root.exists()
    assert boreas.state("eve")["pending"] == "-"


def test_a_tampered_file_is_not_executed(course: Deployment) -> None:
    course.run("deploy")
    atlas = course.farm["atlas"]
    script = atlas.root / "ada" / "current" / "storage.sh"
    script.write_text("#!/bin/sh\ntouch /tmp/tampered\n")
    assert "is not what was reviewed" in course.run("start", "--project", "ada", status=1)
    assert atlas.domains() == set()
    course.write_project("ada", "atlas", memory="256M")
    course.build()
    text = course.run("deploy", "--project", "ada", status=3)
    assert "./storage.sh: FAILED" in text
    assert "invoke deploy --again --project ada" in text
    assert atlas.state("ada")["pending"] == "-"
    course.run("deploy", "--again", "--project", "ada")
    course.run("start", "--project", "ada")
    assert atlas.domains() == {"linux.ada", "windows.ada"}


def test_a_tampered_library_is_not_executed(course: Deployment) -> None:
    course.run("deploy")
    (course.farm["atlas"].root / "_server" / "current" / "lib" / "life.sh").write_text("echo tampered\n")
    assert "is not what was reviewed" in course.run("start", "--project", "ada", status=1)
    assert "its files on this server are not what was reviewed" in course.run("status", status=3)


def test_a_locked_project_is_refused_with_the_name_of_its_holder(course: Deployment) -> None:
    folder = course.farm["atlas"].root / "ada"
    folder.mkdir(parents=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("grace@desk, since 2026-01-01T00:00:00Z\n")
        lock.flush()
        text = course.run("deploy", status=3)
    assert "ada is being worked on by grace@desk, since 2026-01-01T00:00:00Z; nothing was changed" in text
    assert "5 made, 1 failed" in text
    assert "1 made, 5 unchanged" in course.run("deploy")


def test_concurrent_deployments_do_not_interfere(course: Deployment) -> None:
    course.run("deploy", "--project", "eve")
    wanted = picture(course.farm["boreas"])
    running = [course.process("deploy", "--start") for _ in range(2)]
    texts = [each.communicate(timeout=60)[0] for each in running]
    assert all(each.returncode in (0, 1, 3) for each in running), texts
    course.run("deploy", "--start")
    course.run("drift")
    wanted["domains"] = {"windows.eve"}
    assert picture(course.farm["boreas"]) == wanted
    assert set(course.farm["atlas"].volumes()) == {
        "linux.ada",
        "windows.ada",
        "linux.bob",
        "windows.bob",
        "linux.eve",
    }


def test_a_deployment_of_a_colleague_is_a_conflict(course: Deployment) -> None:
    course.run("deploy")
    record = (course.out / "deployed" / "ada.yaml").read_bytes()
    course.write_project("ada", "atlas", memory="512M")
    course.build()
    course.run("deploy")
    (course.out / "deployed" / "ada.yaml").write_bytes(record)
    course.write_project("ada", "atlas", memory="1G")
    course.build()
    before = picture(course.farm["atlas"])
    text = course.run("deploy", "--project", "ada", status=3)
    assert "Pull your colleagues' commits" in text
    assert picture(course.farm["atlas"]) == before
    course.run("deployed")
    course.build()
    course.run("deploy")


def test_a_vm_that_cannot_be_created_stops_only_its_project(course: Deployment) -> None:
    (course.farm["atlas"].folder / "domains" / ".failing").write_text("linux.bob\n")
    text = course.run("deploy", "--start", status=3)
    assert "cannot build linux.bob" in text
    assert "not done: atlas/bob\n" in text
    assert course.farm["atlas"].domains() == {"linux.ada", "windows.ada", "linux.eve"}
    (course.farm["atlas"].folder / "domains" / ".failing").unlink()
    course.run("deploy", "--start")
    assert course.farm["atlas"].domains() == {
        "linux.ada",
        "windows.ada",
        "linux.bob",
        "windows.bob",
        "linux.eve",
    }


def test_remove_deletes_an_unfinished_deployment(course: Deployment) -> None:
    atlas = course.farm["atlas"]
    atlas.stub("unshare", "exit 1")
    course.run("deploy", "--project", "ada", status=3)
    assert set(atlas.volumes()) == {"linux.ada", "windows.ada"}
    assert not (atlas.root / "ada" / "current").exists()
    course.run("remove", "--project", "ada", "--confirm", "ada")
    assert (atlas.volumes(), atlas.links()) == ({}, {"xenbr0"})
    assert not (atlas.root / "ada").exists()


def test_a_wrong_clock_on_a_server_is_harmless(course: Deployment) -> None:
    atlas = course.farm["atlas"]
    atlas.stub("date", "exec /bin/date -d '2001-02-03 04:05:06' \"$@\"")
    course.run("deploy")
    for file in atlas.root.rglob("*"):
        os.utime(file, (10**9, 10**9), follow_symlinks=False)
    course.write_project("ada", "atlas", memory="512M")
    course.build()
    assert "1 changed, 5 unchanged" in course.run("deploy")
    course.run("drift")


def test_an_interrupt_finishes_current_projects_and_reports_the_rest(course: Deployment) -> None:
    running = course.process("deploy", "--parallel", "1")
    assert running.stdout is not None
    assert "atlas _server made" in running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    text = running.communicate(timeout=60)[0]
    assert running.returncode == 3, text
    assert "interrupted" in text
    assert "boreas/eve" in text.partition("not done:")[2]
    for name in ("ada", "bob", "eve"):
        file = course.farm["atlas"].root / name / "state"
        assert not file.exists() or course.farm["atlas"].state(name)["pending"] == "-"
    course.run("deploy")
    course.run("drift")


def test_no_secret_is_in_output_logs_or_process_lists(course: Deployment) -> None:
    running = course.process("deploy", "--start")
    seen = bytearray()
    while running.poll() is None:
        # glob asks for the state of each file, and fails where a process has ended meanwhile
        for process in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                seen += Path(f"/proc/{process}/cmdline").read_bytes()
    assert running.stdout is not None
    said = running.stdout.read()
    assert running.returncode == 0, said
    assert b"mlnc\0session\0" in seen
    assert PASSWORD.encode() not in seen
    assert PASSWORD not in said
    holding = [
        file
        for folder in (course.out, course.farm.folder)
        for file in folder.rglob("*")
        if file.name != "net"
        and ".made"
        not in file.parts  # the simulated toolstack keeps its domain configurations there, as libxl does
        and file.is_file()
        and not file.is_symlink()
        and PASSWORD.encode() in file.read_bytes()
    ]
    assert {file.name for file in holding} == {"windows.cfg"}
    assert all("_domains" in file.parts and file.stat().st_mode & 0o777 == 0o600 for file in holding)


def test_a_secret_that_a_script_prints_is_masked(course: Deployment) -> None:
    course.farm["atlas"].stub("e2fsck", f"echo 'the password is {PASSWORD}'\nexit 8")
    text = course.run("deploy", "--project", "ada", status=3)
    assert "the password is ***" in text
    log = "".join(file.read_text() for file in (course.out / ".log").iterdir())
    assert "the password is ***" in log
    assert PASSWORD not in text + log


def test_all_missing_secrets_are_named_before_anything_is_sent(course: Deployment) -> None:
    (course.course / "secrets.yaml").write_text("secrets: {}\n")
    text = course.run("deploy", status=1)
    assert "root" in text
    assert "vnc" in text
    assert not course.farm["atlas"].root.exists()


def test_a_secret_unfit_for_a_domain_file_is_refused(course: Deployment) -> None:
    (course.course / "secrets.yaml").write_text('secrets:\n  root: fine\n  vnc: "it\'s"\n')
    text = course.run("deploy", status=1)
    assert "printable ASCII" in text
    assert "it's" not in text
    assert not course.farm["atlas"].root.exists()
