"""A copy of examples/lab that is built and deployed in the laboratory as a person would."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlnc.compiler.codec import load_project
from mlnc.compiler.ir import Host, Project
from mlnc.lab.guests import Identity, identity
from mlnc.lab.layout import Lab, Server

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class LabCourse:
    """Its sources, and what they are compiled to."""

    lab: Lab
    sources: Path
    out: Path

    def build(self) -> None:
        """Compile the sources."""
        self._run("mlnc", "build", self.sources, "-o", self.out)

    def invoke(self, command: str, *words: str, status: int = 0) -> str:
        """Run a command of the runner, which must end with *status*; what it prints."""
        return self._run("invoke", "-r", ROOT, command, "--out", self.out, *words, status=status)

    def data(self, command: str, *words: str, status: int = 0) -> Any:
        """The JSON that a command of the runner prints."""
        return json.loads(self.invoke(command, "--json", *words, status=status))

    def hosts(self) -> dict[str, Host]:
        """What the IR says of each host, by the name of its domain."""
        return {host.domain: host for project in self.projects() for host in project.hosts.values()}

    def projects(self) -> list[Project]:
        """The IR of each project."""
        return [load_project(file.read_text()) for file in sorted((self.out / "ir").glob("lab*.yaml"))]

    def server(self, name: str) -> Server:
        """The service host that the site file calls *name*."""
        return self.lab.server(int(name.removeprefix("xen")))

    def ask(self, host: Host, seconds: int = 20) -> Identity | None:
        """What the guest of *host* says of itself, asked from the first server; None where it does not answer."""
        return identity(self.lab, self.lab.server(1), address(host), seconds)

    def _run(self, module: str, *words: str | Path, status: int = 0) -> str:
        path = f"{self.lab.programs}:{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"status {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout


def address(host: Host) -> str:
    """The address of its first card."""
    found = host.interfaces["eth0"].address
    assert found is not None
    return str(found)


def lay_course(lab: Lab, folder: Path) -> LabCourse:
    """Copy the example into *folder*, give it passwords and build it."""
    made = LabCourse(lab, folder / "sources", folder / "out")
    if not made.sources.exists():
        shutil.copytree(
            ROOT / "examples" / "lab", made.sources, ignore=shutil.ignore_patterns("secrets.yaml")
        )
        made._run("mlnc", "secrets", made.sources)
    made.build()
    return made
