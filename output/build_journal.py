"""The journal of a build: the changes of ``out/`` to make once all new files are in the staging folder.

The journal is written in the staging folder and renamed into place; that rename is the commit of the build.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlnc.output.output_folder import DEPLOYED, JOURNAL, STAGING, OutputRefused

_DRAFT = "journal"


@dataclass(frozen=True, slots=True)
class Journal:
    """``removals``: paths to remove. ``placements``: the target paths of the staged files 0, 1 …, in order."""

    removals: tuple[str, ...]
    placements: tuple[str, ...]


def draft(journal: Journal) -> tuple[str, bytes]:
    """Return the name in the staging folder and the bytes of *journal*."""
    text = json.dumps({"removals": journal.removals, "placements": journal.placements})
    return _DRAFT, text.encode()


def publish(out: Path) -> None:
    """Commit the build: rename the drafted journal of *out* into place. From now on it is finished, not rolled back."""
    os.replace(out / STAGING / _DRAFT, out / JOURNAL)


def exists(out: Path) -> bool:
    """Return True if *out* has a journal, that is, an unfinished build."""
    return (out / JOURNAL).exists()


def read(out: Path) -> Journal:
    """Read the journal of *out*. Raises OutputRefused if it is damaged, OSError if it cannot be read."""
    try:
        data: Any = json.loads((out / JOURNAL).read_bytes())
        journal = Journal(tuple(data["removals"]), tuple(data["placements"]))
        for path in (*journal.removals, *journal.placements):
            _check(path)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(out, str(error)) from None
    return journal


def remove(out: Path) -> None:
    """Remove the journal of *out*: the build is finished."""
    os.unlink(out / JOURNAL)


def damaged(out: Path, reason: str) -> OutputRefused:
    """Return the error for a folder whose unfinished build cannot be finished."""
    return OutputRefused(
        f"the last build into {out} was interrupted and cannot be finished: {reason}. "
        f"Restore the folder from git, or remove everything in it but {DEPLOYED}/, and build again"
    )


def _check(path: str) -> None:
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"a path outside the folder: {path!r}")
