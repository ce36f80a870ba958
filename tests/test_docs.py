"""The pages for users: every example in them is checked as a user would check it.

An example fenced as ``mln`` is a project of its own, ``mln NAME.mln`` a file of a folder that all such examples of the
page make together, ``mln fragment`` is no whole file.
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
    """What follows ``mln`` in the fence of each example, and the example."""
    return [(match[1], match[2]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]


WHOLE = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    for number, (kind, text) in enumerate(examples(page), 1)
    if not kind
]
FOLDERS = {
    page.name: made for page in PAGES if (made := {k: v for k, v in examples(page) if k.endswith(".mln")})
}


def findings(folder: Path) -> list[str]:
    front = Front(Report())
    check(front, [folder], None)
    return [f"{found.code}: {found.message}" for found in front.report.sorted()]


@pytest.mark.parametrize("text", WHOLE)
def test_an_example_is_a_project_without_a_finding(text: str, tmp_path: Path) -> None:
    (tmp_path / "example.mln").write_text(text)
    assert findings(tmp_path) == []


@pytest.mark.parametrize("page", FOLDERS)
def test_the_named_examples_of_a_page_are_a_folder_without_a_finding(page: str, tmp_path: Path) -> None:
    for name, text in FOLDERS[page].items():
        (tmp_path / name).write_text(text)
    assert findings(tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_says_what_it_is(page: Path) -> None:
    assert {kind for kind, _ in examples(page) if not kind.endswith(".mln")} <= {"", "fragment"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
