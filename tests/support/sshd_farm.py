"""Service hosts for tests: a real sshd each, on a port of the loopback, with what a dom0 has stood in for.

The connection, the files, the locks and every generated script are real. ``tests/data/farm/stand-in`` says what stands
in for LVM, Xen and the guests' disks. Needs root, sshd and network namespaces.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checkout import TESTS

DATA = TESTS / "data"
COMMANDS = (
    *(
        "lvs",
        "vgs",
        "lvcreate",
        "lvchange",
        "lvremove",
        "blockdev",
        "blkdiscard",
        "dd",
        "e2fsck",
        "resize2fs",
    ),
    *("mkswap", "unshare", "ip", "bridge", "ping", "pvscan", "sleep", "xenstore-read", "systemctl", "xl"),
)
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str | None:
    """Why there can be no farm here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [
        tool
        for tool in ("sshd", "ssh", "ssh-keygen", "nsenter", "unshare", "flock", "ip")
        if not _which(tool)
    ]
    if absent:
        return f"not installed: {', '.join(absent)}"
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return None if probe.returncode == 0 else "needs network namespaces"


def _which(tool: str) -> str | None:
    return shutil.which(tool, path=SYSTEM_PATH)


def _children(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def _descendants(process: int) -> list[int]:
    return [each for child in _children(process) for each in (child, *_descendants(child))]


def _commands(session: int) -> list[int]:
    """What a session of sshd runs; with privilege separation, a process of sshd's own stands between."""
    children = _children(session)
    return [each for child in children for each in (_children(child) if _name(child) == "sshd" else [child])]


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _kill(processes: Iterable[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@dataclass
class Server:
    """One service host: its name, its folder, the port of its sshd.

    *variables* are what commands find in their environment, and *within* the words that run the sshd in a namespace.
    """

    name: str
    folder: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    within: list[str] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def configuration(self) -> str:
        """What sshd_config(5) says but for the environment."""
        return (
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.folder / 'hostkey'}\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder.parent / 'id.pub'}\nStrictModes no\nPermitRootLogin yes\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxSessions 50\n"
            "PerSourceMaxStartups none\nSubsystem sftp internal-sftp\n"
        )

    @property
    def root(self) -> Path:
        """The folder of mlnc on this server (``projects`` in its site file)."""
        return self.folder / "root"

    def stand_in(self, *commands: str) -> None:
        """Stand in for more commands."""
        for command in commands:
            (self.folder / "bin" / command).symlink_to(DATA / "farm" / "stand-in")

    def stub(self, command: str, text: str) -> None:
        """Put a script of sh in the place of a command, the stand-in's too."""
        file = self.folder / "bin" / command
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def domains(self) -> set[str]:
        """The names of the domains that run."""
        return {file.name for file in (self.folder / "domains").iterdir() if not file.name.startswith(".")}

    def volumes(self) -> dict[str, str]:
        """The tags of each volume by its name."""
        file = self.folder / "volumes"
        rows = [line.split("|") for line in file.read_text().splitlines()] if file.exists() else []
        assert len({row[0] for row in rows}) == len(rows), "a volume stands twice in the table"
        return {row[0]: row[4] for row in rows}

    def links(self) -> set[str]:
        """The bridges of the server's network namespace."""
        found = subprocess.run(
            ["nsenter", f"--net={self.folder}/net", "ip", "-br", "link", "show", "type", "bridge"],
            capture_output=True,
            text=True,
            check=True,
        )
        return {line.split()[0] for line in found.stdout.splitlines()}

    def state(self, project: str) -> dict[str, str]:
        """What the server's state file says of a project."""
        lines = (self.root / project / "state").read_text().splitlines()
        return {word: value for word, _, value in (line.partition(" ") for line in lines)}

    def sessions(self) -> list[int]:
        """The processes of sshd that serve a connection now."""
        return _children(self.processes[0].pid)

    def cut(self) -> None:
        """Cut every connection, as if the network were gone."""
        _kill(self.sessions())

    def kill_shells(self) -> None:
        """Kill what each connection runs here: the command alone, not what it has started in turn."""
        for session in self.sessions():
            _kill(_commands(session))

    def kill_steps(self) -> None:
        """Kill what each connection's command has begun, down to the last program."""
        for session in self.sessions():
            for command in _commands(session):
                _kill(_descendants(command))

    def stop(self) -> None:
        """Let nobody in any more."""
        self.cut()
        self.processes[0].terminate()
        self.processes[0].wait()

    def start(self) -> None:
        """Run the sshd, with the *variables* as they are now."""
        settings = " ".join(f"{word}={value}" for word, value in self.variables.items())
        (self.folder / "sshd_config").write_text(f"{self.configuration}SetEnv {settings}\n")
        words = [
            *self.within,
            _which("sshd") or "sshd",
            "-D",
            "-f",
            self.folder / "sshd_config",
            "-E",
            self.folder / "sshd.log",
        ]
        self.processes[:1] = [subprocess.Popen(list(map(str, words)))]
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "sshd.log").read_text())


