"""Checks before a change of ``out/`` is committed, so that it does not fail half-way."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from mlnc.output.output_folder import OutputRefused, entries, folders_of, some


def mode_of(path: Path) -> int:
    """Return type and permissions of *path* itself, as in ``st_mode``; 0 if it does not exist."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def check_reach(out: Path, files: Sequence[str], removals: Sequence[str]) -> None:
    """Check that *files* can be placed in *out* after *removals* are removed.

    Raises OutputRefused if another file or folder is in the way, PermissionError if a folder is not writable.
    """
    paths = [*files, *removals]
    removed = frozenset(removals)
    check_links(out, paths)
    _check_writable(out)
    for folder in _folders(paths):
        _check_folder(out / folder, folder in removed)
    for path in files:
        if stat.S_ISDIR(mode_of(out / path)):
            _check_emptied(out, path, removed)


def check_links(out: Path, paths: Iterable[str]) -> None:
    """Raise OutputRefused if a folder above one of *paths* is a symbolic link, which may point outside."""
    for folder in _folders(paths):
        if stat.S_ISLNK(mode_of(out / folder)):
            raise OutputRefused(
                f"{out / folder} is a symbolic link, and mlnc does not write through links: remove it"
            )


def _folders(paths: Iterable[str]) -> list[str]:
    return sorted({folder for path in paths for folder in folders_of(path)})


def _check_folder(folder: Path, removed: bool) -> None:
    mode = mode_of(folder)
    if mode and not stat.S_ISDIR(mode) and not removed:
        raise OutputRefused(f"{folder} is a file where mlnc needs a folder: remove it")
    if stat.S_ISDIR(mode):
        _check_writable(folder)


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def _check_emptied(out: Path, path: str, removed: frozenset[str]) -> None:
    left = sorted(entry for entry in entries(out, path) if entry not in removed)
    if left:
        raise OutputRefused(
            f"{out / path} is a folder where mlnc needs a file: remove it. It contains {some(left)}"
        )
