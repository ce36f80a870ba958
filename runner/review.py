"""Reviewed is what runs: what must hold of ``out/`` before anything of it is sent."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mlnc.output.errors import Refused
from mlnc.output.manifest import Manifest, differences, digest, load_manifest
from mlnc.output.output_folder import DEPLOYED, MANIFEST, OutputRefused, some
from mlnc.output.transaction import recover


def load_output(out: Path) -> Manifest:
    """The manifest of *out*, after an interrupted build was finished. Raises Refused where there is none."""
    try:
        recover(out)
        manifest = load_manifest(out)
    except OutputRefused as error:
        raise Refused(str(error)) from None
    if manifest is None:
        raise Refused(f"{out} has no {MANIFEST}: run mlnc build first, or name another folder with --out")
    return manifest


def objections(out: Path, manifest: Manifest, reviewed: bool = True) -> list[str]:
    """Why *out* must not be deployed, each with what to do; none if it may be.

    With *reviewed*, what git knows of the folder counts too.
    """
    found = list(_differences(out, manifest))
    found += _outdated(out, manifest)
    return found + (list(_uncommitted(out)) if reviewed else [])


def _differences(out: Path, manifest: Manifest) -> Iterator[str]:
    different = list(differences(out, manifest))
    if different:
        yield f"{out} is not what was built: {some(different)}. Build again, and review what changes"


def _outdated(out: Path, manifest: Manifest) -> Iterator[str]:
    changed = []
    for source, wanted in manifest.sources.items():
        try:
            content = Path(os.path.normpath(out.resolve() / source)).read_bytes()
        except OSError:
            changed.append(source)
            continue
        if digest(content) != wanted:
            changed.append(source)
    if changed:
        yield f"{out} was built of other sources: {some(changed)} changed since. Build again, and review what changes"


def _uncommitted(out: Path) -> Iterator[str]:
    """What git says against *out*; nothing where there is no repository."""
    if not any((folder / ".git").exists() for folder in (out.resolve(), *out.resolve().parents)):
        return
    hint = "Review and commit it, or say --unreviewed"
    changes = _git(out, "status", "--porcelain", "--untracked-files=all", "--", ".", f":(exclude){DEPLOYED}")
    kept = _git(out, "ls-files", "--", MANIFEST)
    if changes is None or kept is None:
        yield f"git does not say whether {out} was reviewed; see what 'git status' says there. {hint}"
    elif changes:
        lines = [line[3:] for line in changes.splitlines()]
        yield f"{out} has changes that are not committed: {some(lines)}. {hint}"
    elif not kept:
        yield f"git ignores {out}, so nobody can have reviewed it there. {hint}"


def _git(folder: Path, *words: str) -> str | None:
    """What git says in *folder*; None where it fails or is not installed."""
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
