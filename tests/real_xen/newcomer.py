"""Somebody who follows docs/lab.md: its commands as they stand there, in a folder that looks like a checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlnc.ir.ir_yaml import load_project
from mlnc.ir.model import Host, Project
from mlnc.lab.guests import Identity, identity, ticks
from mlnc.lab.lab_paths import Lab

ROOT = Path(__file__).parent.parent.parent
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "lab.md").read_text(), re.MULTILINE | re.DOTALL)
BUILD, UP, DEPLOY, LOOK, MOVE, DOWN = COMMANDS
"""The commands of the page, a text for each example."""

_AUTHOR = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Newcomer"), ("EMAIL", "newcomer@example.org"))
}


@dataclass(frozen=True)
class Newcomer:
    """Works in *folder*, with the servers of *lab* and a copy of examples/lab."""

    lab: Lab
    folder: Path

    def settle(self) -> None:
        """Make the folder, unless it is there."""
        if self.folder.exists():
            return
        (self.folder / ".venv").mkdir(parents=True)
        (self.folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        (self.folder / ".lab").symlink_to(self.lab.folder)
        for name in ("lab", "tasks.py"):
            (self.folder / name).symlink_to(ROOT / name)
        ignored = shutil.ignore_patterns("secrets.yaml")
        shutil.copytree(ROOT / "examples" / "lab", self.folder / "examples" / "lab", ignore=ignored)

    def follow(self, commands: str, status: int = 0) -> str:
        """Run *commands* by a shell that stops at the first failure, which must end with *status*; their output."""
        done = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"status {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        """That of its commands."""
        path = f"{self.lab.programs}:{os.environ['PATH']}"
        return {**os.environ, **_AUTHOR, "MLNC_LAB": str(self.lab.folder), "PATH": path}

    def build(self) -> None:
        """Compile the course again."""
        self.follow(".venv/bin/mlnc build examples/lab -o .lab/out")

    def invoke(self, command: str, *words: str, status: int = 0) -> str:
        """Run a command of the runner, which must end with *status*; what it prints."""
        return self.follow(f".venv/bin/invoke {command} --out .lab/out {' '.join(words)}", status)

    def data(self, command: str, *words: str, status: int = 0) -> Any:
        """The JSON that a command of the runner prints."""
        return json.loads(self.invoke(command, "--json", *words, status=status))

    def hosts(self) -> dict[str, Host]:
        """What the IR says of each host, by the name of its domain."""
        return {host.domain: host for project in self.projects() for host in project.hosts.values()}

    def projects(self) -> list[Project]:
        """The IR of each project."""
        return [load_project(file.read_text()) for file in sorted((self.lab.folder / "out/ir").glob("lab*"))]

    def ask(self, host: Host, seconds: int = 20) -> Identity | None:
        """What the guest of *host* says of itself, asked from the first server; None where it does not answer."""
        return identity(self.lab, self.lab.server(1), address(host), seconds)

    def ticks(self, host: Host, seconds: int = 60) -> list[tuple[int, int]]:
        """What the guest of *host* ever wrote down, asked in the same way; empty where it does not answer."""
        return ticks(self.lab, self.lab.server(1), address(host), seconds)


def address(host: Host) -> str:
    """The address of its first card."""
    found = host.interfaces["eth0"].address
    assert found is not None
    return found
