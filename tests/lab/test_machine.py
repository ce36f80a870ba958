"""Service hosts as processes: the command line, and that only what is ours counts as running and is ended."""

import os
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from mlnc.lab import machine
from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.requirements import Lacking


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path / "lab, of mine")
    for number in (1, 2):
        made.server(number).folder.mkdir(parents=True)
    return made


def pairs(words: list[str], option: str) -> list[str]:
    return [value for word, value in pairwise(words) if word == option]


def test_nothing_but_ssh_listens_and_only_at_the_loopback(lab: Lab) -> None:
    words = machine.command(lab, lab.server(1), 2345)
    user, *cables = pairs(words, "-netdev")
    assert user == "user,id=desk,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:2345-:22"
    assert all(
        cable.startswith("dgram,") and "type=unix" in cable and "inet" not in cable for cable in cables
    )
    assert pairs(words, "-monitor") == ["unix:monitor,server=on,wait=off"]
    assert [chardev.split(",")[0] for chardev in pairs(words, "-chardev")] == ["socket"]


def test_cables_meet_and_close_no_loop(lab: Lab) -> None:
    def ends(number: int) -> set[tuple[str, str]]:
        server = lab.server(number)
        found = set()
        for cable in pairs(machine.command(lab, server, 1), "-netdev")[1:]:
            options = dict(option.split("=", 1) for option in cable.split(",")[1:])
            here = os.path.normpath(server.folder / options["local.path"])
            found.add((here, os.path.normpath(server.folder / options["remote.path"])))
        return found

    every = ends(1) | ends(2) | ends(3) | ends(4)
    assert {(there, here) for here, there in every} == every
    assert len(every) == 2 * 3


def test_a_comma_in_a_path_separates_nothing(lab: Lab) -> None:
    words = machine.command(lab, lab.server(1), 1)
    assert pairs(words, "-drive")[1].startswith(f"file={lab.folder.parent}/lab,, of mine/san.raw,")


def test_only_a_process_of_qemu_in_its_folder_is_the_server(lab: Lab) -> None:
    server, other = lab.server(1), lab.server(2)
    assert machine.running(server) is None
    with pretended(server) as process:
        other.pid_file.write_text(f"{process.pid}\n")
        assert machine.running(server) == process.pid
        assert machine.running(other) is None
        machine.cut_power(other)
        assert process.poll() is None
        machine.cut_power(server)
        assert process.wait() == -9
    assert machine.running(server) is None


def pretended(server: Server) -> subprocess.Popen[bytes]:
    """A process that looks like that of *server*."""
    program = server.folder / "qemu-system-x86_64"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([program, "60"], cwd=server.folder)
    server.pid_file.write_text(f"{process.pid}\n")
    for _ in range(100):
        if machine.running(server):
            break
        time.sleep(0.02)
    return process


def test_what_qemu_says_is_said_when_it_does_not_start(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "qemu-system-x86_64"
    program.write_text("#!/bin/sh\necho 'no such processor' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("mlnc.lab.machine.environment", lambda: {"PATH": f"{tmp_path}:/bin:/usr/bin"})
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Lacking, match="xen1 did not start: no such processor"):
        machine.start(lab, lab.server(1))
