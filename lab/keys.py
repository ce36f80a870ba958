"""Keys of the laboratory, made once: of this machine, and of each service host as a server and as root of a peer."""

import os
import shlex
import subprocess
from pathlib import Path

from mlnc.lab.lab_paths import SERVERS, Lab, Server


def desk_key(lab: Lab) -> Path:
    """The key with which this machine logs in."""
    return lab.keys / "desk"


def root_key(lab: Lab, server: Server) -> Path:
    """The key with which root of *server* logs in at its peers, as ``xl migrate`` needs it."""
    return lab.keys / f"root-{server.name}"


def host_key(lab: Lab, server: Server) -> Path:
    """The key by which *server* is known."""
    return lab.keys / f"host-{server.name}"


def make_keys(lab: Lab) -> None:
    """Make those that are absent, for every server that there may be."""
    lab.keys.mkdir(parents=True, exist_ok=True)
    wanted = [desk_key(lab)]
    for server in _all(lab):
        wanted += [root_key(lab, server), host_key(lab, server)]
    for key in wanted:
        if not key.exists():
            words = [
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                f"mlnc-lab-{key.name}",
                "-f",
                str(key),
            ]
            subprocess.run(words, check=True)


def authorized_keys(lab: Lab) -> str:
    """Who may log in as root: this machine and every server."""
    keys = [desk_key(lab), *(root_key(lab, server) for server in _all(lab))]
    return "".join(key.with_suffix(".pub").read_text() for key in keys)


def known_hosts(lab: Lab) -> str:
    """Every server's key, under its name and its address."""
    return "".join(
        f"{server.name},{server.address} {host_key(lab, server).with_suffix('.pub').read_text()}"
        for server in _all(lab)
    )


def write_ssh_config(lab: Lab, ports: dict[str, int]) -> None:
    """Write how ssh of this machine reaches the servers, whose *ports* on the loopback are given by their names.

    The file may be included in ``~/.ssh/config``; the folder ``bin`` holds an ``ssh`` that reads nothing else.
    """
    blocks = [
        f"Host {server.name} {server.address}\n"
        f"    HostName 127.0.0.1\n    Port {ports[server.name]}\n    HostKeyAlias {server.name}\n"
        for server in _all(lab)
        if server.name in ports
    ]
    names = " ".join(f"{server.name} {server.address}" for server in _all(lab))
    lab.ssh_config.write_text(
        "".join(blocks) + f"Host {names}\n    User root\n    IdentityFile {_quoted(desk_key(lab))}\n"
        f"    IdentitiesOnly yes\n    UserKnownHostsFile {_quoted(lab.keys / 'known_hosts')}\n"
        "    GlobalKnownHostsFile /dev/null\n    LogLevel ERROR\n"
    )
    (lab.keys / "known_hosts").write_text(known_hosts(lab))
    lab.programs.mkdir(exist_ok=True)
    wrapper = lab.programs / "ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {_system_ssh(lab)} -F {shlex.quote(str(lab.ssh_config))} "$@"\n')
    wrapper.chmod(0o755)


def _all(lab: Lab) -> list[Server]:
    return [lab.server(number) for number in range(1, SERVERS + 1)]


def _quoted(path: Path) -> str:
    """A path for ssh_config(5), which may hold blanks."""
    return f'"{path}"'


def _system_ssh(lab: Lab) -> str:
    """The ssh that is found on PATH outside the laboratory."""
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        found = Path(folder or ".") / "ssh"
        if found.exists() and found.resolve().parent != lab.programs:
            return shlex.quote(str(found))
    return "/usr/bin/ssh"
