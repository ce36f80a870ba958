"""How a command reaches a service host: one narrow interface, and the two ways there are, ssh and none at all.

A command is a line for ``sh``; what it reads on standard input travels through a FIFO in a private folder, so that no
byte of it touches a disk or a command line. It is a series of pieces, each sent as soon as it is there.
"""

import ipaddress
import os
import shlex
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from invoke.context import Context
from invoke.exceptions import Failure, ThreadException
from invoke.runners import Local as InvokesRunner

from mlnc.ir.model import ServiceHost

Listener = Callable[[str], None]
"""Is given each line of output, without its end, as it comes."""

UNREACHABLE = 255
"""The exit status of ssh(1) when the connection failed or broke; no verb of ours ends with it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, and what the way there had to say (messages of ssh)."""

    status: int
    errors: str


class Transport(Protocol):
    """The way to one service host."""

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* there by ``sh -c`` with *stdin*; *listener* gets each line it prints."""

    def cut(self) -> None:
        """Cut off what still runs over the connection, if there is one. It closes by itself after the last command."""


class PatientRunner(InvokesRunner):
    """Invoke's own runner asks a hundred times a second whether a command has ended; this one is woken when it has.

    That matters where many servers are waited for: asking on behalf of ten kept half a processor busy.
    """

    def wait(self) -> None:
        """Block until the command has ended, or what takes its output has failed."""
        for thread in self.threads.values():
            while thread.is_alive() and not self.has_dead_threads:
                thread.join(1)
        if not self.has_dead_threads:
            self.process.wait()


class Local:
    """This machine: the command runs here, as the user of the desk."""

    def __init__(self, context: Context, folder: Path) -> None:
        # Invoke makes its configuration anew for each change, while other threads may run commands by it: one change.
        if context.config.runners.local is not PatientRunner:
            context.config.runners.local = PatientRunner
        self._context = context
        self._folder = folder
        self._numbers = count()

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on this machine."""
        with _fed(self._folder / f"in{next(self._numbers)}", stdin) as fifo:
            lines, errors = _Lines(listener), _Lines()
            try:
                result = self._context.run(
                    f"{command} <{shlex.quote(str(fifo))}",
                    hide=True,
                    warn=True,
                    pty=False,
                    echo=False,
                    dry=False,
                    in_stream=False,
                    out_stream=lines,
                    err_stream=errors,
                    encoding="utf-8",
                    shell="/bin/sh",
                )
            except (Failure, ThreadException) as error:
                return Ended(UNREACHABLE, str(error))
        lines.flush_rest()
        return Ended(UNREACHABLE if result is None else result.exited, errors.all.strip())

    def cut(self) -> None:
        """There is no connection."""


class Ssh:
    """A server behind the system's ssh: the first command opens one connection, which all others share.

    The connection lasts until the last of the commands has ended. Keys, agents, jump hosts and known hosts are as the
    user has them. An unknown or changed host key is refused whatever is configured, and nothing ever asks for a
    password.
    """

    def __init__(self, context: Context, server: ServiceHost, folder: Path, name: str) -> None:
        self._local = Local(context, folder)
        self._start = f"exec ssh {_ssh_options(server, folder / name)}"
        self._destination = shlex.quote(server.address)

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Run *command* on the server."""
        return self._local.run(
            f"{self._start} -- {self._destination} {shlex.quote(command)}", stdin, listener
        )

    def cut(self) -> None:
        """Close the shared connection, whatever runs over it."""
        self._local.run(f"{self._start} -O exit -- {self._destination}", (), _unheard)


def _ssh_options(server: ServiceHost, socket: Path) -> str:
    """The options of ssh_config(5) that are ours, and where the site file says to log in."""
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
        # The command that opens the connection holds it: no process stays behind, and none is needed to end one.
        "ControlPersist=no",
        f"ControlPath={socket}",
    )
    words = [f"-o {shlex.quote(setting)}" for setting in settings]
    words += [f"-l {shlex.quote(server.user)}"] if server.user else []
    words += [f"-p {server.port}"] if server.port else []
    return " ".join(words)


def _unheard(line: str) -> None:
    """Nobody asks what it says."""


class _Lines:
    """A stream for Invoke that hands on whole lines."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener or self._keep
        self._rest = ""
        self.all = ""

    def _keep(self, line: str) -> None:
        """The line stands in ``all`` already."""

    def write(self, text: str) -> int:
        """Take a piece of output."""
        self.all += text
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._listener(line.removesuffix("\r"))
        return len(text)

    def flush(self) -> None:
        """Invoke calls this after each piece."""

    def flush_rest(self) -> None:
        """Hand on the last line, if nothing ended it."""
        if self._rest:
            self._listener(self._rest)
            self._rest = ""


@contextmanager
def _fed(fifo: Path, content: Iterable[bytes]) -> Iterator[Path]:
    """A FIFO that whoever opens it first reads *content* from; it is gone afterwards, read or not."""
    os.mkfifo(fifo, 0o600)
    threading.Thread(target=_feed, args=(fifo, content), daemon=True).start()
    try:
        yield fifo
    finally:
        # Where nobody opened it, the feeder still waits for a reader: this is one, until the FIFO is gone.
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        fifo.unlink()
        os.close(reader)


def _feed(fifo: Path, content: Iterable[bytes]) -> None:
    # Without O_CREAT: where the FIFO is gone already, there must be no file in its place.
    with (
        suppress(BrokenPipeError, FileNotFoundError),
        open(os.open(fifo, os.O_WRONLY), "wb", buffering=0) as pipe,
    ):
        for piece in content:
            view = memoryview(piece)
            while view:
                view = view[pipe.write(view) or 0 :]


def way(context: Context, server: ServiceHost, folder: Path, name: str) -> Transport:
    """The transport to *server*; *folder* is private to it, *name* short, for the path of a socket has 104 bytes."""
    if is_here(server.address):
        return Local(context, folder)
    return Ssh(context, server, folder, name)


def is_here(address: str) -> bool:
    """Whether *address* is this machine: ``localhost``, a name of it, or one of its addresses. Asks no name server."""
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
