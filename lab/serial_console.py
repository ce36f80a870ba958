"""The serial console of a service host in this terminal, as a monitor on its first screen would show it."""

import os
import select
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEAVE = b"\x1d"
"""Ctrl-]: leaves the console."""


@contextmanager
def connected(folder: Path) -> Iterator[socket.socket]:
    """The socket ``console`` in *folder*, however long the path of that is."""
    descriptor = os.open(folder, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(f"/proc/self/fd/{descriptor}/console")
            yield line
    finally:
        os.close(descriptor)


def attach(folder: Path) -> None:
    """Join this terminal and the console until Ctrl-] is typed or the server goes off."""
    with connected(folder) as line, _raw(sys.stdin.fileno()) as terminal:
        while True:
            ready, _, _ = select.select([line.fileno(), terminal], [], [])
            if line.fileno() in ready:
                said = line.recv(4096)
                if not said:
                    return
                os.write(sys.stdout.fileno(), said)
            if terminal in ready:
                typed = os.read(terminal, 1024)
                if not typed or LEAVE in typed:
                    return
                line.sendall(typed)


@contextmanager
def _raw(terminal: int) -> Iterator[int]:
    """The terminal, handing on every key as it is typed; what is no terminal stays as it is."""
    if not os.isatty(terminal):
        yield terminal
        return
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal)
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
