"""Deployments on a real terminal: live table, failures in red, Ctrl-C, questions."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment, small_course
from sshd_farm import Farm, sshd_farm

ROWS, COLUMNS = 30, 120
SECONDS = 60
"""Timeout of a command in seconds."""


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas", "boreas": "boreas"}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return small_course(farm, tmp_path, monkeypatch)


class Terminal:
    """A pseudo-terminal with a command in its foreground."""

    def __init__(self, course: Deployment, *words: str) -> None:
        folder = course.out.parent
        (folder / "tasks.py").write_text("from mlnc.runner.tasks import *\n")
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "invoke", *words, "--out", str(course.out)],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._end = time.monotonic() + SECONDS
        self.text = ""

    def read_until(self, text: str) -> None:
        """Read until *text* was printed."""
        while text not in self.text:
            assert self._read(), self.text

    def read_to_the_end(self) -> int:
        """Read all that is printed; the exit status."""
        while self._read():
            pass
        return self.process.wait(timeout=SECONDS)

    def type(self, text: str) -> None:
        """Type *text* and press the return key."""
        os.write(self._ours, f"{text}\n".encode())

    def press_interrupt(self) -> None:
        """Press Ctrl-C, which reaches all that runs in the foreground."""
        os.write(self._ours, b"\x03")

    def _read(self) -> bool:
        """Read a piece; False at the end. What the terminal ends lines with is made one character."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, self._end - time.monotonic()))
        assert ready, f"nothing more was printed:\n{self.text}"
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # EIO: nobody has the other side open any more
            return False
        self.text += piece.decode().replace("\r\n", "\n")
        return bool(piece)


def screen(text: str) -> list[str]:
    """The lines on a terminal after it received *text*, without colours. Supports cursor up and clear only."""
    lines = [""]
    for part in re.split(r"(\033\[\d*[A-Z]|\n)", re.sub(r"\033\[\d*m", "", text)):
        if part == "\n":
            lines.append("")
        elif re.fullmatch(r"\033\[\d+A", part):
            lines = lines[: -int(part[2:-1])]
            lines[-1:] = [""] if lines else []
        else:
            assert part in ("", "\033[J") or not part.startswith("\033"), part
            lines[-1] += part.removeprefix("\033[J")
    return lines


def test_the_table_shows_progress_below_failures(course: Deployment) -> None:
    """A row for each server; a failure with its last lines stays above the rows, in red."""
    course.farm["atlas"].stub(
        "dd", 'case "$*" in *bob*) echo "the disk is broken" && exit 1 ;; esac; exec /bin/sleep 2'
    )
    terminal = Terminal(course, "deploy", "--start")
    terminal.read_until("atlas  [#####...............] 1/4 ada: storage.sh 1 s\nboreas [")
    assert terminal.read_to_the_end() == 3
    assert re.search(r"\033\[31matlas bob failed[^\033]*the disk is broken[^\033]*\033\[0m", terminal.text)
    shown = screen(terminal.text)
    assert [line for line in shown if line.startswith("atlas  [")] == [
        "atlas  [####################] 4/4 1 failed"
    ]
    assert "boreas [####################] 2/2" in shown
    assert shown[-4:] == [
        "not done: atlas/bob",
        "Fix the errors above and run the same command again: it does only the remaining work.",
        "5 made, 1 failed",
        "",
    ]


def test_an_interrupt_finishes_current_projects_and_reports_the_rest(course: Deployment) -> None:
    atlas = course.farm["atlas"]
    atlas.stub("dd", 'case "$*" in *ada*) /bin/sleep 1 ;; esac')
    terminal = Terminal(course, "deploy", "--parallel", "1")
    terminal.read_until("ada: storage.sh")
    terminal.press_interrupt()
    assert terminal.read_to_the_end() == 3
    shown = screen(terminal.text)
    assert "interrupted: 2 made, 4 skipped" in shown
    assert "not done: atlas/bob atlas/eve boreas/_server boreas/eve" in shown
    assert not any("Traceback" in line for line in shown)
    assert atlas.state("ada")["pending"] == "-"
    assert set(atlas.volumes()) == {"linux.ada", "windows.ada"}
    assert "4 made, 2 unchanged" in course.run("deploy")
    course.run("drift")


@pytest.mark.parametrize(("typed", "status"), [("ada", 0), ("eve", 1), ("", 1)])
def test_remove_asks_for_the_name_of_the_project(course: Deployment, typed: str, status: int) -> None:
    course.run("deploy", "--project", "ada")
    terminal = Terminal(course, "remove", "--project", "ada")
    terminal.read_until("with all data on the disks of its VMs.\nType ada to continue: ")
    terminal.type(typed)
    assert terminal.read_to_the_end() == status
    assert bool(course.farm["atlas"].volumes()) == (status != 0)
