"""Courses on a farm: written, built, and worked with by the commands of the runner."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from invoke.collection import Collection
from invoke.program import Program
from sshd_farm import Farm

from mlnc.runner import tasks

PASSWORD = "wandering-otter-71"
"""The value of every secret of the small course."""

SITE = """\
service_host {name} {{
	address {address}
	memory 24G
	lvm_vg course_vg
	templates {templates}
	projects {root}
	xen_kernel /boot/vmlinuz-guest
}}
"""

SAN = """\
service_host {name} {{
	address {name}
	port {port}
	memory 24G
	lvm_vg course_vg
	san_path course_vg
	templates {templates}
	projects {root}
	xen_kernel /boot/vmlinuz-guest
}}
"""

PROJECT = """\
global {{
	project {name}
}}
switch lan {{ }}
host linux {{
	xen
	lvm
	service_host {server}
	template linux.ext4
	memory {memory}
	root_passwd @secret/root
	network eth0 {{
		switch lan
		address 10.0.0.1/24
	}}
	startup {{
		echo {startup}
	}}
}}
host windows {{
	xen
	hvm
	lvm
	service_host {other}
	template windows.fat32
	memory 256M
	vncpasswd @secret/vnc
	vncdisplay {number}
}}
"""


@dataclass
class Deployment:
    """A course, its output folder, and the farm it goes to."""

    farm: Farm
    course: Path
    out: Path

    def write_project(self, name: str, server: str, other: str = "", **changes: Any) -> None:
        """Write the source of a project with two hosts, the second on *other* if that is given."""
        facts = {"memory": "128M", "startup": "hello", "number": 1} | changes
        text = PROJECT.format(name=name, server=server, other=other or server, **facts)
        (self.course / f"{name}.mln").write_text(text)

    def edit(self, project: str, old: str, new: str) -> None:
        """Change a word in the source of *project*, once, and build."""
        file = self.course / f"{project}.mln"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        self.build()

    def share(self) -> None:
        """Let the two servers share their volumes, and reach each other."""
        first, second = self.farm.servers.values()
        templates = self.course.parent / "templates"
        (self.course / "site.mln").write_text(
            "".join(
                SAN.format(name=each.name, port=each.port, templates=templates, root=each.root)
                for each in (first, second)
            )
        )
        table = second.folder / "volumes"
        with (first.folder / "volumes").open("a") as shared:
            shared.write(table.read_text() if table.exists() else "")
        table.unlink(missing_ok=True)
        table.symlink_to(first.folder / "volumes")
        for server in (first, second):
            (server.folder / "bin" / "ssh").symlink_to(self.farm.folder / "bin" / "ssh")

    def build(self) -> None:
        """Compile the course."""
        words = [sys.executable, "-m", "mlnc", "build", str(self.course), "-o", str(self.out)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, command: str, *words: str, status: int = 0) -> str:
        """Run a command of the runner, which must end with *status*; what it prints, errors too."""
        text = io.StringIO()
        program = Program(namespace=Collection.from_module(tasks), name="invoke", binary="invoke")
        code: object = 0
        with redirect_stdout(text), redirect_stderr(text):
            try:
                program.run(["invoke", command, "--out", str(self.out), *words])
            except SystemExit as ended:
                code = ended.code
        assert code == status, f"status {code}:\n{text.getvalue()}"
        return text.getvalue()

    def process(self, command: str, *words: str) -> subprocess.Popen[str]:
        """The command as a process and a session of its own, which prints to one pipe."""
        folder = self.out.parent
        (folder / "tasks.py").write_text("from mlnc.runner.tasks import *\n")
        line = [sys.executable, "-m", "invoke", command, "--out", str(self.out), *words]
        return subprocess.Popen(
            line,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def data(self, command: str, *words: str, status: int = 0) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(command, "--json", *words, status=status))


def empty_course(farm: Farm, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """No project yet on the servers of *farm*, whose ssh the runner finds; not built."""
    monkeypatch.setenv("PATH", farm.path)
    made = Deployment(farm, folder / "course", folder / "out")
    made.course.mkdir()
    templates = folder / "templates"
    templates.mkdir()
    for name in ("linux.ext4", "windows.fat32"):
        (templates / name).write_bytes(b"template" * 512)
    (made.course / "site.mln").write_text(
        "".join(
            SITE.format(name=name, address=name, templates=templates, root=farm[name].root)
            for name in farm.servers
        )
    )
    secrets = made.course / "secrets.yaml"
    secrets.touch(0o600)
    secrets.write_text(f"secrets:\n  root: {PASSWORD}\n  vnc: {PASSWORD}\n")
    return made


def small_course(farm: Farm, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Three projects on the servers of *farm*: two on the first, the third on two servers; built."""
    made = empty_course(farm, folder, monkeypatch)
    names = list(farm.servers)
    made.write_project("ada", names[0])
    made.write_project("bob", names[0], number=2)
    made.write_project("eve", names[0], names[-1], number=3)
    made.build()
    return made
