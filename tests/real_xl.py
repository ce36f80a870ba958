"""The real xl without a hypervisor: its own options, libxl and migration protocol over a pretended host.

``tests/data/dom0`` stands in for what is below libxl, and is built here with the C compiler. Its domains have neither
memory nor running devices; that their disks are there is looked for by libxl itself.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

XL = Path("/usr/lib/xen-4.17/bin/xl")
SOURCES = Path(__file__).parent / "data" / "dom0"


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

        The host's domains are in the folder *state*. The file ``disks`` there lists paths, one a line, that are taken for
        block devices; other disks have to exist. The call *fail* breaks: suspend, restore or unpause.
        """
        state.mkdir(exist_ok=True)
        command.unlink(missing_ok=True)
        variables = f"LD_PRELOAD={self.library} XL_STATE={state} XL_FAIL={fail}"
        command.write_text(f'#!/bin/sh\n{variables} exec {XL} "$@"\n')
        command.chmod(0o755)


def build(folder: Path) -> RealXl:
    """Compile the pretended host into *folder*."""
    library = folder / "dom0.so"
    sources = sorted(SOURCES.glob("*.c"))
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-D_GNU_SOURCE"]
    subprocess.run(["gcc", *options, "-o", library, *sources], check=True)
    return RealXl(library)
