"""Service hosts that are up: reached by ssh, waited for, given their volume groups, and shut down."""

import subprocess
import time
from collections.abc import Sequence

from mlnc.lab import machine
from mlnc.lab.disks import is_outdated, provide
from mlnc.lab.keys import make_keys, write_ssh_config
from mlnc.lab.lab_paths import SERVERS, Lab, Server
from mlnc.lab.requirements import RUN, Lacking, expect

BOOT_SECONDS = 600
SHUTDOWN_SECONDS = 240
_SOCKET_BYTES = 108

_READY = "systemctl is-active --quiet xen.service ssh.service && xl list >/dev/null"
_VOLUME_GROUPS = """
group() {{ vgs "$1" >/dev/null 2>&1 || {{ pvcreate -qqy "$2" && vgcreate -qq --setautoactivation "$3" "$1" "$2"; }}; }}
{san}
group local_vg /dev/vdc y
"""
"""The shared group is never activated as a whole: which server uses a volume is decided volume by volume."""


def up(lab: Lab, number: int) -> None:
    """Switch on the servers 1 to *number* that do not run, and wait until all are ready for work.

    Raises :class:`Lacking` where this machine, or one of the servers, is not able to.
    """
    expect(RUN)
    if not 1 <= number <= SERVERS:
        raise Lacking(f"a laboratory has 1 to {SERVERS} servers, not {number}")
    make_keys(lab)
    wanted = [lab.server(each) for each in range(1, number + 1)]
    for server in wanted:
        provide(lab, server)
        if is_outdated(lab, server):
            print(
                f"{server.name} keeps its disks, which are of older images; lab.down --forget makes new ones"
            )
        machine.start(lab, server)
    refresh(lab)
    begun = time.monotonic()
    for server in wanted:
        wait_until_ready(lab, server)
        prepare(lab, server)
        print(f"{server.name} is ready after {time.monotonic() - begun:.0f} s", flush=True)


def refresh(lab: Lab) -> None:
    """Write anew how ssh reaches the servers that were ever started."""
    ports = {
        server.name: int(server.port_file.read_text())
        for server in lab.servers()
        if server.port_file.exists()
    }
    write_ssh_config(lab, ports)


def wait_until_ready(lab: Lab, server: Server, seconds: float = BOOT_SECONDS) -> None:
    """Wait until sshd and Xen's daemons of *server* work; raises :class:`Lacking` where they do not in time."""
    end = time.monotonic() + seconds
    while run(lab, server, _READY, seconds=20).returncode != 0:
        if machine.running(server) is None:
            raise Lacking(f"{server.name} went off; see {server.console_log}")
        if time.monotonic() > end:
            raise Lacking(f"{server.name} is not ready after {seconds:.0f} s; see {server.console_log}")
        time.sleep(1)


def prepare(lab: Lab, server: Server) -> None:
    """Make the volume groups that are absent; the shared one is made by the first server alone."""
    san = "group san_vg /dev/vdb n" if server.number == 1 else ""
    done = run(lab, server, _VOLUME_GROUPS.format(san=san), seconds=60)
    if done.returncode != 0:
        raise Lacking(f"the volume groups of {server.name} could not be made: {done.stderr.strip()}")


def shut_down(lab: Lab, servers: Sequence[Server]) -> None:
    """Shut *servers* down as an administrator would; cuts the power of those that do not go off in time."""
    for server in servers:
        run(lab, server, "systemctl poweroff", seconds=30)
    end = time.monotonic() + SHUTDOWN_SECONDS
    for server in servers:
        if not machine.wait_until_off(server, end - time.monotonic()):
            print(f"{server.name} does not shut down within {SHUTDOWN_SECONDS} s; its power is cut")
            machine.cut_power(server)


def ssh_words(lab: Lab, server: Server) -> list[str]:
    """The beginning of a command line of ssh that never asks anything.

    To log in takes an emulated server seconds, so a connection is kept for those that follow, where the path of its
    socket is short enough for that (unix(7)).
    """
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10"]
    socket = server.folder / "ssh"
    if len(f"{socket}.0123456789abcdef") < _SOCKET_BYTES:
        options += ["ControlMaster=auto", "ControlPersist=60", f"ControlPath={socket}"]
    return ["ssh", "-F", str(lab.ssh_config), *(f"-o{each}" for each in options), server.name]


def run(lab: Lab, server: Server, command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run *command* by root's shell on *server*, at most that long; 255 says that it was not reached, or too slow."""
    words: Sequence[str] = [*ssh_words(lab, server), "--", command]
    try:
        return subprocess.run(
            words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 255, "", f"no answer within {seconds:.0f} s")
