"""Edits of source files as a unified diff for ``git apply`` and ``patch -p1``."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from pathlib import Path

from mlnc.compiler.service_host_edits import Edit
from mlnc.compiler.source import Source

_MARK = "\ufeff"
"""The byte order mark, which the text of a source does not contain but its file may."""


def edited(edits: Iterable[Edit]) -> dict[Source, str]:
    """Return the text of each source after *edits*, which do not overlap."""
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
    """Return the diff from each source to its new text, sorted by path relative to the working directory."""
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
    """Split *text* at line feeds only; the lines keep them."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], *filter(None, [lines[-1][:-1]])]
