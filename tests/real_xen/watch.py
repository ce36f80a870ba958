"""Looking at a virtual machine while it moves: does it answer, where does it run, where is its disk open?

A domain is alive where it is neither paused nor suspended: one that arrives or has left is on a server, but not alive.
"""

import re
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from newcomer import Newcomer, address

from mlnc.ir.model import Host
from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import ssh_words

_END = "--- end of the answer ---"


class Shell:
    """A shell of root on *server* that stays: a question costs no login. It answers nothing once the server is off."""

    def __init__(self, lab: Lab, server: Server) -> None:
        self._process = subprocess.Popen(
            [*ssh_words(lab, server), "--", "exec sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, command: str) -> list[str] | None:
        """The lines that *command* prints; None where the server does not answer any more."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        with suppress(OSError):
            print(f"{command}; echo '{_END}'", file=asked, flush=True)
            lines: list[str] = []
            for line in told:
                if line.strip() == _END:
                    return lines
                lines.append(line.rstrip("\n"))
        return None

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Sight:
    """What one look at all servers found: where the domain is alive, where it is at all, where its disk is active."""

    alive: tuple[str, ...]
    present: tuple[str, ...]
    active: tuple[str, ...]


@dataclass
class Watch:
    """Polls the guest of *host* and the servers as long as the block runs that it guards.

    *target* is where it goes, if anywhere. That server is always asked first: a domain that is alive there must not be
    alive on the other one afterwards.
    """

    course: Newcomer
    host: Host
    target: str = "xen2"
    sights: list[Sight] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    """When pings came back, in seconds of the clock of the server that sent them."""

    def __enter__(self) -> Self:
        lab = self.course.lab
        self._over = threading.Event()
        servers = sorted((lab.server(1), lab.server(2)), key=lambda server: server.name != self.target)
        self._shells = {server.name: Shell(lab, server) for server in servers}
        ping = f"exec ping -n -D -i 0.5 -W 1 {address(self.host)}"
        self._ping = subprocess.Popen(
            [*ssh_words(lab, lab.server(2)), "--", ping],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._threads = [threading.Thread(target=each) for each in (self._look, self._listen)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._ping.terminate()
        for thread in self._threads:
            thread.join(60)
        for shell in self._shells.values():
            shell.close()

    @property
    def silence(self) -> float:
        """The longest time between two answers to pings, in seconds."""
        return max(after - before for before, after in zip(self.answers, self.answers[1:], strict=False))

    def until(self, server: str, seconds: float = 300) -> None:
        """Wait until the domain is present on *server*."""
        end = time.monotonic() + seconds
        while not (self.sights and server in self.sights[-1].present):
            assert time.monotonic() < end, f"{self.host.domain} did not come to {server}"
            time.sleep(0.1)

    def _listen(self) -> None:
        assert self._ping.stdout is not None
        for line in self._ping.stdout:
            if match := re.match(r"\[([0-9.]+)\] .* bytes from ", line):
                self.answers.append(float(match[1]))

    def _look(self) -> None:
        volume = self.host.volumes["root"]
        # That a volume is active is asked of the kernel: lvs would take an emulated server seconds of its time.
        device = f"san_vg-{volume.name.replace('-', '--')}"
        questions = f"xl list -v; grep -qx {device} /sys/block/dm-*/dm/name && echo active || echo closed"
        while not self._over.is_set():
            alive, present, active = [], [], []
            for name, shell in self._shells.items():
                lines = shell.ask(questions) or []
                rows = [line.split() for line in lines if self.host.uuid in line]
                present += [name] if rows else []
                alive += [name for row in rows if row[0] == self.host.domain and not set("psc") & set(row[4])]
                active += [name] if lines and lines[-1].strip() == "active" else []
            self.sights.append(Sight(*map(tuple, (alive, present, active))))
            self._over.wait(3)
