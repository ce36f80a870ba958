"""``out/manifest.yaml``: every file a build wrote, with its hash, and the sources it was made of.

No clock and no machine stands in it: the same sources give the same manifest.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlnc.output.output_folder import DEPLOYED, MANIFEST, OutputRefused, check_path, entries
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import YamlError, dump, load

MANIFEST_VERSION = 1

HEADER = (
    "yaml-language-server: $schema=../schemas/manifest.schema.json",
    "Written by mlnc: what it generated here. Do not edit.",
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one build wrote: ``schemas/manifest.schema.json`` says what each field means."""

    projects: dict[str, str]
    sources: dict[str, str]
    files: dict[str, str]
    executables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileState:
    """A regular file as it lies on the disk; ``permissions`` are those of chmod(2)."""

    content: bytes
    permissions: int

    @property
    def executable(self) -> bool:
        """Whether its owner may run it: the one permission that git keeps."""
        return bool(self.permissions & stat.S_IXUSR)


def digest(content: bytes) -> str:
    """The SHA-256 of *content*, 64 hexadecimal digits."""
    return sha256(content).hexdigest()


def dump_manifest(manifest: Manifest) -> str:
    """The text of ``out/manifest.yaml``, everything sorted."""
    data = {
        "manifest_version": MANIFEST_VERSION,
        "projects": dict(sorted(manifest.projects.items())),
        "sources": dict(sorted(manifest.sources.items())),
        "files": dict(sorted(manifest.files.items())),
        "executables": sorted(manifest.executables),
    }
    return dump(data, HEADER)


def load_manifest(out: Path) -> Manifest | None:
    """The manifest of the folder *out*, None if it has none. Raises OutputRefused if it is damaged."""
    try:
        text = (out / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(out, str(error)) from None
    return _parse(out, text)


def verify(out: Path) -> tuple[str, ...]:
    """What differs between the folder *out* and its manifest, ``path: difference``; empty if nothing does.

    Raises OutputRefused if the manifest is damaged, OSError if a file cannot be read.
    """
    manifest = load_manifest(out)
    if manifest is None:
        return (f"{MANIFEST}: missing",)
    return differences(out, manifest)


def differences(out: Path, manifest: Manifest) -> tuple[str, ...]:
    """What differs between the folder *out* and *manifest*. Raises OSError if a file cannot be read."""
    return tuple(sorted([*_listed(out, manifest), *_unlisted(out, manifest)]))


def file_state(file: Path) -> FileState | None:
    """What stands in *file*, None unless it is a regular file. A symbolic link is not followed."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        if file.is_symlink():
            return None
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        return None
    with open(descriptor, "rb") as opened:
        return FileState(opened.read(), stat.S_IMODE(mode))


def _parse(out: Path, text: str) -> Manifest:
    try:
        data: Any = load(text)
    except YamlError as error:
        raise _damaged(out, str(error)) from None
    found = problem("manifest", data)
    if found is not None:
        raise _damaged(out, found)
    try:
        for path in data["files"]:
            check_path(path)
    except ValueError as error:
        raise _damaged(out, str(error)) from None
    return Manifest(data["projects"], data["sources"], data["files"], tuple(data["executables"]))


def _damaged(out: Path, reason: str) -> OutputRefused:
    return OutputRefused(
        f"{out / MANIFEST} is damaged, so mlnc cannot tell which files are its own: {reason}. "
        f"Restore it from git, or remove everything in {out} but {DEPLOYED}/, and build again"
    )


def _listed(out: Path, manifest: Manifest) -> Iterator[str]:
    executables = frozenset(manifest.executables)
    for path, wanted in manifest.files.items():
        state = file_state(out / path)
        if state is None:
            yield f"{path}: missing"
        elif digest(state.content) != wanted:
            yield f"{path}: changed"
        elif state.executable != (path in executables):
            yield f"{path}: executable" if state.executable else f"{path}: not executable"


def _unlisted(out: Path, manifest: Manifest) -> Iterator[str]:
    return (f"{path}: not in the manifest" for path in entries(out) if path not in manifest.files)
