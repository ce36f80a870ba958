"""``mlnc init``: the new course builds, has the tasks, and no file is overwritten."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlnc.cli.init import FILES, InitRefused, init
from mlnc.cli.main import main


def test_a_new_course_builds_and_has_the_tasks(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    done = CliRunner().invoke(main, ["init", str(folder)])
    assert done.exit_code == 0, done.output
    words = [sys.executable, "-m", "mlnc", "build", "course/", "-W", "error"]
    built = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    listed = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"], cwd=folder, capture_output=True, text=True, check=True
    )
    names = ("deploy", "plan", "status", "drift", "remove", "log", "rehearse")
    assert all(f"  {name} " in listed.stdout for name in names)
    assert len((folder / "tasks.py").read_text().splitlines()) == 3


def test_existing_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("mine\n")
    with pytest.raises(InitRefused, match=r"tasks\.py"):
        init(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["tasks.py"]


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InitRefused):
        init(tmp_path / "file" / "course")
    assert list(FILES)
