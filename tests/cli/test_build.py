"""``mlnc build``: the projects that a build makes, keeps and removes; nothing else changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from projects import mlnc

SITE = "service_host one { address 192.0.2.2 }\nservice_host two { address 192.0.2.3 }\n"


def project(name: str, server: str = "one", body: str = "") -> str:
    return f"global {{ project {name} }}\nhost web {{ xen; service_host {server}; {body} }}\n"


def build(*arguments: str | Path) -> Result:
    result = mlnc("build", *arguments)
    assert result.exit_code == 0, result.stderr
    return result


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of every file of *folder* by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def projects(out: Path) -> set[str]:
    """The projects in *out*, by their IR."""
    return {path.stem for path in (out / "ir").glob("*.yaml")} - {"site"}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two projects, and the working directory above it."""
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "site.mln").write_text(SITE)
    (folder / "a.mln").write_text(project("a"))
    (folder / "b.mln").write_text(project("b", "two"))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_folder_builds_all_its_projects(course: Path) -> None:
    assert "2 projects, 2 hosts on 2 servers in out: " in build(course).stdout
    assert projects(Path("out")) == {"a", "b"}
    assert {path.name for path in Path("out/hosts").iterdir()} == {"one", "two"}


def test_building_again_changes_nothing(course: Path) -> None:
    build(course)
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*") if path.is_file()}
    assert " 0 made, 0 changed, 0 removed, " in build(course).stdout
    after = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*") if path.is_file()}
    assert {path for path in before if before[path] != after[path]} <= {Path("out/.lock")}


def test_one_file_after_the_folder_keeps_the_others(course: Path) -> None:
    build(course)
    before = tree(Path("out"))
    (course / "a.mln").write_text(project("a", body="memory 256M"))
    (course / "b.mln").write_text("nonsense {")
    assert projects(Path("out")) == {"a", "b"}
    build(course / "a.mln")
    after = tree(Path("out"))
    assert projects(Path("out")) == {"a", "b"}
    assert after["ir/b.yaml"] == before["ir/b.yaml"]
    assert b"memory = 256" in after["hosts/one/a/web.cfg"]
    assert {path for path in after if path.startswith("hosts/two/b/")} == {
        path for path in before if path.startswith("hosts/two/b/")
    }


def test_one_file_and_then_the_folder_gives_the_same_as_the_folder(course: Path) -> None:
    build(course, "-o", "whole")
    build(course / "b.mln", "-o", "parts")
    build(course / "a.mln", "-o", "parts")
    assert tree(Path("parts")) == tree(Path("whole"))
    build(course, "-o", "parts")
    assert tree(Path("parts")) == tree(Path("whole"))


def test_all_files_of_a_renamed_project_are_removed(course: Path) -> None:
    build(course)
    (course / "a.mln").write_text(project("renamed"))
    build(course / "a.mln")
    assert projects(Path("out")) == {"renamed", "b"}
    assert not [path for path in tree(Path("out")) if "/a/" in path or path.endswith("/a.yaml")]


def test_a_project_removed_from_the_folder_is_removed_from_out(course: Path) -> None:
    build(course)
    (course / "a.mln").unlink()
    build(course / "b.mln")
    assert projects(Path("out")) == {"a", "b"}, "a single file says nothing of others"
    assert " removed" in build(course).stdout
    assert projects(Path("out")) == {"b"}


def test_the_files_of_a_moved_host_are_removed_from_its_old_server(course: Path) -> None:
    build(course)
    (course / "a.mln").write_text(project("a", "two"))
    build(course / "a.mln")
    assert "hosts/two/a/web.cfg" in tree(Path("out"))
    assert "hosts/one/a/web.cfg" not in tree(Path("out"))


