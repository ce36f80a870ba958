"""A service host as a process of QEMU: started, found again by its own folder, and ended, it and nothing else.

It needs no hardware virtualisation: QEMU's emulation (TCG) runs Xen, dom0 and paravirtual guests. TCG of QEMU 7.2
faults on the first instructions of dom0 unless the processor has no SMAP. One processor boots faster than two. TCG
translates a program anew wherever it is loaded, so dom0 loads each at the same place every time (``norandmaps``): to
start a program takes it a third of the time then.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from mlnc.lab.disks import cables
from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.requirements import Lacking, environment

SERVER_MIB = 2048
DOM0_MIB = 448

_XEN = (
    f"dom0_mem={DOM0_MIB}M,max:{DOM0_MIB}M dom0_max_vcpus=1 com1=115200,8n1 console=com1 loglvl=warning "
    "guest_loglvl=warning bootscrub=0 spec-ctrl=no xpti=no"
)
_LINUX = (
    "console=hvc0 root=/dev/vda quiet loglevel=4 mitigations=off cryptomgr.notests rodata=off audit=0 norandmaps "
    "net.ifnames=0 panic=5"
)


def running(server: Server) -> int | None:
    """The process number of *server*; None where it does not run."""
    with suppress(OSError, ValueError):
        pid = int(server.pid_file.read_text())
        name = Path(f"/proc/{pid}/comm").read_text()
        if name.startswith("qemu-system") and Path(os.readlink(f"/proc/{pid}/cwd")) == server.folder:
            return pid
    return None


def start(lab: Lab, server: Server) -> None:
    """Switch *server* on, unless it runs. Raises :class:`Lacking` with what QEMU says where that fails."""
    if running(server) is not None:
        return
    port = _free_port(server)
    server.port_file.write_text(f"{port}\n")
    server.pid_file.unlink(missing_ok=True)
    with (server.folder / "qemu.log").open("w") as log:
        process = subprocess.Popen(
            command(lab, server, port),
            cwd=server.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            start_new_session=True,
        )
    while running(server) is None:
        if process.poll() is not None:
            raise Lacking(f"{server.name} did not start: {(server.folder / 'qemu.log').read_text().strip()}")
        time.sleep(0.05)


def cut_power(server: Server) -> None:
    """End *server* at once, as if its plug were pulled. What it has written reached its disks."""
    pid = running(server)
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if not wait_until_off(server, 10):
        raise Lacking(f"the process {pid} of {server.name} does not end")


def wait_until_off(server: Server, seconds: float) -> bool:
    """Whether *server* is off, or went off within that time."""
    end = time.monotonic() + seconds
    while running(server) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def command(lab: Lab, server: Server, port: int) -> list[str]:
    """The command line of QEMU, to be run in the folder of *server*: paths of sockets may have 107 bytes only.

    The disks are not flushed (``cache=unsafe``): what a server writes is safe from its own end, not from that of
    this machine. All sockets are files but one, which leads from *port* of the loopback to sshd.
    """
    kernel, initrd = lab.images / "kernel", lab.images / "initrd-server.img"
    words = ["qemu-system-x86_64", "-name", server.name, "-nodefaults", "-no-user-config", "-display", "none"]
    words += ["-accel", "tcg,tb-size=256", "-cpu", "Nehalem,-smap", "-smp", "1", "-m", str(SERVER_MIB)]
    words += ["-kernel", f"{kernel}/xen", "-append", _XEN]
    words += ["-initrd", f"{_escaped(kernel)}/vmlinux {_LINUX},{_escaped(initrd)}"]
    words += [
        "-chardev",
        "socket,id=console,path=console,server=on,wait=off,logfile=console.log,logappend=on",
    ]
    words += ["-serial", "chardev:console", "-monitor", "unix:monitor,server=on,wait=off", "-pidfile", "pid"]
    for name, file in (("root", server.root_disk), ("san", lab.san), ("local", server.local_disk)):
        options = f"format=raw,if=none,cache=unsafe,discard=unmap,file.locking=off,id={name}"
        words += ["-drive", f"file={_escaped(file)},{options}"]
        words += ["-device", f"virtio-blk-pci,drive={name}{',share-rw=on' if name == 'san' else ''}"]
    words += ["-netdev", f"user,id=desk,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-:22"]
    words += ["-device", f"virtio-net-pci,netdev=desk,mac=52:54:00:10:00:{server.number:02x}"]
    for peer in cables(server):
        words += _cable(server, peer)
    return words


def _cable(server: Server, peer: int) -> list[str]:
    """A network card with a cable to the server of that number: a pair of datagram sockets."""
    here = f"local.type=unix,local.path=cable{peer}"
    there = f"remote.type=unix,remote.path=../xen{peer}/cable{server.number}"
    card = f"virtio-net-pci,netdev=to{peer},mac=52:54:00:77:{peer:02x}:{server.number:02x}"
    return ["-netdev", f"dgram,id=to{peer},{here},{there}", "-device", card]


def _escaped(path: Path) -> str:
    """QEMU takes a doubled comma for one that separates nothing."""
    return str(path).replace(",", ",,")


def _free_port(server: Server) -> int:
    """A port of the loopback that nobody uses: that of the last time, if it is free."""
    wanted = int(server.port_file.read_text()) if server.port_file.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Lacking("no port of the loopback is free")
