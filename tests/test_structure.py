"""The outline of a project: sections taken apart, blocks placed, what stands where it means nothing."""

from pathlib import Path

import pytest
from mln_texts import read

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.loader import Loader
from mlnc.compiler.structure import outline


def deferred(text: str) -> list[str]:
    """The codes of what an expansion leaves to the checks."""
    return [found.code for found in outline(read(text).file, lambda _: None).deferred]


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        ("", "#include {next}.inc\n" * 2),
        ("echo some words\n" * 100, "#include {next}.inc\n" * 10),
        ("users {{ bob x; eve y }}\n" * 100, "#include {next}.inc\n" * 10),
    ],
)
def test_an_include_bomb_ends_with_one_diagnostic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, shape: str
) -> None:
    monkeypatch.setattr("mlnc.compiler.structure._MOST_STATEMENTS", 1000)
    levels = 26
    for level in range(levels):
        text = shape.format(next=level + 1) if level < levels - 1 else ""
        (tmp_path / f"{level}.inc").write_text(lines.format() + text)
    (tmp_path / "bomb.mln").write_text("host a { startup {\n#include 0.inc\n}\n}\n")
    report = Report()
    file = Loader(report).load(tmp_path / "bomb.mln")
    assert file is not None
    outline(file, report.add)
    assert [found.code for found in report.sorted()] == ["too-deep"]
