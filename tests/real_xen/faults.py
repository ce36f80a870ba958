"""Faults for servers of the laboratory: made on the real thing, and taken away again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from newcomer import Newcomer

from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import run

_RECEIVER = """#!/bin/sh
[ "$1" != migrate-receive ] || {{ {commands}; }}
exec /usr/sbin/xl "$@"
"""
_WRAPPER = "/usr/local/sbin/xl"

_BALLAST = """name = 'ballast'
kernel = '/boot/vmlinuz-guest'
memory = {mebibytes}
vcpus = 1
"""


def command(lab: Lab, server: Server, text: str, seconds: float = 120) -> str:
    """What *text* prints on *server*, where it must succeed."""
    done = run(lab, server, text, seconds)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def receiver(lab: Lab, server: Server, commands: str) -> Iterator[None]:
    """As long as the block runs, *commands* come before the xl of *server* that is to receive a domain."""
    text = _RECEIVER.format(commands=commands)
    command(lab, server, f"cat >{_WRAPPER} <<'END'\n{text}END\nchmod +x {_WRAPPER}")
    try:
        yield
    finally:
        run(lab, server, f"rm -f {_WRAPPER}")


@contextmanager
def ballast(lab: Lab, server: Server, spare: int) -> Iterator[str]:
    """A file for a domain that takes all memory of *server* but *spare* MiB; what came of it goes after the block."""
    free = int(command(lab, server, "xl info free_memory"))
    text = _BALLAST.format(mebibytes=free - spare)
    command(lab, server, f"cat >/root/ballast.cfg <<'END'\n{text}END")
    try:
        yield "xl create -q -p /root/ballast.cfg"
    finally:
        run(lab, server, "xl destroy ballast; rm -f /root/ballast.cfg")


class Deployment:
    """``invoke deploy`` in a process group of its own, which can be killed."""

    def __init__(self, course: Newcomer) -> None:
        self._process = subprocess.Popen(
            [".venv/bin/invoke", "deploy", "--out", ".lab/out"],
            cwd=course.folder,
            env=course.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def kill(self) -> None:
        """As if the desk had lost its power, with every ssh that it had started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def end(self) -> tuple[int, str]:
        """Its status and all that it said, when it ends by itself."""
        said, _ = self._process.communicate()
        return self._process.returncode, said


def deploy_when_free(course: Newcomer) -> None:
    """Deploy as soon as the server has ended what it was doing for a desk that is gone."""
    for _ in range(20):
        status, said = Deployment(course).end()
        if status == 0:
            return
        assert "is being worked on by" in said, said
        time.sleep(5)
    pytest.fail("the server still works for a desk that is gone")
