"""The journal of a build: what is to be done to ``out/`` once all new files lie in its staging folder.

It is written in the staging folder and renamed into place; that rename is the moment the build counts.
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
    """``removals``: paths to be removed. ``placements``: where the staged files 0, 1 … belong, in order."""

    removals: tuple[str, ...]
    placements: tuple[str, ...]


def draft(journal: Journal) -> tuple[str, bytes]:
    """The name in the staging folder and the bytes of *journal*."""
    text = json.dumps({"removals": journal.removals, "placements": journal.placements})
    return _DRAFT, text.encode()


def publish(out: Path) -> None:
    """Make the drafted journal the journal of *out*: from here on the build is finished, not undone."""
    os.replace(out / STAGING / _DRAFT, out / JOURNAL)


def exists(out: Path) -> bool:
    """Whether *out* holds a journal, that is, a build that was not finished."""
    return (out / JOURNAL).exists()


def read(out: Path) -> Journal:
    """The journal of *out*. Raises OutputRefused if it is damaged, OSError if it cannot be read."""
    try:
        data: Any = json.loads((out / JOURNAL).read_bytes())
        journal = Journal(tuple(data["removals"]), tuple(data["placements"]))
        for path in (*journal.removals, *journal.placements):
            _check(path)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(out, str(error)) from None
    return journal


def remove(out: Path) -> None:
    """Declare the build finished."""
    os.unlink(out / JOURNAL)


def damaged(out: Path, reason: str) -> OutputRefused:
    """The refusal of a folder whose unfinished build cannot be finished."""
    return OutputRefused(
        f"the last build into {out} was interrupted and cannot be finished: {reason}. "
        f"Restore the folder from git, or remove everything in it but {DEPLOYED}/, and build again"
    )


def _check(path: str) -> None:
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"a path outside the folder: {path!r}")
