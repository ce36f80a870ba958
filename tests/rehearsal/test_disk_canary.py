"""Words on the disks of rehearsed guests: whatever happens to a disk is found."""

from dataclasses import replace

import pytest
from rehearsals import built, deployed, needs_namespaces, on, staged
from test_rehearsal import PROJECT

from mlnc.ir.model import Course
from mlnc.rehearsal.disk_canary import lost_canaries, write_canaries
from mlnc.rehearsal.simulation import Simulation

pytestmark = needs_namespaces


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """A domain with an ext file system and one with a disk of its own kind, both with words; each test harms one."""
    folder = tmp_path_factory.mktemp("words")
    made = staged(built(folder, PROJECT), folder / "stage")
    deployed(made)
    write_canaries(made.folder, made.course)
    assert lost(made) == []
    return made


def lost(stage: Simulation) -> list[str]:
    return lost_canaries(stage.folder, stage.course, stage.course)


def test_a_guest_that_ends_in_order_writes_more(stage: Simulation) -> None:
    on(stage, "alpha", "xl shutdown -F web.demo; xl list; xl list")
    (record,) = (each for each in stage.folder.words.iterdir() if "web" in each.read_text())
    assert record.read_text() == "demo/web wrote this..\n"
    assert lost(stage) == []


def test_a_guest_that_could_not_write_is_noted(stage: Simulation) -> None:
    on(stage, "alpha", "image=/var/lib/mlnc/demo/images/desktop.demo; mv $image $image.away")
    on(stage, "alpha", "xl shutdown -F desktop.demo; xl list; xl list")
    assert "unwritable\tdesktop.demo\t" in stage.folder.journal.read_text()
    on(stage, "alpha", "image=/var/lib/mlnc/demo/images/desktop.demo; mv $image.away $image")
    assert lost(stage) == []


def test_an_older_disk_is_found(stage: Simulation) -> None:
    on(stage, "alpha", "debugfs -w -R 'rm /mlnc.word' /dev/vg/web.demo 2>/dev/null")
    assert lost(stage) == ["demo/web: the guest wrote 'demo/web wrote this..', its root disk holds 'nothing'"]
    assert lost_canaries(stage.folder, stage.course, stage.course, ["demo/web"]) == []


def test_a_disk_that_is_gone_is_found(stage: Simulation) -> None:
    on(stage, "alpha", "rm /var/lib/mlnc/demo/images/desktop.demo")
    assert any(
        line.startswith("demo/desktop: ") and "the disk does not exist" in line for line in lost(stage)
    )


def test_a_renamed_host_is_known_by_its_uuid(stage: Simulation) -> None:
    demo = stage.course.projects["demo"]
    renamed = replace(demo, hosts={"www": demo.hosts["web"], "desktop": demo.hosts["desktop"]})
    new = Course(stage.course.site, {"demo": renamed})
    assert lost_canaries(stage.folder, stage.course, new, ["demo/www", "demo/desktop"]) == []
