"""Transport to a rehearsed service host: a command runs in its own name spaces, with the host's folder as root."""

import subprocess
from collections.abc import Iterable

from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.runner.connect.process import Ended, Listener, run_process

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
"""Options of unshare(1). The calling user is root inside the name spaces and has no extra rights outside."""


class FolderTransport:
    """A :class:`mlnc.runner.connect.transport.Transport` to the service host *server* of the rehearsal in *folder*."""

    def __init__(self, folder: Folder, server: str) -> None:
        self._words = enter_command(folder, server)

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on the rehearsed server."""
        return run_process([*self._words, command], stdin, listener)

    def cut(self) -> None:
        """Do nothing: there is no connection to cut, each command is a process of its own."""


def enter_command(folder: Folder, server: str) -> list[str]:
    """Command line that runs a shell command on *server*; append the shell command as the last argument."""
    enter = folder.fakes / "enter.sh"
    return ["unshare", *NAMESPACES, "--", "sh", str(enter), str(folder.path), server]


def missing() -> str | None:
    """Reason that this machine cannot rehearse, or None."""
    probe = ["unshare", *NAMESPACES, "--", "sh", "-c", "mount -t proc proc /proc"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unshare is not installed (Debian: util-linux)"
    if done.returncode == 0:
        return None
    return f"this system does not allow unprivileged user name spaces (user_namespaces(7)): {done.stderr.strip()}"
