"""Which files of a folder are projects, and which are libraries."""

from pathlib import Path

import pytest

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.discover import discover
from mlnc.compiler.front import Earlier, Front
from mlnc.compiler.loader import Loader

PROJECT = "global { project p }\n"


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / f"{name}.mln").write_text(text)
    return root


def projects(root: Path) -> tuple[set[str], list[str]]:
    """The names of the project files in *root*, and the codes of what was found."""
    report = Report()
    found = discover([root], None, Loader(report))
    return {path.stem for path in found.projects}, [each.code for each in report.sorted()]


@pytest.mark.parametrize(
    "main",
    [PROJECT, "#include lib.mln\n" + PROJECT, "global {\n#include name.mln\n}\n", "#include whole.mln\n"],
)
def test_a_project_is_a_file_that_names_one_itself_or_by_what_it_includes(tmp_path: Path, main: str) -> None:
    made = folder(tmp_path, main=main, lib="host a { }\n", name="project p\n", whole=PROJECT)
    assert "main" in projects(made)[0]


def test_a_file_that_nobody_uses_is_said(tmp_path: Path) -> None:
    made = folder(tmp_path, main=PROJECT, site="service_host s { }", stray="host a { }\n")
    assert projects(made) == ({"main"}, ["file-not-built"])


def test_a_folder_without_a_project_is_an_error(tmp_path: Path) -> None:
    assert "no-project" in projects(folder(tmp_path, lib="host a { }\n"))[1]


def test_files_that_include_each_other_twice_are_looked_at_once(tmp_path: Path) -> None:
    deep = {f"level{n}": f"#include level{n + 1}.mln\n" * 2 for n in range(40)}
    made = folder(tmp_path, **deep, level40="host a { }\n", main="#include level0.mln\n" + PROJECT)
    assert projects(made) == ({"main"}, [])


@pytest.mark.parametrize("line", ["project", "project =", "project = "])
def test_a_project_without_a_name_is_none(tmp_path: Path, line: str) -> None:
    (tmp_path / "main.mln").write_text(f"global {{ {line} }}\nhost a {{ }}\n")
    front = Front(Report())
    found = front.load([tmp_path / "main.mln"], None)
    assert found is None or front.run(found, Earlier()) is None
    assert [each.code for each in front.report.sorted()] == ["no-project"]
