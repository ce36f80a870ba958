"""The measurements run, at the smallest size; how long anything takes is not asserted."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from sshd_farm import missing

ROOT = Path(__file__).parent.parent


def test_two_groups_are_measured() -> None:
    command = [sys.executable, "-m", "bench.build", "--groups", "2", "--runs", "1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert said.startswith("2 groups, 4 hosts, 1 runs\n")
    assert re.findall(r"^  (\w+) +build .* s   cp -r .* s   ratio +[0-9.]+$", said, re.MULTILINE) == [
        "best",
        "median",
    ]
    phases = re.findall(r"(\w+) [0-9.]+(?=  |\n)", said.partition("phases: ")[2])
    assert phases == [
        *("import", "load", "expand", "resolve", "check", "lower", "link", "emit", "write", "rest", "total")
    ]


def test_a_course_has_its_groups_and_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    import_module("bench.course").write_course(tmp_path / "course", 41)
    names = sorted(path.name for path in (tmp_path / "course").iterdir())
    assert (len(names), names[-2:]) == (43, ["oscourse.mln", "site.mln"])
    site = (tmp_path / "course" / "site.mln").read_text(encoding="utf-8")
    assert re.findall(r"^service_host (\w+)", site, re.MULTILINE) == ["server01", "server02", "server03"]


@pytest.mark.skipif(missing() is not None, reason=f"no farm of servers here: {missing()}")
def test_deployments_are_measured() -> None:
    command = [
        sys.executable,
        "-m",
        "bench.deploy",
        "--servers",
        "1",
        "--projects",
        "1",
        "--rounds",
        "1",
        "--alone",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert said.startswith("1 servers, 1 projects, 1 rounds\n")
    assert re.findall(
        r"^  (\w+) +invoke +best .* s  median .* x  1\.0   CPU .* x  1\.0$", said, re.MULTILINE
    ) == [
        "fresh",
        "unchanged",
    ]
