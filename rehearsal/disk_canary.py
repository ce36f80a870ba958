"""Words on the disks of guests, by which one sees that a disk is still the one it was.

A word is written to every root disk before something is played. Guests that end in an orderly way, or move, write
further ones (``standins/word.sh``), as any guest writes until it ends. In the end each disk must hold the last.
"""

import os
import subprocess
from collections.abc import Container, Iterator
from pathlib import Path

from mlnc.ir.model import Course, Host
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.volume_images import image

_TOOLS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def write_words(folder: Folder, course: Course) -> None:
    """Write to the root of every host of *course* that is there."""
    folder.words.mkdir(exist_ok=True)
    for name, host in _hosts(course):
        place = _root(folder, host)
        if place is not None:
            word = f"{name} wrote this."
            _run(folder, "write_word", str(place), word)
            _record(folder, host).write_text(f"{word}\n")


def lost_words(folder: Folder, old: Course, new: Course, consented: Container[str] = ()) -> list[str]:
    """The hosts of *old*, as PROJECT/HOST, whose root does not hold what its guest wrote last, each as a line.

    A host that *new* has too, known by its UUID, is looked for where that has it; one that is gone, where it was.
    *consented* are those whose data may be lost, by the names that they have in *new*.
    """
    now = {host.uuid: (name, host) for name, host in _hosts(new)}
    found = []
    for name, host in _hosts(old):
        record = _record(folder, host)
        new_name, new_host = now.get(host.uuid, (name, host))
        if new_name not in consented and record.exists():
            said = record.read_text().strip()
            place = _root(folder, new_host)
            held = _run(folder, "read_word", str(place)) if place else "nothing, it is not there"
            if held != said:
                found.append(f"{name}: its guest wrote {said!r}, its root holds {held or 'no word'!r}")
    return found


def _hosts(course: Course) -> Iterator[tuple[str, Host]]:
    for project, each in sorted(course.projects.items()):
        for name, host in each.xen_hosts().items():
            yield f"{project}/{name}", host


def _root(folder: Folder, host: Host) -> Path | None:
    root = host.volumes.get("root")
    return image(folder, host.service_host, root) if root else None


def _record(folder: Folder, host: Host) -> Path:
    """Where the last word of the guest is noted; its name is that which the stand-ins know."""
    device = next(disk.device for disk in host.disks if disk.role == "root")
    return folder.words / f"{host.uuid}.{device}"


def _run(folder: Folder, *words: str) -> str:
    """What a function of ``word.sh`` prints."""
    script = f'. "{folder.standins}/word.sh"; "$@"'
    environment = {**os.environ, "PATH": _TOOLS}
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()
