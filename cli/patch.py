"""Edits of source files as a unified diff that ``git apply`` and ``patch -p1`` take."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from pathlib import Path

from mlnc.compiler.service_host_edits import Edit
from mlnc.compiler.source import Source

_MARK = "\ufeff"
"""A byte order mark, which a source has lost and its file has not."""


def edited(edits: Iterable[Edit]) -> dict[Source, str]:
    """The text of each source after *edits*, which do not overlap."""
    of_source: dict[Source, list[Edit]] = defaultdict(list)
    for edit in edits:
        of_source[edit.span.source].append(edit)
    return {source: _text(source, found) for source, found in of_source.items()}


def _text(source: Source, edits: list[Edit]) -> str:
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda each: each.span.start):
        pieces += [source.text[done : edit.span.start], edit.text]
        done = edit.span.end
    return "".join([*pieces, source.text[done:]])


def patch(texts: Mapping[Source, str]) -> str:
    """The diff from each source to its new text; paths as seen from the working directory, sorted."""
    changed = sorted((os.path.relpath(source.path), source, text) for source, text in texts.items())
    return "".join(_diff(path, source, text) for path, source, text in changed)


def _diff(path: str, source: Source, text: str) -> str:
    mark = _MARK if Path(source.path).read_bytes().startswith(_MARK.encode()) else ""
    end = "\t" if " " in path else ""
    name = Path(path).as_posix()
    lines = unified_diff(_lines(mark + source.text), _lines(mark + text), f"a/{name}{end}", f"b/{name}{end}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """The lines of *text* with their ends; only a line feed ends one."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], *filter(None, [lines[-1][:-1]])]
