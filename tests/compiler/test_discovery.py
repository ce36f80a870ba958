"""Which files of a request are projects, which are libraries, and which declare the servers."""

from pathlib import Path

import pytest

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.discovery import Found, discover
from mlnc.compiler.loader import SourceLoader

PROJECT = "global { project demo }\nhost web { xen }\n"
LIBRARY = "superclass small { xen }\n"


class Looked:
    """A request: what was found, and the codes of what was said."""

    def __init__(self, *paths: Path, site: Path | None = None) -> None:
        self.report = Report()
        self.found: Found = discover(paths, site, SourceLoader(self.report))
        self.codes = [each.code for each in self.report.sorted()]

    @property
    def projects(self) -> list[str]:
        return [path.name for path in self.found.projects]

    @property
    def sites(self) -> list[str]:
        return [path.name for path in self.found.sites]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.mln").write_text(PROJECT)
    (tmp_path / "a.mln").write_text("#include shared.mln\nglobal { project a }\n")
    (tmp_path / "shared.mln").write_text(LIBRARY)
    (tmp_path / "site.mln").write_text("service_host one { }\n")
    (tmp_path / "notes.txt").write_text("no MLN {")
    return tmp_path


def test_a_folder(folder: Path) -> None:
    looked = Looked(folder)
    assert looked.projects == ["a.mln", "b.mln"], "sorted by name"
    assert looked.sites == ["site.mln"]
    assert looked.codes == []
    assert looked.found.folders == {folder.resolve()}


def test_a_file(folder: Path) -> None:
    looked = Looked(folder / "b.mln")
    assert (looked.projects, looked.sites, looked.codes) == (["b.mln"], ["site.mln"], [])
    assert looked.found.folders == set()


def test_the_site_file_is_no_project(folder: Path) -> None:
    assert Looked(folder / "site.mln").projects == []
    (folder / "site.mln").write_text(PROJECT)
    assert Looked(folder).projects == ["a.mln", "b.mln"]


def test_another_site_file(folder: Path) -> None:
    (folder / "servers.mln").write_text("service_host two { }\n")
    assert Looked(folder / "b.mln", site=folder / "servers.mln").sites == ["servers.mln"]


def test_no_site_file(folder: Path) -> None:
    (folder / "site.mln").unlink()
    assert Looked(folder).sites == []
    assert Looked(folder, site=folder / "site.mln").codes == ["not-found"]


def test_two_folders_have_two_site_files(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "site.mln").write_text("service_host two { }\n")
    (folder / "more" / "c.mln").write_text(PROJECT)
    looked = Looked(folder, folder / "more")
    assert len(looked.found.sites) == 2
    assert looked.projects == ["a.mln", "b.mln", "c.mln"]


def test_a_folder_is_not_searched_further(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "c.mln").write_text("wrong {")
    assert Looked(folder).codes == []


def test_a_project_by_an_include(folder: Path) -> None:
    (folder / "shared.mln").write_text("global { project a }\n")
    (folder / "a.mln").write_text("#include shared.mln\nhost web { xen }\n")
    looked = Looked(folder)
    assert looked.projects == ["a.mln", "b.mln"]
    assert looked.codes == []


def test_a_project_within_an_include_of_global(folder: Path) -> None:
    (folder / "shared.mln").write_text("project a\n")
    (folder / "a.mln").write_text("global {\n#include shared.mln\n}\n")
    assert Looked(folder).projects == ["a.mln", "b.mln"]


def test_a_file_that_nothing_uses(folder: Path) -> None:
    (folder / "a.mln").unlink()
    assert Looked(folder).codes == ["file-not-built"]


def test_a_library_is_no_project(folder: Path) -> None:
    assert Looked(folder / "shared.mln").codes == ["no-project"]


def test_file_with_global_block_but_no_project_is_an_error(folder: Path) -> None:
    """A misspelt ``project`` must not drop a group from the build."""
    (folder / "c.mln").write_text("global {\n\tprojct c\n\t$n = 1\n}\nhost h { xen }\n")
    (found,) = Looked(folder).report.sorted()
    assert (found.code, found.hint) == ("no-project", "did you mean 'project'?")
    assert found.origin is not None
    assert (found.origin.span.start, found.origin.span.end) == (10, 16)


def test_library_with_global_block_is_no_error_while_a_file_includes_it(folder: Path) -> None:
    (folder / "c.mln").write_text("global { $n = 1 }\n")
    assert Looked(folder).codes == ["no-project"]
    (folder / "d.mln").write_text("#include c.mln\n")
    assert Looked(folder).codes == ["file-not-built", "file-not-built"]


@pytest.mark.parametrize("other", ["", "x.txt"])
def test_a_folder_without_projects(other: str, tmp_path: Path) -> None:
    if other:
        (tmp_path / other).write_text(PROJECT)
    assert Looked(tmp_path).codes == ["no-project"]


def test_one_file_by_several_paths(folder: Path) -> None:
    (folder / "link.mln").symlink_to("b.mln")
    looked = Looked(folder / "b.mln", folder / "link.mln", folder / ".." / folder.name / "b.mln", folder)
    assert looked.projects == ["b.mln", "a.mln"]
    assert looked.codes == []


def test_a_link_that_leads_nowhere(folder: Path) -> None:
    (folder / "c.mln").symlink_to("gone")
    assert Looked(folder).codes == ["not-found"]


def test_a_folder_called_like_a_file(folder: Path) -> None:
    (folder / "c.mln").mkdir()
    assert Looked(folder).codes == ["not-found"]


@pytest.mark.parametrize("name", [".hidden.mln", ".#b.mln", "b.mln~", "b.mln.orig", "b.MLN"])
def test_files_that_are_none(name: str, folder: Path) -> None:
    (folder / name).write_text("wrong {")
    assert Looked(folder).codes == []
