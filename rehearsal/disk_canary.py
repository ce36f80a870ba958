"""Canaries: short texts on the disks of guests that show data loss.

A canary is written to every root disk before an upgrade. A guest that shuts down or migrates writes a newer one
(``fakes/word.sh``). After the upgrade each disk must hold the last canary that its guest wrote.
"""

import os
import subprocess
from collections.abc import Container, Iterator
from pathlib import Path

from mlnc.ir.model import Course, Host
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.volume_images import image

_TOOLS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def write_canaries(folder: Folder, course: Course) -> None:
    """Write a canary to the root disk of every Xen host of *course* that has one."""
    folder.words.mkdir(exist_ok=True)
    for name, host in _hosts(course):
        root = _root(folder, host)
        if root is not None:
            canary = f"{name} wrote this."
            _run(folder, "write_word", str(root), canary)
            _record(folder, host).write_text(f"{canary}\n")


def lost_canaries(folder: Folder, old: Course, new: Course, consented: Container[str] = ()) -> list[str]:
    """Report, one line each, the hosts of *old* whose root disk does not hold the last canary of its guest.

    A host with the same UUID in *new* is checked at its location there, a removed host at its old location.
    *consented* are hosts whose data may be lost, as PROJECT/HOST, by their names in *new*.
    """
    now = {host.uuid: (name, host) for name, host in _hosts(new)}
    found = []
    for name, host in _hosts(old):
        record = _record(folder, host)
        new_name, new_host = now.get(host.uuid, (name, host))
        if new_name not in consented and record.exists():
            written = record.read_text().strip()
            root = _root(folder, new_host)
            read = _run(folder, "read_word", str(root)) if root else "nothing: the disk does not exist"
            if read != written:
                found.append(
                    f"{name}: the guest wrote {written!r}, its root disk holds {read or 'nothing'!r}"
                )
    return found


def _hosts(course: Course) -> Iterator[tuple[str, Host]]:
    for project, each in sorted(course.projects.items()):
        for name, host in each.xen_hosts().items():
            yield f"{project}/{name}", host


def _root(folder: Folder, host: Host) -> Path | None:
    root = host.volumes.get("root")
    return image(folder, host.service_host, root) if root else None


def _record(folder: Folder, host: Host) -> Path:
    """Record of the last canary of the guest; the fakes derive the same file name."""
    device = next(disk.device for disk in host.disks if disk.role == "root")
    return folder.words / f"{host.uuid}.{device}"


def _run(folder: Folder, *words: str) -> str:
    """Output of a function of ``word.sh``."""
    script = f'. "{folder.fakes}/word.sh"; "$@"'
    environment = {**os.environ, "PATH": _TOOLS}
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()
