"""Which secrets each project was last laid with from this desk, so that a later change of them does not go unnoticed.

Only a digest is kept, with a random key beside it, below ``out/.log``, which git ignores. Whoever can read it can read
the secrets themselves, which lie beside the sources for the same reader: it gives nothing away. On a server, or in
``out/deployed``, a digest of a short password would be as good as the password.
"""

import hmac
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from mlnc.output.output_folder import LOG
from mlnc.output.secret_names import secret_names
from mlnc.runner.results import Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

_FILE = "laid.json"


@dataclass(slots=True)
class _Laid:
    """What is kept: the key, a digest by SERVER/PROJECT, and one of all secrets where none of these is outdated."""

    key: str = field(default_factory=lambda: token_hex(32))
    digests: dict[str, str] = field(default_factory=dict)
    everything: str = ""


def changed_secrets(run: RunContext, selection: Selection) -> list[str]:
    """The projects of *selection* that were laid from here with other secrets than those of now, sorted."""
    laid = _read(run.out)
    if not laid.digests or laid.everything == _digest(laid, run.secrets.all_lines()):
        return []
    return sorted(
        {
            project
            for server, project in _outdated(run, laid)
            if project in selection.get(server, ()) and run.recorded(project, server)
        }
    )


def note_laid(run: RunContext, results: Iterable[Result]) -> None:
    """Keep a digest for each of *results* that says that something was laid just now.

    Where the disk does not take them, a later change is not noticed, and nothing else is amiss.
    """
    laid = _read(run.out)
    done = [each for each in results if each.outcome in ("made", "changed")]
    for each in done:
        lines = _lines(run, each.server, each.project)
        if lines:
            laid.digests[f"{each.server}/{each.project}"] = _digest(laid, lines)
    if done and laid.digests:
        laid.everything = "" if _outdated(run, laid) else _digest(laid, run.secrets.all_lines())
        with suppress(OSError):
            _write(run.out / LOG / _FILE, asdict(laid))


def _outdated(run: RunContext, laid: _Laid) -> list[tuple[str, str]]:
    """The servers and projects whose secrets are not those that were laid; not those that have none any more."""
    pairs = [(server, project) for server, _, project in (place.partition("/") for place in laid.digests)]
    lines = {(server, project): _lines(run, server, project) for server, project in pairs}
    return [
        (server, project)
        for (server, project), text in lines.items()
        if text and _digest(laid, text) != laid.digests[f"{server}/{project}"]
    ]


def _lines(run: RunContext, server: str, project: str) -> bytes:
    """The secrets of *project* on *server*; nothing where it has none, or one that lacks a value."""
    names = secret_names(run.project(project), server) if project in run.manifest.projects else []
    return b"" if run.secrets.lacking(names) else run.secrets.lines(names)


def _digest(laid: _Laid, lines: bytes) -> str:
    return hmac.new(bytes.fromhex(laid.key), lines, "sha256").hexdigest()


def _read(out: Path) -> _Laid:
    """What was kept; nothing, with a new key, where there is nothing that can be read."""
    try:
        data: Any = json.loads((out / LOG / _FILE).read_text(encoding="utf-8"))
        bytes.fromhex(data["key"])
        return _Laid(data["key"], dict(data["digests"]), data["everything"])
    except (OSError, ValueError, KeyError, TypeError):
        return _Laid()


def _write(file: Path, data: object) -> None:
    """Atomically, for the user's eyes alone."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    staged = file.with_name(f".{file.name}.new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(data, stream)
    staged.replace(file)
