"""Which way leads to a service host: ssh, or none where it is this machine."""

import ipaddress
import socket
from pathlib import Path

from invoke.context import Context

from mlnc.ir.model import ServiceHost
from mlnc.runner.connect.transport import Local, Ssh, Transport


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
