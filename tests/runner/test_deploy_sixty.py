"""The sample course (60 projects, 120 domains) on three servers: deployment, start and drift."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT
from deployments import Deployment
from sshd_farm import Farm, sshd_farm

COURSE = ROOT / "course"
ADDRESSES = {"atlas": "192.0.2.2", "boreas": "192.0.2.3", "calypso": "192.0.2.4"}


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {name: name for name in ADDRESSES}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """``course/`` with the servers and folders of the farm."""
    monkeypatch.setenv("PATH", farm.path)
    made = Deployment(farm, tmp_path / "course", tmp_path / "out")
    shutil.copytree(COURSE, made.course, ignore=shutil.ignore_patterns("secrets.yaml"))
    site = (made.course / "site.mln").read_text()
    for name, address in ADDRESSES.items():
        site = site.replace(f"address {address}\n", f"address {name}\n\tprojects {farm[name].root}\n")
    templates = tmp_path / "templates"
    templates.mkdir()
    for name in ("ubuntu-server.ext4", "winxp.fat32"):
        (templates / name).write_bytes(b"template" * 512)
    (made.course / "site.mln").write_text(site.replace("/srv/mlnc/templates", str(templates)))
    made.build()
    words = [sys.executable, "-m", "mlnc", "secrets", str(made.course)]
    subprocess.run(words, check=True, capture_output=True)
    return made


def test_the_sample_course_is_deployed_and_started(course: Deployment) -> None:
    boreas = course.farm["boreas"].folder / "domains" / ".failing"
    boreas.write_text("windows.group30\n")
    done = course.data("deploy", "--start", status=3)
    assert done["summary"] == "62 made, 1 failed"
    (failed,) = [each for each in done["results"] if each["outcome"] == "failed"]
    assert (failed["server"], failed["project"]) == ("boreas", "group30")
    assert "windows" in failed["message"]
    assert "cannot build windows.group30" in failed["output"]
    assert sum(len(server.domains()) for server in course.farm.servers.values()) == 119
    boreas.unlink()
    assert "62 unchanged, 1 done" in course.run("deploy", "--start")
    for server in course.farm.servers.values():
        assert len(server.domains()) == 40
        assert len(server.volumes()) == 60
        assert len(server.links()) == 21
    begun = time.monotonic()
    assert course.data("deploy")["summary"] == "63 unchanged"
    assert time.monotonic() - begun < 20
    status = course.data("status")
    assert len(status) == 120
    assert {vm["state"] for vm in status} == {"up"}
    assert course.data("drift") == []
    atlas = course.farm["atlas"]
    (atlas.folder / "domains" / "linux.group07").unlink()
    (atlas.root / "group07" / "current" / "linux.cfg").write_text("# by hand\n")
    (found,) = course.data("drift", status=2)
    assert (found["server"], found["project"]) == ("atlas", "group07")
    assert found["what"].endswith("current/linux.cfg: FAILED")
    assert [vm["state"] for vm in course.data("status", "--project", "group08")] == ["up", "up"]
    course.run("remove", "--project", "group60", "--confirm", "group60", "--stop")
    assert len(course.farm["calypso"].volumes()) == 57
    assert "1 made, 62 unchanged" in course.run("deploy")
