"""Atomic change of many files of ``out/``.

New files are written to a staging folder; the rename of the journal commits the change; then files are removed and
renamed. A build that is killed before the commit leaves the old state, and the next build removes the staging folder.
A build that is killed after it is finished from the journal by the next build or reader (``recover``).
"""

import fcntl
import os
import signal
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlnc.output import build_journal
from mlnc.output.build_journal import Journal
from mlnc.output.output_folder import LOCK, STAGING, OutputRefused, folders_of
from mlnc.output.write_checks import check_links, check_reach, mode_of


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to place: its path below ``out/``, its bytes, its permissions before the umask."""

    path: str
    content: bytes
    permissions: int


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Lock the folder *out*. Raises OutputRefused if another process has the lock, OSError as open(2)."""
    descriptor = os.open(out / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        _lock(descriptor, out)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, out: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputRefused(f"another mlnc is writing {out}: wait until it has finished") from None


def recover(out: Path) -> None:
    """Finish an interrupted build of *out*, if there is one; every reader of the folder must call this first.

    Raises OutputRefused if it cannot be finished or another build is running.
    """
    if build_journal.exists(out):
        with refusing_os_errors("the interrupted build could not be finished"), locked(out):
            settle(out)


def settle(out: Path) -> None:
    """Finish a committed change and discard an uncommitted one. The caller holds the lock."""
    if build_journal.exists(out):
        _finish(out)
    _discard(out)


def change(out: Path, files: Sequence[NewFile], removals: Sequence[str]) -> None:
    """Place *files* and remove *removals*, all or nothing; the last file is placed last. The caller holds the lock.

    Raises OutputRefused or OSError with nothing changed. If the disk fails after the commit, raises an OutputRefused
    that says so; the next build or reader then finishes the change.
    """
    paths = [file.path for file in files]
    check_reach(out, paths, removals)
    try:
        _stage(out, files, Journal(tuple(removals), tuple(paths)))
    except BaseException:
        with suppress(OSError):
            _discard(out)
        raise
    with _signals_held():
        build_journal.publish(out)
        with refusing_os_errors("the build is complete but not yet in place; fix this and run mlnc again"):
            _sync_folder(out)
            _finish(out)
            _discard(out)


@contextmanager
def refusing_os_errors(state: str) -> Iterator[None]:
    """Convert an OSError to an OutputRefused that quotes it and adds *state*, the resulting state."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise OutputRefused(f"{place}{error.strerror or error}: {state}") from None


@contextmanager
def _signals_held() -> Iterator[None]:
    """Block the signals that terminate a program until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stage(out: Path, files: Sequence[NewFile], planned: Journal) -> None:
    staging = out / STAGING
    os.mkdir(staging, 0o700)
    for number, file in enumerate(files):
        _create(staging / str(number), file.content, file.permissions)
    name, content = build_journal.draft(planned)
    _create(staging / name, content, 0o600)
    _sync_filesystem(staging)


def _create(path: Path, content: bytes, permissions: int) -> None:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, permissions
    )
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def _finish(out: Path) -> None:
    """Apply the journal; each of its changes may have been made before."""
    planned = build_journal.read(out)
    check_links(out, [*planned.removals, *planned.placements])
    for path in planned.removals:
        _remove(out / path)
    for number, path in enumerate(planned.placements):
        _place(out, out / STAGING / str(number), path)
    for path in planned.removals:
        _prune(out, path)
    build_journal.remove(out)


def _remove(path: Path) -> None:
    """Remove the file *path*; a folder of that name is its replacement already and stays."""
    mode = mode_of(path)
    if mode and not stat.S_ISDIR(mode):
        os.unlink(path)


def _place(out: Path, staged: Path, path: str) -> None:
    target = out / path
    if not mode_of(staged):
        if not mode_of(target):
            raise build_journal.damaged(out, f"{path} is missing")
        return
    os.makedirs(target.parent, exist_ok=True)
    if stat.S_ISDIR(mode_of(target)):
        _remove_empty_folders(target)
    os.replace(staged, target)


def _remove_empty_folders(folder: Path) -> None:
    for name in os.listdir(folder):
        _remove_empty_folders(folder / name)
    os.rmdir(folder)


def _prune(out: Path, path: str) -> None:
    """Remove the folders that the removal of *path* left empty."""
    for folder in reversed(folders_of(path)):
        with suppress(OSError):  # not empty, gone already, or now a file
            os.rmdir(out / folder)


def _discard(out: Path) -> None:
    """Remove the staging folder."""
    staging = out / STAGING
    mode = mode_of(staging)
    if not mode:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(staging)
        return
    for name in os.listdir(staging):
        os.unlink(staging / name)
    os.rmdir(staging)


def _sync_filesystem(folder: Path) -> None:
    """Write everything to the disk: one syncfs(2) is much faster than an fsync(2) for each file."""
    import ctypes

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
        if syncfs is None or syncfs(descriptor) != 0:
            os.sync()
    finally:
        os.close(descriptor)


def _sync_folder(out: Path) -> None:
    """Write the journal to the disk before its first change is made."""
    descriptor = os.open(out, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
