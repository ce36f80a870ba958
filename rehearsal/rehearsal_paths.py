"""Paths in the folder of a rehearsal.

servers/NAME/            root folder of a service host
state/NAME/              state of its fakes: domains, links, groups; plain files
storage/NAME/            volume groups: GROUP if shared, else GROUP@SERVER
shared/PATH              folders that several servers see under the same path
words/                   the last canary that each guest wrote to each disk
journal                  events of domains and disks, in their order
before/, out/            the output folders of the deployed and of the rehearsed state
standins/                the fakes; every server sees them below /rehearsal
"""

from dataclasses import dataclass
from pathlib import Path

INSIDE = "/rehearsal"
"""Mount point of the rehearsal folder on each rehearsed server."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Folder of one rehearsal; *path* is absolute."""

    path: Path

    @property
    def fakes(self) -> Path:
        """Folder of the fakes; the scripts in it refer to it by this name."""
        return self.path / "standins"

    @property
    def before(self) -> Path:
        """Output folder that is regenerated from the deployed records."""
        return self.path / "before"

    @property
    def words(self) -> Path:
        """Folder with the last canary of each guest, one file for each disk."""
        return self.path / "words"

    @property
    def journal(self) -> Path:
        """Journal of domain and disk events, one line each."""
        return self.path / "journal"

    def root(self, server: str) -> Path:
        """Root folder of *server*."""
        return self.path / "servers" / server

    def state(self, server: str) -> Path:
        """State of the fakes of *server*."""
        return self.path / "state" / server

    def storage(self, name: str) -> Path:
        """Folder of a volume group."""
        return self.path / "storage" / name

    def shared(self, path: str) -> Path:
        """Folder that several servers see as *path*."""
        return self.path / "shared" / path.lstrip("/")

    def on(self, server: str, path: str) -> Path:
        """Real path of the absolute *path* on *server*, with links into the rehearsal folder followed."""
        real = self.root(server)
        for part in path.strip("/").split("/"):
            real = self.followed(real / part)
        return real

    def followed(self, path: Path) -> Path:
        """Target of *path* if it is a link into the rehearsal folder, else *path* itself."""
        if not path.is_symlink() or not str(path.readlink()).startswith(f"{INSIDE}/"):
            return path
        found = self.path
        for part in path.readlink().parts[2:]:
            found = self.followed(found / part)
        return found

    def servers(self) -> list[str]:
        """Names of the servers of this rehearsal, sorted."""
        return sorted(each.name for each in (self.path / "servers").iterdir())
