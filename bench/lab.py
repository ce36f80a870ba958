"""Servers for measurements: the farm of the tests, and ``course/`` spread over it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import Bundle, bundles
from mlnc.output.manifest import digest, load_manifest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from sshd_farm import Farm, Server, missing, sshd_farm  # noqa: E402 - it is a module of the tests

_SITE = """\
service_host {name} {{
	memory 64G
	lvm_vg course_vg
	templates {folder}
	files {folder}
	projects {root}
	xen_kernel /boot/vmlinuz-guest
}}
"""


@dataclass(frozen=True)
class Lab:
    """A farm, and the output folder of a course that goes there."""

    farm: Farm
    out: Path

    def reset(self) -> None:
        """Servers and records as if nothing had been deployed."""
        shutil.rmtree(self.out / "deployed", ignore_errors=True)
        for server in self.farm.servers.values():
            shutil.rmtree(server.root, ignore_errors=True)
            for name in ("configured", "etc", "domains", "locks"):
                shutil.rmtree(server.folder / name, ignore_errors=True)
            for name in ("etc", "domains", "locks"):
                (server.folder / name).mkdir()
            (server.folder / "volumes").unlink(missing_ok=True)
            for link in server.links() - {"xenbr0"}:
                command = ["nsenter", f"--net={server.folder}/net", "ip", "link", "delete", "dev", link]
                subprocess.run(command, check=True)

    def undone(self) -> list[str]:
        """The bundles that are not in force on their servers, every file of them."""
        return [
            f"{server}/{name}"
            for server, found in self.bundles().items()
            for name, bundle in found.items()
            if not _in_force(self.farm[server], bundle)
        ]

    def bundles(self) -> dict[str, dict[str, Bundle]]:
        """Every bundle by server and project."""
        manifest = load_manifest(self.out)
        assert manifest is not None
        return bundles(self.out, manifest)

    def plan(self, file: Path) -> None:
        """Write *file*: what engines are told that have no target of ours, ``bench/engines/work.py``."""
        folder = self.farm.folder
        servers = [
            {"name": name, "port": server.port, "root": str(server.root), "inbox": f"{server.folder}/inbox"}
            for name, server in self.farm.servers.items()
        ]
        files = {
            "key": f"{folder}/id",
            "known_hosts": f"{folder}/known_hosts",
            "files": f"{self.out}/ansible/files",
        }
        projects = {name for found in self.bundles().values() for name in found}
        secrets = {name: secret(name) for name in projects - {SERVER_ROOM}}
        file.write_text(json.dumps({**files, "secrets": secrets, "servers": servers}), encoding="utf-8")


def secret(project: str) -> str:
    """The value of the one secret that *project* has."""
    return f"ember-{project}"


@contextmanager
def lab(folder: Path, servers: int, projects: int = 60) -> Iterator[Lab]:
    """The first *projects* of ``course/``, built for so many *servers*, which run. Exits where there can be none."""
    reason = missing()
    if reason:
        sys.exit(f"no servers here: {reason}")
    names = [f"server{number:02}" for number in range(1, servers + 1)]
    (folder / "farm").mkdir()
    with sshd_farm(folder / "farm", {name: name for name in names}) as farm:
        with open(farm.folder / "ssh_config", "a", encoding="utf-8") as settings:
            # The key exchange that all engines know: paramiko has none of those that withstand quantum computers.
            settings.write(" KexAlgorithms curve25519-sha256\n")
        _write_course(folder, farm, projects)
        command = [sys.executable, "-m", "mlnc", "build", str(folder / "course"), "-o", str(folder / "out")]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        (folder / "tasks.py").write_text("from mlnc.runner.tasks import *  # noqa: F403\n")
        yield Lab(farm, folder / "out")


def _write_course(folder: Path, farm: Farm, projects: int) -> None:
    names = list(farm.servers)
    course = folder / "course"
    course.mkdir()
    shutil.copy(ROOT / "course/oscourse.mln", course)
    groups = sorted((ROOT / "course").glob("group*.mln"))[:projects]
    for number, group in enumerate(groups):
        text = re.sub(r"\$server = \w+", f"$server = {names[number % len(names)]}", group.read_text())
        (course / group.name).write_text(text)
    site = [_SITE.format(name=name, folder=folder, root=farm[name].root) for name in names]
    (course / "site.mln").write_text("".join(site))
    for template in ("ubuntu-server.ext4", "winxp.fat32"):
        (folder / template).write_bytes(b"template" * 512)
    secrets = course / "secrets.yaml"
    secrets.touch(0o600)
    secrets.write_text("secrets:\n" + "".join(f"  {group.stem}: {secret(group.stem)}\n" for group in groups))


def _in_force(server: Server, bundle: Bundle) -> bool:
    """Whether the server's record and its files are those of *bundle*, and nothing is left to be done."""
    home = server.root / bundle.project
    if not (home / "state").exists():
        return False
    state = server.state(bundle.project)
    files = {path: home / "current" / path for path in bundle.places}
    return (state["applied"], state["pending"]) == (bundle.generation, "-") and all(
        file.is_file() and digest(file.read_bytes()) == bundle.hashes[path] for path, file in files.items()
    )
