"""The transcript of a run: JSON lines in ``out/.log``, which git ignores. No secret stands in it."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlnc.output.errors import Refused
from mlnc.output.output_folder import LOG

_KEPT = 50
"""So many transcripts are kept."""


class Transcript:
    """Takes what happens, from any thread; *masked* takes the secrets out of a text."""

    def __init__(self, out: Path, command: str, masked: Callable[[str], str]) -> None:
        folder = out / LOG
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in sorted(folder.glob("*.jsonl"))[: -(_KEPT - 1)]:
            old.unlink(missing_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.path = folder / f"{stamp}-{command}.jsonl"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._masked = masked
        self._lock = threading.Lock()

    def note(self, server: str, project: str, step: str, **facts: Any) -> None:
        """One line: the time now, where, what, and *facts*."""
        entry = {"time": now(), "server": server, "project": project, "step": step, **facts}
        text = self._masked(json.dumps(entry, ensure_ascii=False))
        with self._lock:
            self._file.write(text + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def now() -> str:
    """The time of the desk, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_log(out: Path, number: int = 1) -> Iterator[str]:
    """The *number*-th last transcript for people. Raises Refused where there is none."""
    file = _file(out, number)
    yield f"{file}:"
    for entry in _entries(file):
        yield from _readable(entry)


def read_entries(out: Path, number: int = 1) -> list[dict[str, Any]]:
    """The *number*-th last transcript as it was noted. Raises Refused where there is none."""
    return list(_entries(_file(out, number)))


def _file(out: Path, number: int) -> Path:
    found = sorted((out / LOG).glob("*.jsonl"))
    if not 0 < number <= len(found):
        raise Refused(
            f"{out / LOG} holds {len(found)} transcripts, so there is no number {number} from the end"
        )
    return found[-number]


def _entries(file: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, file.read_text(encoding="utf-8").splitlines())


def _readable(entry: dict[str, Any]) -> Iterator[str]:
    place = " ".join(filter(None, (entry["server"], entry["project"])))
    status = entry.get("exit")
    facts = [] if status in (None, 0) else [f"status {status}"]
    facts += [f"{entry['seconds']:.1f} s"] if "seconds" in entry else []
    yield f"{entry['time']}  {place}: {entry['step']}{' (' + ', '.join(facts) + ')' if facts else ''}"
    for line in entry.get("output", ()):
        yield f"    {line}"
