"""The course of sixty groups changes: its Windows machines grow, a server is emptied, two groups change places."""

import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT
from rehearsals import compiled, needs_namespaces
from rehearsed_upgrades import Played, expect

from mlnc.cli.evacuate import evacuate
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front
from mlnc.rehearsal.event_log import last_moment

pytestmark = needs_namespaces

COURSE = ROOT / "course"


def edit(file: Path, old: str, new: str) -> None:
    """Put *new* for *old*, which must be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def empty(course: Path, server: str) -> None:
    """Apply the patch that empties *server*."""
    found = evacuate(Front(Report()), [course], None, server)
    assert found is not None
    subprocess.run(["git", "apply", "-"], input=found.patch, text=True, check=True)


def test_the_course_of_sixty_groups_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On shared storage everything but the restart for memory happens while the machines run."""
    monkeypatch.chdir(tmp_path)
    first = tmp_path / "first" / "course"
    shutil.copytree(COURSE, first)
    edit(first / "site.mln", "memory 24G", "memory 48G; san_path course_vg")
    edit(first / "oscourse.mln", "memory 256M", "memory 512M")
    played = Played(tmp_path / "stage", compiled(first, tmp_path / "first" / "out"))
    course = tmp_path / "stage" / "course"
    shutil.copytree(first, course)

    edit(course / "oscourse.mln", "memory 512M", "memory 1G")
    become(played, course)
    assert memory(played, "windows") == {1024}

    empty(course, "calypso")
    become(played, course)
    assert {server for server, _ in last_moment(played.stage.folder)} == {"atlas", "boreas"}

    edit(course / "group01.mln", "$server = atlas", "$server = boreas")
    edit(course / "group21.mln", "$server = boreas", "$server = atlas")
    become(played, course)


def become(played: Played, course: Path) -> None:
    """Build the course as it is now and deploy it."""
    compiled(course, played.stage.out)
    played.stage.reload()
    expect(played.run())
    assert played.wrong(guests=False) == []


def memory(played: Played, host: str) -> set[int]:
    """What the machines of that name have, in MiB."""
    return {
        domain.memory_mib
        for (_, name), domain in last_moment(played.stage.folder).items()
        if name.startswith(host)
    }
