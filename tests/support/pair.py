"""Two service hosts that share a volume group, pretended: the steps of an upgrade run on them as they are.

``tests/data/pair/stand-in`` says what is pretended. ``ssh`` runs what it is given here, as the other server.
"""

import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bundles import deployed_library, lay, needs_root
from checkout import TESTS
from courses import course, project, service_host

DATA = TESTS / "data"
COMMANDS = (
    "ssh",
    "xl",
    "lvs",
    "lvchange",
    "pvscan",
    "vgs",
    "blockdev",
    "sleep",
    "xenstore-read",
    "ip",
    "bridge",
)
UUID = "6f1c1b1e-0000-5000-8000-000000000020"
DOMAIN = ("web", "web.demo", UUID)
VOLUME = ("lvm", "san_vg", "web.demo", "root")
TAGS = "mlnc,mlnc.project=demo,mlnc.host=web,mlnc.role=root"


@cache
def alone() -> tuple[str, ...]:
    """The words before a command that let it see its own processes only, since other tests migrate as well.

    They are none where there are no namespaces of processes.
    """
    words = ("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh")
    done = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if done.returncode == 0 else ()


@dataclass
class Pair:
    """The servers ``one`` and ``two``, and what they share."""

    folder: Path

    def step(
        self,
        *calls: Iterable[str],
        server: str = "one",
        mode: str = "do",
        path: tuple[Path, ...] = (),
        **more: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a step with these calls on a server."""
        return subprocess.run(
            [*alone(), "sh", str(self.script(*calls)), mode],
            env=self.variables(server, path) | more,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )

    def begin(self, call: Iterable[str]) -> subprocess.Popen[str]:
        """Run a step with one call on the first server; it goes on by itself, and says all on its standard output."""
        return subprocess.Popen(
            [*alone(), "sh", str(self.script(call)), "do"],
            env=self.variables("one"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def script(self, *calls: Iterable[str]) -> Path:
        """A step with these calls."""
        lines = [f"register_call {shlex.join(call)}" for call in calls]
        script = self.folder / "step.sh"
        text = ['. "${MLNC_LIB:?}/upgrade.sh"', 'upgrade_begin demo 01-test "$@"', *lines, "upgrade_end"]
        script.write_text("#!/bin/sh\n" + "\n".join(text) + "\n")
        return script

    def variables(self, server: str, path: tuple[Path, ...] = ()) -> dict[str, str]:
        """The environment of a step, as the runner makes it."""
        here = self.folder / server
        folders = [*path, here / "bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return {
            "PATH": ":".join(map(str, folders)),
            "SITE": str(self.folder),
            "SERVER": str(here),
            "MLNC_LIB": str(self.folder / "hosts" / server / "_server/lib"),
            "MLNC_ROOT": str(here / "root"),
            "MLNC_HOME": str(here / "root/demo"),
            "MLNC_OLD": str(here / "root/demo/generations/old"),
            "MLNC_NEW": str(here / "root/demo/generations/new"),
            "MLNC_LOCK_DIR": str(here),
            "MLNC_LOCK_SECONDS": "5",
            "MLNC_BALLOON_SECONDS": "0",
            "MLNC_VCPU_SECONDS": "0",
            "MLNC_DEVICE_SECONDS": "0",
        }

    def domains(self, server: str) -> dict[str, str]:
        """The state of each domain of a server, by its name."""
        files = (self.folder / server / "domains").iterdir()
        return {file.name: file.read_text().split()[1] for file in files}

    def running(self) -> list[str]:
        """The servers on which the domain runs."""
        return [server for server in ("one", "two") if self.domains(server).get("web.demo") == "r-----"]

    def put(self, server: str, domain: str, state: str = "r-----") -> None:
        """Pretend that a domain is there, with its volume active."""
        volume = VOLUME[2]
        (self.folder / server / "active" / volume).touch()
        (self.folder / server / "domains" / domain).write_text(f"7 {state} 256 1 {UUID} {volume}\n")

    def active(self, server: str) -> list[str]:
        """The volumes that are active on a server."""
        return sorted(file.name for file in (self.folder / server / "active").iterdir())

    def tags(self) -> set[str]:
        """The tags of the volume."""
        return set((self.folder / "volumes").read_text().strip().split("|")[3].split(","))

    def fault(self, server: str, word: str) -> None:
        """Let migrations break: see the stand-in."""
        (self.folder / server / "fault").write_text(word)

    def log(self) -> list[str]:
        """What was done, on both servers."""
        file = self.folder / "log"
        return file.read_text().splitlines() if file.exists() else []


def pair(folder: Path, tags: str = TAGS + ",mlnc.server=one") -> Pair:
    """Two servers, the volume of ``web`` on the first, nothing running."""
    needs_root()
    made = Pair(folder)
    hosts = {
        name: service_host(address=name, projects=str(folder / name / "root")) for name in ("one", "two")
    }
    lay(folder, deployed_library(course(project(), service_hosts=hosts)))
    for name in hosts:
        for part in ("bin", "domains", "active", "root/demo/generations"):
            (folder / name / part).mkdir(parents=True)
        for command in COMMANDS:
            (folder / name / "bin" / command).symlink_to(DATA / "pair/stand-in")
    (folder / "volumes").write_text(f"web.demo|4294967296||{tags}\n")
    (folder / "one/active/web.demo").touch()
    return made


def said(done: subprocess.CompletedProcess[str], status: int = 0) -> str:
    """All that a step said; it must have ended with that status."""
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
