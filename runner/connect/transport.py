"""Transports: the narrow interface through which a command reaches a service host, and its two implementations.

A command is a line for ``sh``. Its standard input is a series of pieces, each of which is sent as soon as it exists, so
that no byte of it touches a disk or a command line.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from mlnc.ir.model import ServiceHost
from mlnc.runner.connect.process import Ended, Listener, run_process


class Transport(Protocol):
    """Connection to one service host."""

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on the server by ``sh -c`` with *stdin*; *listener* gets each line of its output."""

    def cut(self) -> None:
        """Close the connection, whatever still runs over it. Without this call it closes after the last command."""


OpenTransport = Callable[[ServiceHost, Path], Transport]
"""Makes the transport to a server. The folder is private to it and short: the path of a socket has 104 bytes."""


class LocalTransport:
    """Transport to this machine: commands run as the user of the runner."""

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on this machine."""
        return run_process(("/bin/sh", "-c", command), stdin, listener)

    def cut(self) -> None:
        """Do nothing: there is no connection."""


class SshTransport:
    """Transport through the system's ssh. The first command opens one connection, which all others share.

    The connection lasts until the last of the commands has ended. Keys, agents, jump hosts and known hosts are those
    of the user's configuration. An unknown or changed host key is refused whatever is configured, and ssh never asks
    for a password.
    """

    def __init__(self, server: ServiceHost, folder: Path) -> None:
        self._ssh = ("ssh", *_ssh_options(server, folder / "mux"))
        self._address = server.address

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on the server. The status is UNREACHABLE if the connection fails or breaks."""
        return run_process((*self._ssh, "--", self._address, command), stdin, listener)

    def cut(self) -> None:
        """Close the shared connection, whatever runs over it."""
        run_process((*self._ssh, "-O", "exit", "--", self._address), (), _ignore_line)


def open_transport(server: ServiceHost, folder: Path) -> Transport:
    """Return the transport to *server*: none is needed to this machine, ssh to any other."""
    return LocalTransport() if is_own_address(server.address) else SshTransport(server, folder)


def is_own_address(address: str) -> bool:
    """Tell if *address* is this machine: ``localhost``, its name, or one of its addresses. Asks no name server."""
    name = socket.gethostname().lower()
    if address.lower() in {"localhost", name, name.partition(".")[0]}:
        return True
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    except ValueError:
        return False
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))  # only an own address can be bound
        except OSError:
            return False
    return True


def _ssh_options(server: ServiceHost, socket_path: Path) -> list[str]:
    """Options of ssh_config(5) that mlnc sets, and the user and port of the site file."""
    settings = (
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "LogLevel=ERROR",
        "ConnectTimeout=15",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=4",
        "ForwardX11=no",
        "ForwardAgent=no",
        "RequestTTY=no",
        "ControlMaster=auto",
        # The command that opens the connection keeps it: no process stays behind, and none is needed to end one.
        "ControlPersist=no",
        f"ControlPath={socket_path}",
    )
    words = [word for setting in settings for word in ("-o", setting)]
    words += ["-l", server.user] if server.user else []
    words += ["-p", str(server.port)] if server.port else []
    return words


def _ignore_line(line: str) -> None:
    del line
