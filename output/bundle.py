"""Bundles: the files of one project for one service host, with the paths that they have on the server.

The bundle ``SERVER_ROOM`` of a server takes the shell library, which all servers share, from ``out/lib/``.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlnc.output.artifact import LIBRARY, SERVER_ROOM
from mlnc.output.errors import Refused
from mlnc.output.manifest import Manifest, digest, file_state

if TYPE_CHECKING:
    from tarfile import TarFile

LISTING = ".files"
IR = "ir.yaml"

_PATH = re.compile(r"[A-Za-z0-9_.+/-]+")
_ID_DIGITS = 32


@dataclass(frozen=True)
class Bundle:
    """The files of *project* for *server*; the project is ``SERVER_ROOM`` for the files that all projects share.

    ``places`` maps each path in the bundle to the path below *out*, ``hashes`` to the file's SHA-256.
    """

    out: Path
    server: str
    project: str
    places: dict[str, str]
    hashes: dict[str, str]
    executables: frozenset[str]

    @cached_property
    def listing(self) -> str:
        """The text of ``.files``: lines for sha256sum(1), then executables as ``#x`` lines, which it ignores."""
        sums = [f"{self.hashes[path]}  ./{path}\n" for path in sorted(self.hashes)]
        return "".join([*sums, *(f"#x ./{path}\n" for path in sorted(self.executables))])

    @cached_property
    def generation(self) -> str:
        """The identifier of these files: the first 32 digits of the SHA-256 of the listing."""
        return digest(self.listing.encode())[:_ID_DIGITS]

    def content(self, path: str) -> bytes:
        """Return the bytes of a file. Raises Refused if it does not match the manifest."""
        state = file_state(self.out / self.places[path])
        if state is None or digest(state.content) != self.hashes[path]:
            raise Refused(f"{self.out / self.places[path]} changed after it was checked; nothing was sent")
        return state.content

    def changed(self, listing: Iterable[str]) -> list[str]:
        """Return the paths whose content is not in the lines of another *listing*."""
        present = frozenset(line.rstrip("\n") for line in listing)
        return [path for path in sorted(self.hashes) if f"{self.hashes[path]}  ./{path}" not in present]

    def archive(self, paths: Iterable[str]) -> bytes:
        """Return a tar archive of the listing and of *paths*; equal files give equal bytes."""
        # imported here because a run that sends nothing does not need it
        from tarfile import USTAR_FORMAT, TarFile

        buffer = io.BytesIO()
        with TarFile.open(fileobj=buffer, mode="w", format=USTAR_FORMAT) as tar:
            _add(tar, LISTING, self.listing.encode())
            for path in paths:
                _add(tar, path, self.content(path))
        return buffer.getvalue()


def bundles(out: Path, manifest: Manifest) -> dict[str, dict[str, Bundle]]:
    """Return all bundles of the output folder by service host and project. Raises Refused for a forbidden path."""
    executables = frozenset(manifest.executables)
    grouped: dict[tuple[str, str], dict[str, str]] = {}
    for path in manifest.files:
        parts = path.split("/", 3)
        if parts[0] == "hosts" and len(parts) == 4:
            grouped.setdefault((parts[1], parts[2]), {})[_checked(parts[3])] = path
    library = {_checked(path): path for path in manifest.files if path.startswith(f"{LIBRARY}/")}
    found: dict[str, dict[str, Bundle]] = {}
    for (server, project), places in sorted(grouped.items()):
        runs = frozenset(path for path, place in places.items() if place in executables)
        places.update(library if project == SERVER_ROOM else {IR: f"ir/{project}.yaml"})
        hashes = {path: manifest.files[place] for path, place in places.items()}
        found.setdefault(server, {})[project] = Bundle(out, server, project, places, hashes, runs)
    return found


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path) or path in (LISTING, IR):
        raise Refused(f"{path!r} is not a valid file name on a server: build out/ again")
    return path


def _add(tar: "TarFile", path: str, content: bytes) -> None:
    member = tar.tarinfo(path)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
