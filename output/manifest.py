"""The manifest, ``out/manifest.yaml``: the files that a build wrote and the sources, with their hashes.

It contains no time and no machine name: equal sources give an equal manifest.
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
    """The files and sources of one build; ``schemas/manifest.schema.json`` describes the fields."""

    projects: dict[str, str]
    sources: dict[str, str]
    files: dict[str, str]
    executables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileState:
    """Content and permissions (as in chmod(2)) of a regular file."""

    content: bytes
    permissions: int

    @property
    def executable(self) -> bool:
        """True if the owner may execute it: the only permission that git stores."""
        return bool(self.permissions & stat.S_IXUSR)


def digest(content: bytes) -> str:
    """Return the SHA-256 of *content* as 64 hexadecimal digits."""
    return sha256(content).hexdigest()


def dump_manifest(manifest: Manifest) -> str:
    """Return the text of ``out/manifest.yaml``, sorted."""
    data = {
        "manifest_version": MANIFEST_VERSION,
        "projects": dict(sorted(manifest.projects.items())),
        "sources": dict(sorted(manifest.sources.items())),
        "files": dict(sorted(manifest.files.items())),
        "executables": sorted(manifest.executables),
    }
    return dump(data, HEADER)


def load_manifest(out: Path) -> Manifest | None:
    """Read the manifest of the folder *out*; None if there is none. Raises OutputRefused if it is damaged."""
    try:
        text = (out / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(out, str(error)) from None
    return _parse(out, text)


def verify(out: Path) -> tuple[str, ...]:
    """Compare the folder *out* with its manifest; return each difference as ``path: difference``.

    Raises OutputRefused if the manifest is damaged, OSError if a file cannot be read.
    """
    manifest = load_manifest(out)
    if manifest is None:
        return (f"{MANIFEST}: missing",)
    return differences(out, manifest)


def differences(out: Path, manifest: Manifest) -> tuple[str, ...]:
    """Compare the folder *out* with *manifest*, as ``verify`` does. Raises OSError if a file cannot be read."""
    return tuple(sorted([*_listed(out, manifest), *_unlisted(out, manifest)]))


def file_state(file: Path) -> FileState | None:
    """Read *file*; None unless it is a regular file. Symbolic links are not followed."""
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
