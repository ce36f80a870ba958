"""The real xl without a hypervisor: its own options, libxl and migration protocol over a pretended host.

``tests/data/dom0`` stands in for what is below libxl, and is built here with the C compiler. Its domains have neither
memory nor running devices; that their disks are there is looked for by libxl itself.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from checkout import TESTS

XL = Path("/usr/lib/xen-4.17/bin/xl")
OPTIONS = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-D_GNU_SOURCE"]
DATA = TESTS / "data"


def missing() -> str | None:
    """Why the real xl cannot be run here, or None."""
    needed = {
        "xen-utils-4.17": XL.exists(),
        "libxen-dev": Path("/usr/include/libxl.h").exists(),
        "gcc": shutil.which("gcc"),
    }
    absent = [package for package, there in needed.items() if not there]
    return f"not installed: {', '.join(absent)}" if absent else None


@dataclass(frozen=True)
class RealXl:
    """The real xl over the built *library*."""

    library: Path

    def put(self, command: Path, state: Path, fail: str = "") -> None:
        """Make the file *command* the xl of a host.

        The host's domains are in the folder *state*. The file ``disks`` there lists paths, one a line, that are taken
        for block devices; other disks have to exist. The call *fail* breaks: suspend, restore or unpause; hangup is an
        unpause that breaks together with the way back to the sender.
        """
        state.mkdir(exist_ok=True)
        _script(command, f'LD_PRELOAD={self.library} XL_STATE={state} XL_FAIL={fail} exec {XL} "$@"')


def domains(command: Path) -> dict[str, tuple[str, str]]:
    """State and UUID of each domain but the first by its name, from what the xl *command* lists."""
    listed = subprocess.run([command, "list", "-v"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()[2:]]
    return {row[0]: (row[4], row[6]) for row in rows}


def cut(command: Path, ssh: Path, at: str) -> None:
    """Make the file *command* the *ssh* of a host that loses the connection of each migration, see ``pair/cut``."""
    _script(command, f'CUT={at} CUT_SSH={ssh} exec {DATA}/pair/cut "$@"')


def nap(command: Path) -> None:
    """Make the file *command* a sleep that takes a quarter of the time: what is waited for is real, but quick."""
    _script(command, """exec /bin/sleep "$(awk -v seconds="$1" 'BEGIN { print seconds / 4 }')\"""")


def _script(file: Path, text: str) -> None:
    """Put a script of sh into the place of *file*, which may be a link."""
    file.unlink(missing_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def build(folder: Path) -> RealXl:
    """Compile the pretended host into *folder*."""
    library = folder / "dom0.so"
    sources = sorted((DATA / "dom0").glob("*.c"))
    subprocess.run(["gcc", *OPTIONS, "-o", library, *sources], check=True)
    return RealXl(library)
