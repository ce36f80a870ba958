"""The output folder: names of its entries, and the paths that generated files may have."""

import os
from collections.abc import Iterator
from pathlib import Path

MANIFEST = "manifest.yaml"
IGNORE = ".gitignore"
SECRETS = ".secrets.yaml"
SOURCE_MAPS = ".sourcemap"
LOCK = ".lock"
STAGING = ".staging"
JOURNAL = ".journal"
DEPLOYED = "deployed"
"""Deployed records: written by deployments, never by a build."""
PLAN = "plan"
LOG = ".log"
"""Transcripts of the runner."""

OWN = frozenset({MANIFEST, IGNORE, SECRETS, SOURCE_MAPS, LOCK, LOG, STAGING, JOURNAL, DEPLOYED})
"""Entries that no generated file may replace."""
UNLISTED = OWN | {PLAN}
"""Entries that may contain files that are not in the manifest."""


class OutputRefused(Exception):
    """The output folder cannot or must not be written; the message gives the reason and what to do."""


def check_path(path: str) -> None:
    """Raise ValueError unless a generated file may have *path*: relative, inside ``out/``, not ``OWN``."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts) or parts[0] in OWN:
        raise ValueError(f"invalid path of a generated file: {path!r}")


def folders_of(path: str) -> list[str]:
    """Return the folders above *path*, outermost first: ``a`` and ``a/b`` for ``a/b/c``."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def entries(out: Path, below: str = "") -> Iterator[str]:
    """Yield the path, relative to *out*, of every file below the folder *below* of *out*; a link counts as a file.

    ``UNLISTED`` entries at the top are skipped.
    """
    with os.scandir(out / below) as found:
        for entry in found:
            path = f"{below}/{entry.name}" if below else entry.name
            if not below and entry.name in UNLISTED:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from entries(out, path)
            else:
                yield path


def some(paths: list[str], most: int = 3) -> str:
    """Return the first *most* of *paths* for a message, and the number of the others."""
    shown = ", ".join(paths[:most])
    return shown if len(paths) <= most else f"{shown} and {len(paths) - most} more"
