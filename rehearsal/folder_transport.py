"""The way to a rehearsed service host: a command runs in name spaces of its own, with the host's folder as root."""

import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from invoke.context import Context

from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.runner.connect.transport import Ended, Listener, Local

NAMESPACES = (
    "--user",
    "--map-root-user",
    "--mount",
    "--net",
    "--ipc",
    "--uts",
    "--pid",
    "--fork",
    "--kill-child",
)
"""Options of unshare(1). The user that runs the rehearsal is root there, and nobody special outside."""


class Rehearsal:
    """A :class:`mlnc.runner.connect.transport.Transport` to the service host *server* of the rehearsal in *folder*."""

    def __init__(self, context: Context, folder: Folder, server: str, private: Path) -> None:
        self._local = Local(context, private)
        self._words = [*entering(folder, server)]

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on the rehearsed server."""
        return self._local.run(shlex.join([*self._words, command]), stdin, listener)

    def cut(self) -> None:
        """There is no connection: each command runs by itself."""


def entering(folder: Folder, server: str) -> list[str]:
    """The command line that runs a text of sh, to be added as its last word, on *server*."""
    enter = folder.standins / "enter.sh"
    return ["unshare", *NAMESPACES, "--", "sh", str(enter), str(folder.path), server]


def missing() -> str | None:
    """Why nothing can be rehearsed on this machine, or None."""
    probe = ["unshare", *NAMESPACES, "--", "sh", "-c", "mount -t proc proc /proc"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unshare is not installed (Debian: util-linux)"
    if done.returncode == 0:
        return None
    return f"this system does not let you have name spaces of your own (user_namespaces(7)): {done.stderr.strip()}"
