"""User documentation: mlnc accepts every example without a finding.

An example fenced as ``mln`` is a complete project. The examples of a page fenced as ``mln NAME.mln`` form one folder.
``mln fragment`` is an incomplete file and is not checked.
"""

import re
from pathlib import Path

import pytest

from mlnc.cli.build import check
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^```mln ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[tuple[str, str]]:
    """Kind (the text after ``mln`` in the fence) and text of each example of *page*."""
    return [(match[1], match[2]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]


COMPLETE = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    for number, (kind, text) in enumerate(examples(page), 1)
    if not kind
]
FOLDERS = {
    page.name: files for page in PAGES if (files := {k: v for k, v in examples(page) if k.endswith(".mln")})
}


def findings(folder: Path) -> list[str]:
    front = Front(Report())
    check(front, [folder], None)
    return [f"{found.code}: {found.message}" for found in front.report.sorted()]


@pytest.mark.parametrize("text", COMPLETE)
def test_a_complete_example_has_no_finding(text: str, tmp_path: Path) -> None:
    (tmp_path / "example.mln").write_text(text)
    assert findings(tmp_path) == []


@pytest.mark.parametrize("page", FOLDERS)
def test_the_folder_of_named_examples_has_no_finding(page: str, tmp_path: Path) -> None:
    for name, text in FOLDERS[page].items():
        (tmp_path / name).write_text(text)
    assert findings(tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_has_a_known_kind(page: Path) -> None:
    assert {kind for kind, _ in examples(page) if not kind.endswith(".mln")} <= {"", "fragment"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_target_of_every_relative_link_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
