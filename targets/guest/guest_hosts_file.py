"""The ``/etc/hosts`` of a guest: its own name and its peers."""

from mlnc.ir.guest_peers import GuestPeers, with_short_name
from mlnc.ir.model import Project
from mlnc.targets.render import render


class HostsFiles:
    """The ``/etc/hosts`` files of the guests of one project."""

    def __init__(self, project: Project) -> None:
        self._hosts = project.hosts
        self._peers = GuestPeers(project)

    def text(self, name: str) -> str:
        """Return the text of ``/etc/hosts`` of host *name*."""
        hostname = with_short_name(self._hosts[name].guest.hostname)
        return render("guest/hosts.j2", hostname=hostname, peers=list(self._peers.of(name)))
