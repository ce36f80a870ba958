"""What the laboratory needs of this machine."""

import os
import platform
import shutil

BUILD = ("bash", "debootstrap", "depmod", "dpkg-deb", "mke2fs", "modprobe", "ssh-keygen", "xz")
RUN = ("debugfs", "qemu-system-x86_64", "ssh", "ssh-keygen")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Lacking(Exception):
    """This machine cannot hold the laboratory; the text says what it lacks."""


def lacking(programs: tuple[str, ...]) -> str | None:
    """What this machine lacks of *programs*, or of being able to run them; None where it lacks nothing."""
    if platform.machine() != "x86_64":
        return f"the laboratory's images are for x86_64, this machine is {platform.machine()}"
    absent = [program for program in programs if shutil.which(program, path=_PATH) is None]
    if absent:
        return f"not installed: {', '.join(absent)}; as root, lab/install-packages installs them (Debian)"
    return None


def expect(programs: tuple[str, ...]) -> None:
    """Raise :class:`Lacking` where this machine lacks any of *programs*."""
    reason = lacking(programs)
    if reason:
        raise Lacking(reason)


def environment() -> dict[str, str]:
    """The environment for programs of the system: those for administrators are found too."""
    return {**os.environ, "PATH": _PATH, "LC_ALL": "C"}