@dataclass
class Farm:
    """Service hosts by name, and the folder whose ``ssh`` finds them."""

    folder: Path
    servers: dict[str, Server]

    @property
    def path(self) -> str:
        """A PATH whose ssh reads the farm's configuration."""
        return f"{self.folder / 'bin'}:{os.environ['PATH']}"

    def __getitem__(self, name: str) -> Server:
        return self.servers[name]


@contextmanager
def sshd_farm(folder: Path, hosts: dict[str, str]) -> Iterator[Farm]:
    """A farm in *folder*: *hosts* gives the address that stands in the site file for each name."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    os.makedirs("/run/sshd", exist_ok=True)
    _key(folder / "id")
    servers = {name: _server(folder, name) for name in hosts}
    _client(folder, hosts, servers.values())
    try:
        for server in servers.values():
            server.start()
            server.processes.append(_namespace(server.folder / "net"))
        yield Farm(folder, servers)
    finally:
        for server in servers.values():
            server.cut()
            for process in server.processes:
                process.kill()
                process.wait()
            subprocess.run(["umount", server.folder / "net"], check=False, capture_output=True)


def _server(folder: Path, name: str) -> Server:
    home = folder / name
    for part in ("bin", "domains", "locks", "etc"):
        (home / part).mkdir(parents=True)
    _key(home / "hostkey")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(name, home, port, _variables(home))
    server.stand_in(*COMMANDS)
    return server


def _variables(home: Path) -> dict[str, str]:
    """The environment in which the commands of a server's stand-ins come first."""
    return {
        # Not root's own, whose shell may start up with what this machine has there.
        "HOME": str(home),
        "SERVER": str(home),
        "TOOLSTACK": str(home / "domains"),
        "PRETENDED": str(DATA / "toolstack"),
        "MLNC_ETC": str(home / "etc"),
        "MLNC_LOCK_DIR": str(home / "locks"),
        "MLNC_PORT_SECONDS": "0",
        "PATH": f"{home / 'bin'}:{SYSTEM_PATH}",
    }


def _client(folder: Path, hosts: dict[str, str], servers: Iterable[Server]) -> None:
    """The client's configuration, known hosts, and an ssh that uses them."""
    known, blocks = [], []
    for server in servers:
        key = " ".join((server.folder / "hostkey.pub").read_text().split()[:2])
        known.append(f"[127.0.0.1]:{server.port} {key}\n")
        blocks.append(f"Host {hosts[server.name]}\n HostName 127.0.0.1\n Port {server.port}\n")
    (folder / "known_hosts").write_text("".join(known))
    (folder / "ssh_config").write_text(
        "".join(blocks) + f"Host *\n IdentityFile {folder / 'id'}\n IdentitiesOnly yes\n User root\n"
        f" UserKnownHostsFile {folder / 'known_hosts'}\n GlobalKnownHostsFile /dev/null\n"
    )
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {_which("ssh")} -F {folder / "ssh_config"} "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)


def _key(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def _namespace(handle: Path) -> subprocess.Popen[bytes]:
    """A network namespace with the bridge of the server's own, held by *handle* and a process."""
    handle.touch()
    setup = "ip link add dev xenbr0 type bridge && ip link set dev lo up && echo ready && exec sleep infinity"
    keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", setup], stdout=subprocess.PIPE)
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == b"ready\n"
    subprocess.run(["mount", "--bind", f"/proc/{keeper.pid}/ns/net", handle], check=True)
    return keeper
