"""Generated files laid out as on a service host, and the readers of shell that judge them."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from mlnc.ir.model import Course
from mlnc.output.artifact import LIBRARY, Artifact, Emitted, server_folder
from mlnc.targets.shell import shell_library


def texts(emitted: Emitted) -> dict[str, str]:
    """The text of each artifact by its path."""
    return {artifact.path: artifact.text for artifact in emitted.artifacts}


def codes(emitted: Emitted) -> list[tuple[str, str]]:
    """Code and place of each refusal, in their order."""
    return [(refusal.code, refusal.where) for refusal in emitted.refusals]


def lay(folder: Path, artifacts: Iterable[Artifact]) -> None:
    """Write *artifacts* below *folder*."""
    for artifact in artifacts:
        file = folder / artifact.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(artifact.text)
        file.chmod(0o755 if artifact.executable else 0o644)


def lay_course(folder: Path, course: Course, *emitted: Emitted) -> Path:
    """Write what was *emitted* for *course* and the library; returns the folder of the service hosts."""
    lay(folder, deployed_library(course))
    for each in emitted:
        lay(folder, each.artifacts)
    return folder / "hosts"


def deployed_library(course: Course) -> list[Artifact]:
    """Return the shell library as each service host has it: the shared files beside ``server.sh``."""
    made = shell_library.emit(course).artifacts
    shared = [artifact for artifact in made if artifact.path.startswith(f"{LIBRARY}/")]
    placed = [
        Artifact(f"{server_folder(name)}/{artifact.path}", artifact.text)
        for name in course.site.service_hosts
        for artifact in shared
    ]
    return placed + [artifact for artifact in made if artifact not in shared]


def stub(folder: Path, name: str, text: str) -> None:
    """Put a command of our own, a text of sh, into *folder*."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def run(
    *words: str | Path, path: Iterable[Path] = (), given: str = "", status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with the folders *path* before the system's, which must end with *status*."""
    folders = ":".join([*map(str, path), "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    done = subprocess.run(
        list(map(str, words)),
        env={"PATH": folders, **variables},
        input=given.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    said = done.stdout.decode(), done.stderr.decode()  # not text=True, which would change line ends
    assert done.returncode == status, f"{done.returncode}\n{said[0]}{said[1]}"
    return subprocess.CompletedProcess(done.args, done.returncode, *said)


def check_shell(folder: Path, *parts: str) -> None:
    """Every script below *folder*, and these *parts* of the library, are for sh and please shellcheck.

    Hooks are left out: they are the project's own text.
    """
    found = [file for file in sorted(folder.rglob("*.sh")) if file.parent.name not in ("hooks", "lib")]
    found += [file for part in parts for file in sorted(folder.rglob(f"lib/{part}.sh"))]
    assert len(found) > len(parts)
    for script in found:
        run("sh", "-n", script)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    run("shellcheck", "-s", "sh", *found)


def needs_root() -> None:
    """Skip the test where it does not run as root."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
