"""The output folder: what its entries are called, which of them mlnc may write, and what else lies there."""

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
"""Records of what was applied last: written by deploying, never by a build."""
PLAN = "plan"
LOG = ".log"
"""Transcripts of what was done to servers."""

OWN = frozenset({MANIFEST, IGNORE, SECRETS, SOURCE_MAPS, LOCK, LOG, STAGING, JOURNAL, DEPLOYED})
"""Entries that no generated file may claim."""
UNLISTED = OWN | {PLAN}
"""Entries that may hold files the manifest does not list."""


class OutputRefused(Exception):
    """The output folder cannot or must not be written; the message says why and what to do."""


def check_path(path: str) -> None:
    """Raise ValueError unless a generated file may have *path*: relative, inside ``out/``, not ``OWN``."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts) or parts[0] in OWN:
        raise ValueError(f"no path of a generated file: {path!r}")


def folders_of(path: str) -> list[str]:
    """The folders that lead to *path*, outermost first: ``a`` and ``a/b`` for ``a/b/c``."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def entries(out: Path, below: str = "") -> Iterator[str]:
    """Every file in the folder *below* of *out* and its folders, by path below *out*; a link is a file.

    At the top, what may hold unlisted files (``UNLISTED``) is left out.
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
    """The first few of *paths* for a message."""
    shown = ", ".join(paths[:most])
    return shown if len(paths) <= most else f"{shown} and {len(paths) - most} more"
