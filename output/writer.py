"""Writer of ``out/``: only changed files, all or nothing, and only files that mlnc generated."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlnc.output.artifact import Artifact
from mlnc.output.literal_secrets import dump_secrets, load_secrets
from mlnc.output.manifest import FileState, Manifest, digest, dump_manifest, file_state, load_manifest
from mlnc.output.output_folder import (
    DEPLOYED,
    IGNORE,
    JOURNAL,
    LOCK,
    LOG,
    MANIFEST,
    SECRETS,
    SOURCE_MAPS,
    STAGING,
    OutputRefused,
    check_path,
    entries,
    folders_of,
    some,
)
from mlnc.output.transaction import NewFile, change, locked, refusing_os_errors, settle

IGNORED = f"""\
# Written by mlnc: what git must not keep.
/{JOURNAL}
/{LOCK}
/{LOG}/
/{SECRETS}
/{SOURCE_MAPS}/
/{STAGING}/
"""


@dataclass(frozen=True, slots=True)
class Build:
    """The complete result of one build in ``out/``.

    ``artifacts`` are all generated files wanted there. ``private`` are by-products that git ignores,
    ``.sourcemap/PROJECT.json``. ``projects`` gives the main source file of each project wanted, ``sources``
    the SHA-256 of every source file read; both name files by their path relative to ``out/``. ``secrets`` are
    literal secrets by name, ``PROJECT/…``. ``built`` are the projects compiled now: by-products and secrets
    of the other ``projects`` stay as they are.
    """

    artifacts: tuple[Artifact, ...]
    private: tuple[Artifact, ...]
    projects: dict[str, str]
    sources: dict[str, str]
    secrets: dict[str, str]
    built: frozenset[str]


@dataclass(frozen=True, slots=True)
class Written:
    """The artifacts that were made, changed and removed, sorted by path, and the number of unchanged ones."""

    made: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def write(out: Path, build: Build) -> Written:
    """Update the folder *out* to *build*; create it if it is missing.

    Raises OutputRefused, with nothing changed, if the folder contains files that mlnc did not write, another build
    is running, or the disk does not allow it; ValueError for an invalid path of an artifact.
    """
    artifacts = _new_files(build.artifacts)
    _check_private(build.private)
    with refusing_os_errors(f"nothing in {out} was changed"):
        os.makedirs(out, exist_ok=True)
        _refuse_strange(out)
        with locked(out):
            settle(out)
            return _update(out, build, artifacts)


def _update(out: Path, build: Build, artifacts: Mapping[str, NewFile]) -> Written:
    before = _listed_files(out)
    written = _compare(out, artifacts, before)
    files = [artifacts[path] for path in (*written.made, *written.changed)]
    companions, outdated = _companions(out, build, artifacts)
    files += [file for file in companions if _differs(file, file_state(out / file.path))]
    removals = [*written.removed, *outdated]
    if files or removals:
        change(out, files, removals)
    return written


def _new_files(artifacts: Iterable[Artifact]) -> dict[str, NewFile]:
    """Return the files of *artifacts* by path. Raises ValueError for an invalid or duplicate path."""
    files: dict[str, NewFile] = {}
    for artifact in artifacts:
        check_path(artifact.path)
        if artifact.path in files:
            raise ValueError(f"two artifacts have the path {artifact.path}")
        files[artifact.path] = _new_file(artifact)
    for path in files:
        if any(folder in files for folder in folders_of(path)):
            raise ValueError(f"a folder above {path} is also a file")
    return files


def _new_file(artifact: Artifact) -> NewFile:
    return NewFile(artifact.path, artifact.text.encode(), 0o755 if artifact.executable else 0o644)


def _check_private(private: Iterable[Artifact]) -> None:
    for artifact in private:
        room, _, name = artifact.path.partition("/")
        check_path(name)
        if room != SOURCE_MAPS or "/" in name:
            raise ValueError(f"invalid path of a by-product: {artifact.path!r}")


def _refuse_strange(out: Path) -> None:
    """Refuse a folder that mlnc never wrote, before a lock is created in it."""
    found = set(os.listdir(out))
    strange = sorted(found - {LOCK, LOG, STAGING, DEPLOYED})
    if strange and not found & {MANIFEST, JOURNAL}:
        raise OutputRefused(
            f"{out} is not empty and has no {MANIFEST}, so mlnc did not write it: it contains {some(strange)}. "
            f"Name another folder with -o, or empty this one"
        )


def _listed_files(out: Path) -> Mapping[str, str]:
    """Return the files that an earlier build wrote. Raises OutputRefused if there are other files."""
    manifest = load_manifest(out)
    listed = manifest.files if manifest else {}
    strange = sorted(path for path in entries(out) if path not in listed)
    if strange:
        raise OutputRefused(
            f"{out} contains files that mlnc did not write: {some(strange)}. "
            f"Move them elsewhere (the folder is rewritten by every build), then build again"
        )
    return listed


def _compare(out: Path, artifacts: Mapping[str, NewFile], before: Iterable[str]) -> Written:
    made, changed = [], []
    for path, file in sorted(artifacts.items()):
        state = file_state(out / path)
        if state is None:
            made.append(path)
        elif _differs(file, state):
            changed.append(path)
    removed = sorted(path for path in before if path not in artifacts and os.path.lexists(out / path))
    unchanged = len(artifacts) - len(made) - len(changed)
    return Written(tuple(made), tuple(changed), tuple(removed), unchanged)


def _differs(file: NewFile, state: FileState | None) -> bool:
    """Return True if *file* must be written. Except for secrets, group and other permissions follow the umask."""
    if state is None or state.content != file.content:
        return True
    if file.permissions == 0o600:
        return state.permissions != 0o600
    return state.executable != bool(file.permissions & 0o100)


def _companions(out: Path, build: Build, artifacts: Mapping[str, NewFile]) -> tuple[list[NewFile], list[str]]:
    """Return the files besides the artifacts, the manifest last, and the paths of outdated ones."""
    kept = build.projects.keys() - build.built
    files = [_new_file(artifact) for artifact in build.private]
    outdated = _outdated_maps(out, {file.path for file in files}, kept)
    secrets = _secrets(out, build, kept)
    if secrets:
        files.append(NewFile(SECRETS, dump_secrets(secrets).encode(), 0o600))
    elif os.path.lexists(out / SECRETS):
        outdated.append(SECRETS)
    files.append(NewFile(IGNORE, IGNORED.encode(), 0o644))
    files.append(NewFile(MANIFEST, dump_manifest(_manifest(build, artifacts)).encode(), 0o644))
    return files, outdated


def _outdated_maps(out: Path, wanted: set[str], kept: Iterable[str]) -> list[str]:
    spared = wanted | {f"{SOURCE_MAPS}/{project}.json" for project in kept}
    if (out / SOURCE_MAPS).is_symlink() or not (out / SOURCE_MAPS).is_dir():
        return []
    return sorted(path for path in entries(out, SOURCE_MAPS) if path not in spared)


def _secrets(out: Path, build: Build, kept: Iterable[str]) -> dict[str, str]:
    """Return the secrets of this build, and those of the projects that are not built now."""
    others = frozenset(kept)
    earlier = load_secrets(out) if others else {}
    found = {name: value for name, value in earlier.items() if name.split("/")[0] in others}
    return found | build.secrets


def _manifest(build: Build, artifacts: Mapping[str, NewFile]) -> Manifest:
    files = {path: digest(file.content) for path, file in artifacts.items()}
    executables = tuple(path for path, file in artifacts.items() if file.permissions & 0o100)
    return Manifest(build.projects, build.sources, files, executables)