def test_projects_of_two_folders_share_an_out(course: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.mln").write_text(project("c"))
    build(course)
    build("other")
    assert projects(Path("out")) == {"a", "b", "c"}
    build(course)
    assert projects(Path("out")) == {"a", "b", "c"}


def test_the_order_of_arguments_does_not_matter(course: Path) -> None:
    build(course / "a.mln", course / "b.mln", "-o", "one")
    build(course / "b.mln", course / "a.mln", "-o", "two")
    assert tree(Path("one")) == tree(Path("two"))


def test_an_error_in_one_project_writes_none(course: Path) -> None:
    build(course)
    before = tree(Path("out"))
    (course / "a.mln").write_text(project("a", body="memory 256M"))
    (course / "b.mln").write_text(project("b", body="memory lots"))
    result = mlnc("build", course)
    assert result.exit_code == 1
    assert result.stderr.endswith("1 error; nothing was written\n")
    assert tree(Path("out")) == before


@pytest.mark.parametrize(
    "fault", ["host {", "host web { memory lots }", "host web { xen; xen_extra { memory=1 } }"]
)
def test_a_first_build_with_an_error_makes_no_folder(fault: str, course: Path) -> None:
    (course / "a.mln").write_text(f"global {{ project a }}\n{fault}\n")
    assert mlnc("build", course).exit_code == 1
    assert not Path("out").exists()


def test_a_warning_stops_a_build_only_when_asked(course: Path) -> None:
    (course / "a.mln").write_text(project("a", body="nice 5"))
    result = mlnc("build", course, "-W", "error")
    assert result.exit_code == 1
    assert "error[without-effect]" in result.stderr
    assert not Path("out").exists()
    assert build(course).stdout.endswith(", 1 warning\n")
    assert build(course, "-W", "no-without-effect").stderr == ""


def test_a_foreign_folder_is_refused(course: Path) -> None:
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("years of work")
    result = mlnc("build", course)
    assert result.exit_code == 1
    assert "out" in result.stderr
    assert tree(Path("out")) == {"thesis.txt": b"years of work"}


def test_a_foreign_file_in_out_is_refused(course: Path) -> None:
    build(course)
    Path("out/hosts/one/a/notes.txt").write_text("mine")
    result = mlnc("build", course)
    assert result.exit_code == 1
    assert "notes.txt" in result.stderr
    assert Path("out/hosts/one/a/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("out", ["afile", "afile/out", "/proc/mlnc", "/dev/null"])
def test_an_impossible_output_folder_is_refused(out: str, course: Path) -> None:
    Path("afile").write_text("a file")
    result = mlnc("build", course, "-o", out)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert Path("afile").read_text() == "a file"


def test_linked_folders_are_followed(course: Path, tmp_path: Path) -> None:
    build(course, "-o", "plain")
    (tmp_path / "link").symlink_to(course)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere")
    build("link", "-o", "linked")
    assert tree(tmp_path / "elsewhere") == tree(tmp_path / "plain")
    assert (tmp_path / "linked").is_symlink()
    build(course, "-o", "linked")
    assert projects(tmp_path / "elsewhere") == {"a", "b"}


def test_the_output_does_not_depend_on_the_working_directory(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build("course", "-o", "out")
    first = tree(tmp_path / "out")
    monkeypatch.chdir(course)
    build(".", "-o", "../out")
    assert tree(tmp_path / "out") == first
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    build(course, "-o", tmp_path / "out")
    build("../../course/a.mln", "-o", "../../out")
    assert tree(tmp_path / "out") == first


def test_the_output_does_not_depend_on_the_location_of_the_course(course: Path, tmp_path: Path) -> None:
    build(course)
    (tmp_path / "copy").mkdir()
    for path in course.iterdir():
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    os.rename(tmp_path / "copy", tmp_path / "moved")
    (tmp_path / "away").mkdir()
    os.rename(tmp_path / "moved", tmp_path / "away" / "course")
    build(tmp_path / "away" / "course", "-o", tmp_path / "away" / "out")
    assert tree(tmp_path / "away" / "out") == tree(tmp_path / "out")


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_output_does_not_depend_on_the_hash_seed(seed: str, course: Path, tmp_path: Path) -> None:
    build(course)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    command = [sys.executable, "-m", "mlnc", "build", "course", "-o", "again"]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path, capture_output=True)
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_source_maps_have_paths_relative_to_out(course: Path) -> None:
    build(course)
    assert b'"hosts/web": "../course/a.mln:2:6"' in tree(Path("out"))[".sourcemap/a.json"]


def test_an_unreadable_earlier_project_stops_only_a_partial_build(course: Path) -> None:
    build(course)
    Path("out/ir/b.yaml").write_text("not: the IR\n")
    result = mlnc("build", course / "a.mln")
    assert result.exit_code == 1
    assert "build everything into an empty folder" in result.stderr
    assert build(course).exit_code == 0


def test_json_findings_are_alone_on_standard_output(course: Path) -> None:
    result = build(course, "--format", "json")
    assert result.stdout == '{\n  "diagnostics": []\n}\n'
    assert "2 projects" in result.stderr


def test_an_empty_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course").mkdir()
    result = mlnc("build", "course")
    assert result.exit_code == 1
    assert "error[no-project]: course contains no project" in result.stderr
    assert not (tmp_path / "out").exists()
