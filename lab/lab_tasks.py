"""The commands of the laboratory for Invoke, as ``lab.up`` and so on."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from mlnc.lab import disks, machine, servers
from mlnc.lab import image_build as images
from mlnc.lab import serial_console as consoles
from mlnc.lab.lab_paths import Lab, Server, laboratory
from mlnc.lab.requirements import Lacking


@contextmanager
def _opened() -> Iterator[Lab]:
    """The laboratory, for one command at a time; what this machine lacks ends the command with a message."""
    lab = laboratory()
    lab.folder.mkdir(parents=True, exist_ok=True)
    with (lab.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield lab
        except BlockingIOError:
            raise Exit(f"mlnc: another command works on {lab.folder}", code=1) from None
        except Lacking as reason:
            raise Exit(f"mlnc: {reason}", code=1) from None


@task
def build(_: Context) -> None:
    """Make the images: Debian, Xen, a template for guests. Needs root once, and a mirror of Debian."""
    with _opened() as lab:
        images.build(lab)
        print(f"the images in {lab.images} are made")


@task(auto_shortflags=False, help={"number": "So many service hosts, 1 to 4."})
def up(_: Context, number: int = 2) -> None:
    """Start service hosts, xen1 and xen2, and wait until they are ready. They keep their disks."""
    with _opened() as lab:
        images.build(lab)
        servers.up(lab, number)
        print(f'PATH="{lab.programs}:$PATH" lets ssh and invoke deploy find them')


@task(auto_shortflags=False, help={"forget": "Remove the disks too.", "now": "As if the plugs were pulled."})
def down(_: Context, forget: bool = False, now: bool = False) -> None:
    """Shut the service hosts down."""
    with _opened() as lab:
        running = [server for server in lab.servers() if machine.running(server) is not None]
        for server in running:
            print(f"{server.name} goes off", flush=True)
            if now or forget:
                machine.cut_power(server)
        if not (now or forget):
            servers.shut_down(lab, running)
        if forget:
            disks.forget(lab)


@task
def status(_: Context) -> None:
    """Show which service hosts run, and their domains."""
    lab = laboratory()
    if not lab.servers():
        print("there are no servers; invoke lab.up makes and starts them")
    for server in lab.servers():
        pid = machine.running(server)
        print(f"{server.name}  {server.address}  " + ("off" if pid is None else f"process {pid}"))
        if pid is not None:
            answer = servers.run(lab, server, "xl list")
            print(answer.stdout.rstrip() or f"    does not answer: {answer.stderr.strip()}")


@task(
    positional=["number"],
    help={"number": "Its number, 1 for xen1.", "command": "Run this instead of a shell."},
)
def ssh(_: Context, number: int, command: str = "") -> None:
    """Log in at a service host."""
    lab = laboratory()
    server = _started(lab, number)
    words = ["ssh", "-F", str(lab.ssh_config), server.name, *([command] if command else [])]
    raise Exit(code=subprocess.run(words, check=False).returncode)


@task(positional=["number"], help={"number": "Its number, 1 for xen1."})
def console(_: Context, number: int) -> None:
    """Open the console of a service host. Ctrl-] leaves it."""
    server = _started(laboratory(), number)
    print("Ctrl-] leaves the console", file=sys.stderr, flush=True)
    consoles.attach(server.folder)


def _started(lab: Lab, number: int) -> Server:
    server = lab.server(number)
    if machine.running(server) is None:
        raise Exit(f"mlnc: {server.name} does not run; invoke lab.up starts it", code=1)
    return server
