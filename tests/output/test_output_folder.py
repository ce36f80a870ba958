"""Valid paths of generated files, and the entries of the output folder."""

from pathlib import Path

import pytest

from mlnc.output.output_folder import OWN, UNLISTED, check_path, entries, folders_of, some


@pytest.mark.parametrize("path", ["a", "hosts/one/demo/linux.cfg", "plan/demo/1", "a/.lock", "..a", "a b/ø"])
def test_a_path_below_the_folder_is_allowed(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize("path", [*sorted(OWN), "deployed/demo.yaml", "..", "a/..", "/a", "a/", "", "a\0"])
def test_own_entries_and_paths_outside_the_folder_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="invalid path of a generated file"):
        check_path(path)


def test_the_folders_of_a_path_are_outermost_first() -> None:
    assert folders_of("a/b/c") == ["a", "a/b"]
    assert folders_of("a") == []


def test_entries_are_files_and_links_without_the_unlisted_ones(tmp_path: Path) -> None:
    (tmp_path / "a/plan").mkdir(parents=True)
    (tmp_path / "a/plan/file").touch()
    (tmp_path / "a/link").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in UNLISTED:
        (tmp_path / name).touch()
    assert sorted(entries(tmp_path)) == ["a/link", "a/plan/file"]
    assert sorted(entries(tmp_path, "a/plan")) == ["a/plan/file"]


def test_a_message_names_the_first_few() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
