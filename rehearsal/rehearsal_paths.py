"""Where things lie in the folder of a rehearsal.

servers/NAME/            the root folder of a service host
state/NAME/              what its stand-ins know: domains, links, groups; plain files
storage/NAME/            volume groups, shared ones under the name they have everywhere
shared/PATH              folders that several servers see under one path
words/                   what guests wrote to their disks last
journal                  what happened to domains and disks, in its order
before/, out/            what was deployed, and what is played
standins/                the stand-ins, as every server finds them below /rehearsal
"""

from dataclasses import dataclass
from pathlib import Path

INSIDE = "/rehearsal"
"""Where a rehearsed server sees the folder of the rehearsal."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one rehearsal; *path* is absolute."""

    path: Path

    @property
    def standins(self) -> Path:
        """The stand-ins."""
        return self.path / "standins"

    @property
    def before(self) -> Path:
        """What was deployed, made once more."""
        return self.path / "before"

    @property
    def words(self) -> Path:
        """What each guest wrote to its root last, a file a disk."""
        return self.path / "words"

    @property
    def journal(self) -> Path:
        """What happened to domains and disks, a line each."""
        return self.path / "journal"

    def root(self, server: str) -> Path:
        """The root folder of *server*."""
        return self.path / "servers" / server

    def state(self, server: str) -> Path:
        """What the stand-ins of *server* know."""
        return self.path / "state" / server

    def storage(self, name: str) -> Path:
        """The folder of a volume group."""
        return self.path / "storage" / name

    def shared(self, path: str) -> Path:
        """A folder that several servers see as *path*."""
        return self.path / "shared" / path.lstrip("/")

    def on(self, server: str, path: str) -> Path:
        """Where the absolute *path* of *server* lies; links of the server that lead to its storage are followed."""
        place = self.root(server)
        for part in path.strip("/").split("/"):
            place = self.followed(place / part)
        return place

    def followed(self, place: Path) -> Path:
        """*place*, or where it leads to if it is a link into the folder of the rehearsal."""
        if not place.is_symlink() or not str(place.readlink()).startswith(f"{INSIDE}/"):
            return place
        found = self.path
        for part in place.readlink().parts[2:]:
            found = self.followed(found / part)
        return found

    def servers(self) -> list[str]:
        """The servers of this rehearsal, sorted."""
        return sorted(each.name for each in (self.path / "servers").iterdir())
