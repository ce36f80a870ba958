"""Upgrades on real sshds: execution, refusals, resume and rollback of plans."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from deployments import Deployment, small_course
from sshd_farm import Farm, Server, sshd_farm


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas", "boreas": "boreas"}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    made = small_course(farm, tmp_path, monkeypatch)
    made.run("deploy", "--start")
    return made


def without_windows(course: Deployment, project: str) -> None:
    """Remove the second host from *project*, and build."""
    file = course.course / f"{project}.mln"
    file.write_text(file.read_text().partition("host windows")[0])
    course.build()


def steps(course: Deployment, *words: str, status: int = 0) -> list[tuple[str, str]]:
    """Each executed step of a deployment, with its outcome."""
    found = course.data("deploy", *words, status=status)["results"]
    return [(each["step"], each["outcome"]) for each in found if each["step"]]


def test_a_restart_does_not_start_vms_that_were_down(course: Deployment) -> None:
    course.run("stop", "--host", "ada/windows")
    course.edit("ada", "memory 128M", "memory 256M")
    course.edit("ada", "memory 256M\n\tvnc", "memory 384M\n\tvnc")
    assert [step for step, _ in steps(course)] == [
        "01-preflight-atlas",
        "02-prepare-atlas",
        "03-stop-atlas",
        "04-apply-atlas",
        "05-start-atlas",
    ]
    atlas = course.farm["atlas"]
    assert {"linux.ada"} == {name for name in atlas.domains() if name.endswith(".ada")}
    assert "memory = 256" in (atlas.folder / "domains" / ".made" / "linux.ada").read_text()
    assert atlas.state("ada")["pending"] == "-"
    assert not {"steps", "ran", "notes"} & {file.name for file in (atlas.root / "ada").iterdir()}
    assert steps(course) == []
    course.run("drift")


def test_a_removed_host_is_retired_listed_and_purged(course: Deployment) -> None:
    without_windows(course, "ada")
    course.run("deploy")
    atlas = course.farm["atlas"]
    assert "windows.ada" not in atlas.domains()
    assert "mlnc.retired=" in atlas.volumes()["windows.ada"]
    (volume,) = course.data("retired")["retired"]
    assert (volume["project"], volume["host"], volume["place"]) == ("ada", "windows", "course_vg/windows.ada")
    assert "bob/linux has no retired volumes" in course.run("purge", "bob/linux", status=1)
    assert "give --confirm ada/windows" in course.run("purge", "ada/windows", status=1)
    assert "windows.ada" in atlas.volumes()
    course.run("purge", "ada/windows", "--confirm", "ada/windows")
    assert "windows.ada" not in atlas.volumes()
    assert course.data("retired")["retired"] == []


def test_a_retired_host_is_restored(course: Deployment) -> None:
    source = (course.course / "ada.mln").read_text()
    without_windows(course, "ada")
    course.run("deploy")
    (course.course / "ada.mln").write_text(source)
    course.build()
    assert "invoke retired --restore ada/windows" in course.run("deploy", status=3)
    course.run("retired", "--restore", "ada/windows")
    course.run("deploy", "--start")
    assert "windows.ada" in course.farm["atlas"].domains()


def test_data_loss_needs_consent(course: Deployment) -> None:
    templates = course.course.parent / "templates"
    (templates / "other.ext4").write_bytes(b"another " * 512)
    course.edit("ada", "linux.ext4", "other.ext4")
    before = course.farm["atlas"].volumes()
    assert "DATA LOSS" in course.run("plan", "--allow-data-loss", "ada/linux")
    text = course.run("deploy", status=3)
    assert "--allow-data-loss ada/linux" in text
    assert course.farm["atlas"].volumes() == before
    course.run("deploy", "--allow-data-loss", "ada/linux")
    assert course.farm["atlas"].volumes()["linux.ada"] != before["linux.ada"]
    assert course.farm["atlas"].volumes()["windows.ada"] == before["windows.ada"]
    assert "linux.ada" in course.farm["atlas"].domains()


def test_a_failing_step_stops_only_its_project_and_the_next_run_resumes(course: Deployment) -> None:
    for name in ("ada", "bob"):
        course.edit(name, "memory 128M", "memory 256M")
    failing = course.farm["atlas"].folder / "domains" / ".failing"
    failing.write_text("linux.ada\n")
    text = course.run("deploy", status=3)
    assert "cannot build linux.ada" in text
    assert "stopped at 05-start-atlas; done: 01-preflight-atlas, 02-prepare-atlas, 03-stop-atlas" in text
    assert course.farm["atlas"].domains() >= {"linux.bob", "windows.bob"}
    assert (course.farm["atlas"].root / "ada" / "ran").read_text().split() == ["linux"]
    assert ", unfinished)" in course.run("plan")
    failing.unlink()
    course.run("deploy")
    assert "linux.ada" in course.farm["atlas"].domains()
    course.run("drift")


def test_an_unfinished_upgrade_is_rolled_back(course: Deployment) -> None:
    before = (course.farm["atlas"].state("ada")["applied"], course.farm["atlas"].domains())
    record = (course.out / "deployed" / "ada.yaml").read_bytes()
    course.edit("ada", "memory 128M", "memory 256M")
    failing = course.farm["atlas"].folder / "domains" / ".failing"
    failing.write_text("linux.ada\n")
    course.run("deploy", status=3)
    failing.unlink()
    course.run("deploy", "--undo")
    atlas = course.farm["atlas"]
    assert (atlas.state("ada")["applied"], atlas.domains()) == before
    assert "memory = 128" in (atlas.folder / "domains" / ".made" / "linux.ada").read_text()
    assert (course.out / "deployed" / "ada.yaml").read_bytes() == record
    assert atlas.state("ada")["pending"] == "-"
    course.run("deploy")
    assert "memory = 256" in (atlas.folder / "domains" / ".made" / "linux.ada").read_text()


def test_another_build_is_refused_during_an_unfinished_upgrade(course: Deployment) -> None:
    course.edit("ada", "memory 128M", "memory 256M")
    (course.farm["atlas"].folder / "domains" / ".failing").write_text("linux.ada\n")
    course.run("deploy", status=3)
    course.edit("ada", "memory 256M", "memory 300M")
    text = course.run("deploy", status=3)
    assert "another upgrade of ada was begun and has not ended" in text
    course.edit("ada", "memory 300M", "memory 256M")
    (course.farm["atlas"].folder / "domains" / ".failing").unlink()
    course.run("deploy")


def test_a_vm_that_runs_elsewhere_is_neither_deployed_nor_started(course: Deployment) -> None:
    atlas, boreas = course.farm["atlas"], course.farm["boreas"]
    (atlas.folder / "domains" / "linux.eve").rename(boreas.folder / "domains" / "linux.eve")
    assert "linux runs on boreas, but belongs on atlas" in course.run("start", "--project", "eve", status=3)
    course.edit("eve", "memory 128M", "memory 256M")
    text = course.run("deploy", "--project", "eve", status=3)
    assert "linux runs on boreas, but belongs on atlas" in text
    assert "linux.eve" not in atlas.domains()


def test_rebuild_recreates_the_root_and_starts_the_vm(course: Deployment) -> None:
    atlas = course.farm["atlas"]
    course.run("stop", "--host", "ada/windows")
    before = atlas.volumes()
    text = course.run("rebuild", "ada", status=1)
    assert "DATA LOSS: all data on the root volumes of ada/linux, ada/windows would go" in text
    assert atlas.volumes() == before
    assert "linux.ada" in atlas.domains()
    course.run("rebuild", "ada", "--allow-data-loss", "ada")
    log = (course.farm["atlas"].root / "ada").iterdir()
    assert "rebuilding" not in {file.name for file in log}
    assert atlas.volumes() == before
    assert {name for name in atlas.domains() if name.endswith(".ada")} == {"linux.ada"}
    assert "1 done" in course.run("rebuild", "bob/linux", "--allow-data-loss", "bob/linux")
    assert "there is no VM bob/nobody" in course.run("rebuild", "bob/nobody", status=1)


@pytest.fixture
def san(course: Deployment) -> Deployment:
    """The course on two servers with shared volumes and ssh between them."""
    course.share()
    course.build()
    course.run("deploy")
    return course


def move(course: Deployment, project: str) -> None:
    """Change the service host of the first host of *project* to boreas."""
    course.edit(project, "service_host atlas", "service_host boreas")


def test_a_changed_service_host_migrates_a_running_vm(san: Deployment) -> None:
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    assert "~ ada/linux  migrate live  atlas → boreas" in san.run("plan")
    san.run("deploy")
    assert {name for name in boreas.domains() if name.endswith(".ada")} == {"linux.ada"}
    assert {name for name in atlas.domains() if name.endswith(".ada")} == {"windows.ada"}
    log = (atlas.folder / "domains" / ".log").read_text() + (boreas.folder / "domains" / ".log").read_text()
    assert "shutdown -F linux.ada" not in log
    assert "mlnc.server=boreas" in boreas.volumes()["linux.ada"]
    assert san.data("deploy")["summary"].endswith("unchanged")


def test_a_failed_migration_leaves_the_vm_on_its_source(san: Deployment) -> None:
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    refusing = boreas.folder / "domains" / ".refusing"
    refusing.touch()
    assert "it runs here as before" in san.run("deploy", status=3)
    assert "linux.ada" in atlas.domains()
    assert "linux.ada" not in boreas.domains()
    refusing.unlink()
    san.run("deploy")
    assert "linux.ada" in boreas.domains() - atlas.domains()


def test_a_started_move_is_rolled_back(san: Deployment) -> None:
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    before = atlas.domains()
    (boreas.folder / "domains" / ".refusing").touch()
    san.run("deploy", status=3)
    (boreas.folder / "domains" / ".refusing").unlink()
    san.run("deploy", "--undo")
    assert atlas.domains() == before
    assert not (boreas.root / "ada").exists()
    assert atlas.state("ada")["pending"] == "-"


def test_a_silent_server_blocks_until_it_is_fenced(san: Deployment) -> None:
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    for name in atlas.domains():
        (atlas.folder / "domains" / name).unlink()  # it has lost its power
    atlas.stop()
    assert "say --fence atlas" in san.run("deploy", "--project", "ada", status=3)
    assert "linux.ada" not in boreas.domains()
    text = san.run("deploy", "--project", "ada", "--fence", "atlas", status=3)
    assert "what concerns atlas is left until that is back" in text
    san.run("start", "--host", "ada/linux", "--fence", "atlas")
    assert "linux.ada" in boreas.domains()
    atlas.start()
    san.run("deploy", "--project", "ada")
    assert {name for name in boreas.domains() if name.endswith(".ada")} == {"linux.ada"}
    assert san.data("deploy", "--project", "ada")["summary"].endswith("unchanged")


def test_a_template_replaced_under_its_name_is_reported(course: Deployment) -> None:
    assert course.data("drift") == []
    template = course.course.parent / "templates" / "linux.ext4"
    template.write_bytes(b"another " * 512)
    found = {(each["project"], each["what"]) for each in course.data("drift", status=2)}
    text = "the root volume of linux was made from another version of the template linux.ext4;"
    text += " recreate it with invoke rebuild {}/linux"
    assert found == {(name, text.format(name)) for name in ("ada", "bob", "eve")}
    assert text.format("ada") in course.run("plan")
    course.run("rebuild", "ada/linux", "--allow-data-loss", "ada/linux")
    assert {each["project"] for each in course.data("drift", status=2)} == {"bob", "eve"}
    cached = (course.farm["atlas"].root / "_server" / "templates").read_text().splitlines()
    assert len(cached) == 3  # two states of one template, and another template


@pytest.mark.parametrize("moment", ["prepared", "arrived", "applied"])
def test_an_upgrade_resumes_after_a_lost_connection(san: Deployment, moment: str) -> None:
    """The connections to both servers break at *moment*; the next runs complete the upgrade."""
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    before = atlas.state("ada")["applied"]
    reached = {
        "prepared": lambda: atlas.state("ada")["pending"] != "-",
        "arrived": lambda: "linux.ada" in boreas.domains(),
        "applied": lambda: atlas.state("ada")["applied"] != before,
    }[moment]
    move(san, "ada")
    # The next generation comes into force only after the cut.
    gate = atlas.folder / "cut"
    (boreas if moment == "applied" else atlas).stub(
        "ln", f'case $1 in -sfn) until [ -e {gate} ]; do sleep 0.1; done ;; esac; exec /bin/ln "$@"'
    )
    watch = threading.Thread(target=cut_once, args=(reached, (atlas, boreas), gate), daemon=True)
    watch.start()
    san.run("deploy", "--project", "ada", status=3)
    watch.join(600)
    assert not watch.is_alive(), "the moment never came"
    until_done(san, "ada")
    assert {name for name in boreas.domains() if name.endswith(".ada")} == {"linux.ada"}
    assert {name for name in atlas.domains() if name.endswith(".ada")} == {"windows.ada"}
    assert san.run("drift", "--project", "ada") == "no differences from the build\n"


def cut_once(reached: Callable[[], bool], servers: tuple[Server, ...], gate: Path) -> None:
    """Cut every connection to *servers* as soon as *reached* returns True, then make the file *gate*."""
    while not reached():
        time.sleep(0.01)
    for server in servers:
        server.cut()
    gate.touch()


def test_a_lost_connection_leaves_no_needless_pending_guest_configuration(san: Deployment) -> None:
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    boreas.stub("ln", 'case $1 in -sfn) exit 1 ;; esac; exec /bin/ln "$@"')
    before = atlas.state("ada")["applied"]
    san.run("deploy", "--project", "ada", status=3)
    assert atlas.state("ada")["applied"] != before
    assert boreas.state("ada")["applied"] == "-"
    (boreas.folder / "bin/ln").unlink()
    assert "waits" not in san.run("deploy", "--project", "ada")
    assert san.run("drift", "--project", "ada") == "no differences from the build\n"


def until_done(course: Deployment, project: str) -> None:
    """Deploy until it succeeds: processes of a lost session may hold the lock for a while."""
    for _ in range(50):
        with suppress(AssertionError):
            course.run("deploy", "--project", project)
            return
        time.sleep(0.2)
    course.run("deploy", "--project", project)


def test_the_files_of_a_moved_project_are_removed_from_the_source(san: Deployment) -> None:
    """Only retired volumes remain, and no guest configuration is pending without need."""
    atlas, boreas = san.farm["atlas"], san.farm["boreas"]
    move(san, "ada")
    move(san, "ada")
    assert "~ ada/windows  migrate live  atlas → boreas" in san.run("plan")
    san.run("deploy")
    assert not (atlas.root / "ada").exists()
    assert {name for name in boreas.domains() if name.endswith(".ada")} == {"linux.ada", "windows.ada"}
    assert boreas.state("ada")["waiting"] == ""
    assert san.run("drift") == "no differences from the build\n"
