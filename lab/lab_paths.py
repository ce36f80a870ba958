"""Where everything of the laboratory stands: one folder, which git ignores, and its service hosts by number."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOM = Path(__file__).resolve().parent
SERVERS = 4
"""At most so many service hosts run at once: the first has a cable to each other one."""


@dataclass(frozen=True, slots=True)
class Server:
    """The service host *number*, from 1, in the folder of the laboratory *lab*."""

    lab: Path
    number: int

    @property
    def name(self) -> str:
        """What it is called, here and by its peers."""
        return f"xen{self.number}"

    @property
    def address(self) -> str:
        """Its address on the network of the service hosts and guests; this machine has none there."""
        return f"10.77.0.{self.number}"

    @property
    def folder(self) -> Path:
        """What belongs to it alone."""
        return self.lab / self.name

    @property
    def root_disk(self) -> Path:
        """The disk that it boots from."""
        return self.folder / "root.raw"

    @property
    def local_disk(self) -> Path:
        """A disk that no other server sees."""
        return self.folder / "local.raw"

    @property
    def pid_file(self) -> Path:
        """Written by QEMU."""
        return self.folder / "pid"

    @property
    def port_file(self) -> Path:
        """The port of the loopback that leads to its sshd."""
        return self.folder / "port"

    @property
    def console_log(self) -> Path:
        """All that Xen and dom0 ever said on the console."""
        return self.folder / "console.log"


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory in *folder*."""

    folder: Path

    @property
    def images(self) -> Path:
        """What is made once, and copied or read by all servers."""
        return self.folder / "images"

    @property
    def keys(self) -> Path:
        """Keys of ssh that are good for nothing but the laboratory."""
        return self.folder / "keys"

    @property
    def san(self) -> Path:
        """The disk that all servers share."""
        return self.folder / "san.raw"

    @property
    def ssh_config(self) -> Path:
        """How ssh of this machine reaches the servers."""
        return self.folder / "ssh_config"

    @property
    def programs(self) -> Path:
        """A folder for PATH, whose ssh reads that configuration."""
        return self.folder / "bin"

    def server(self, number: int) -> Server:
        """The service host *number*, running or not."""
        return Server(self.folder, number)

    def servers(self) -> list[Server]:
        """Every service host that has disks."""
        every = [self.server(number) for number in range(1, SERVERS + 1)]
        return [server for server in every if server.folder.exists()]


def laboratory() -> Lab:
    """The laboratory of this checkout: ``.lab/`` at its top, or the folder that ``MLNC_LAB`` names."""
    return Lab(Path(os.environ.get("MLNC_LAB") or ROOM.parent / ".lab").resolve())
