"""Builds to write and folders to compare, for the tests of whatever writes ``out/``."""

from pathlib import Path

from mlnc.output.artifact import Artifact
from mlnc.output.writer import Build

PASSING = {".lock", ".staging"}


def build(
    *artifacts: Artifact,
    private: tuple[Artifact, ...] = (),
    secrets: dict[str, str] | None = None,
    projects: tuple[str, ...] = ("demo",),
    built: tuple[str, ...] = ("demo",),
) -> Build:
    """A build of *projects* from ``../course/<project>.mln`` that wants *artifacts*."""
    sources = {name: f"../course/{name}.mln" for name in projects}
    hashes = {path: f"{number:064x}" for number, path in enumerate(sources.values())}
    return Build(artifacts, private, sources, hashes, secrets or {}, frozenset(built))


def file(path: str, text: str = "text\n", executable: bool = False) -> Artifact:
    """An artifact with some text."""
    return Artifact(path, text, executable)


def tree(out: Path) -> dict[str, tuple[str, bytes] | None]:
    """Every file below *out* with its permissions and bytes, every folder with None; not the lock."""
    found: dict[str, tuple[str, bytes] | None] = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if name.split("/")[0] in PASSING:
            continue
        found[name] = None if path.is_dir() else (f"{path.lstat().st_mode & 0o7777:o}", path.read_bytes())
    return found
