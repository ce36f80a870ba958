"""Files that a build writes to ``out/``, and folders that it refuses to change."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import build, file, tree

from mlnc.output.manifest import load_manifest, verify
from mlnc.output.output_folder import OutputRefused
from mlnc.output.transaction import locked
from mlnc.output.writer import Written, write

CFG = "hosts/one/demo/linux.cfg"
START = "hosts/one/demo/start"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(out: Path) -> dict[str, int]:
    return {
        path.relative_to(out).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in out.rglob("*")
        if path.is_file()
    }


def stamps(out: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(out).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in out.rglob("*")
    }


def test_a_first_build_creates_the_folder_with_all_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    maps = (file(".sourcemap/demo.json", "{}"),)
    written = write(
        out, build(file(CFG), file(START, executable=True), private=maps, secrets={"demo/a": "x"})
    )
    assert written == Written(made=(CFG, START), changed=(), removed=(), unchanged=0)
    assert modes(out) == {
        ".gitignore": 0o644,
        ".lock": 0o644,
        ".secrets.yaml": 0o600,
        ".sourcemap/demo.json": 0o644,
        CFG: 0o644,
        START: 0o755,
        "manifest.yaml": 0o644,
    }
    assert verify(out) == ()


def test_private_files_are_ignored_by_git(tmp_path: Path) -> None:
    write(tmp_path / "out", build(file(CFG)))
    ignored = (tmp_path / "out" / ".gitignore").read_text().splitlines()
    assert ignored[1:] == ["/.journal", "/.lock", "/.log/", "/.secrets.yaml", "/.sourcemap/", "/.staging/"]


def test_an_equal_build_writes_nothing(tmp_path: Path) -> None:
    wanted = build(file(CFG), secrets={"demo/a": "x"}, private=(file(".sourcemap/demo.json"),))
    write(tmp_path, wanted)
    before = stamps(tmp_path)
    assert write(tmp_path, wanted) == Written((), (), (), unchanged=1)
    assert stamps(tmp_path) == before


def test_only_changed_files_are_written(tmp_path: Path) -> None:
    write(tmp_path, build(file(CFG), file("ir/demo.yaml"), file("ir/old.yaml")))
    before = stamps(tmp_path)
    written = write(tmp_path, build(file(CFG, "other\n"), file("ir/demo.yaml"), file("ir/new.yaml")))
    assert written == Written(made=("ir/new.yaml",), changed=(CFG,), removed=("ir/old.yaml",), unchanged=1)
    assert stamps(tmp_path)["ir/demo.yaml"] == before["ir/demo.yaml"]
    assert tree(tmp_path)[CFG] == ("644", b"other\n")
    assert verify(tmp_path) == ()


def test_emptied_folders_are_removed(tmp_path: Path) -> None:
    write(tmp_path, build(file(CFG), file("hosts/two/demo/linux.cfg")))
    write(tmp_path, build(file("hosts/two/demo/linux.cfg")))
    assert not (tmp_path / "hosts/one").exists()
    assert (tmp_path / "hosts/two/demo").is_dir()


def test_a_manual_change_is_overwritten(tmp_path: Path) -> None:
    write(tmp_path, build(file(CFG), file(START, executable=True)))
    (tmp_path / CFG).write_text("by hand")
    (tmp_path / START).chmod(0o644)
    assert write(tmp_path, build(file(CFG), file(START, executable=True))).changed == (CFG, START)
    assert verify(tmp_path) == ()


def test_a_checkout_with_another_umask_is_unchanged(tmp_path: Path) -> None:
    write(tmp_path, build(file(CFG), file(START, executable=True)))
    (tmp_path / CFG).chmod(0o664)
    (tmp_path / START).chmod(0o700)
    assert write(tmp_path, build(file(CFG), file(START, executable=True))).unchanged == 2


def test_a_file_becomes_a_folder_and_a_folder_a_file(tmp_path: Path) -> None:
    write(tmp_path, build(file("a"), file("b/c/d"), file("b/e")))
    (tmp_path / "b/c/empty").mkdir()
    write(tmp_path, build(file("a/x"), file("b")))
    assert [name for name, what in tree(tmp_path).items() if what] == [
        ".gitignore",
        "a/x",
        "b",
        "manifest.yaml",
    ]


def test_a_missing_file_is_not_counted_as_removed(tmp_path: Path) -> None:
    write(tmp_path, build(file(CFG), file(START)))
    (tmp_path / START).unlink()
    assert write(tmp_path, build(file(CFG))).removed == ()


class TestByProducts:
    def test_private_files_of_projects_not_built_now_are_kept(self, tmp_path: Path) -> None:
        maps = (file(".sourcemap/a.json"), file(".sourcemap/b.json"), file(".sourcemap/c.json"))
        secrets = {"a/x": "1", "b/x": "2", "c/x": "3"}
        everything = ("a", "b", "c")
        write(tmp_path, build(private=maps, secrets=secrets, projects=everything, built=everything))
        write(tmp_path, build(private=maps[:1], secrets={"a/y": "4"}, projects=("a", "b"), built=("a",)))
        assert sorted(os.listdir(tmp_path / ".sourcemap")) == ["a.json", "b.json"]
        assert (tmp_path / ".secrets.yaml").read_text().splitlines()[1:] == [
            "secrets:",
            '  a/y: "4"',
            '  b/x: "2"',
        ]

    def test_the_secrets_file_is_removed_with_the_last_secret(self, tmp_path: Path) -> None:
        write(tmp_path, build(secrets={"demo/x": "1"}))
        write(tmp_path, build())
        assert not (tmp_path / ".secrets.yaml").exists()

    def test_the_permissions_of_the_secrets_file_are_restored(self, tmp_path: Path) -> None:
        write(tmp_path, build(secrets={"demo/x": "1"}))
        (tmp_path / ".secrets.yaml").chmod(0o644)
        write(tmp_path, build(secrets={"demo/x": "1"}))
        assert modes(tmp_path)[".secrets.yaml"] == 0o600

    def test_secrets_and_by_products_are_not_in_the_manifest(self, tmp_path: Path) -> None:
        write(tmp_path, build(file(CFG), private=(file(".sourcemap/demo.json"),), secrets={"demo/x": "hush"}))
        manifest = load_manifest(tmp_path)
        assert manifest is not None
        assert list(manifest.files) == [CFG]
        assert "hush" not in (tmp_path / "manifest.yaml").read_text()


class TestRefusals:
    def refused(self, out: Path, *wanted: str) -> str:
        before = tree(out)
        with pytest.raises(OutputRefused) as caught:
            write(out, build(*(file(path) for path in wanted or (CFG,))))
        assert tree(out) == before
        return str(caught.value)

    def test_a_folder_that_mlnc_never_wrote_is_refused(self, tmp_path: Path) -> None:
        for name in ("thesis.tex", "b", "c", "d"):
            (tmp_path / name).write_text("years of work")
        message = self.refused(tmp_path)
        assert "it contains b, c, d and 1 more" in message
        assert "-o" in message
        assert not (tmp_path / ".lock").exists()

    def test_a_folder_with_a_foreign_gitignore_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("*.o\n")
        assert "not empty" in self.refused(tmp_path)

    def test_a_foreign_file_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, build(file(CFG)))
        (tmp_path / "hosts/one/notes.txt").write_text("mine")
        assert "files that mlnc did not write: hosts/one/notes.txt." in self.refused(tmp_path)

    def test_a_foreign_file_at_the_path_of_an_artifact_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, build(file(CFG)))
        (tmp_path / "notes.txt").write_text("mine")
        assert "notes.txt" in self.refused(tmp_path, CFG, "notes.txt")

    @pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n", "a: [", "manifest_version: 9\n", "\udcff"])
    def test_a_damaged_manifest_is_refused(self, tmp_path: Path, text: str) -> None:
        write(tmp_path, build(file(CFG)))
        (tmp_path / "manifest.yaml").write_text(text, errors="surrogateescape")
        assert "manifest.yaml is damaged" in self.refused(tmp_path)

    @pytest.mark.parametrize(
        "path", ["../victim", "/etc/passwd", "deployed/demo.yaml", "a//b", ".secrets.yaml"]
    )
    def test_a_manifest_with_foreign_paths_is_refused(self, tmp_path: Path, path: str) -> None:
        out = tmp_path / "out"
        (tmp_path / "victim").write_text("precious")
        write(out, build(file(CFG)))
        text = (out / "manifest.yaml").read_text()
        (out / "manifest.yaml").write_text(text.replace(CFG, path))
        assert "manifest.yaml is damaged" in self.refused(out)
        assert (tmp_path / "victim").exists()

    def test_a_file_at_the_path_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("a file")
        with pytest.raises(OutputRefused, match=r"out: File exists: nothing in .* was changed"):
            write(tmp_path / "out", build())

    def test_a_concurrent_build_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, build(file(CFG)))
        with locked(tmp_path):
            assert "another mlnc is writing" in self.refused(tmp_path, START)

    def test_a_read_only_folder_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, build(file(CFG)))
        monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("hosts/one/demo"))
        assert "hosts/one/demo: Permission denied: nothing in" in self.refused(tmp_path, START)


class TestRoomsOfOthers:
    def test_deployed_records_are_kept_without_a_manifest(self, tmp_path: Path) -> None:
        (tmp_path / "deployed").mkdir()
        (tmp_path / "deployed/demo.yaml").write_text("record")
        write(tmp_path, build(file(CFG)))
        write(tmp_path, build())
        assert (tmp_path / "deployed/demo.yaml").read_text() == "record"
        assert verify(tmp_path) == ()

    def test_an_unlisted_plan_is_allowed(self, tmp_path: Path) -> None:
        write(tmp_path, build(file("plan/demo/plan.yaml")))
        (tmp_path / "plan/demo/notes").write_text("mine")
        assert write(tmp_path, build()).removed == ("plan/demo/plan.yaml",)
        assert (tmp_path / "plan/demo/notes").exists()

    def test_a_foreign_folder_at_the_path_of_a_file_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, build())
        (tmp_path / "plan/demo").mkdir(parents=True)
        (tmp_path / "plan/demo/notes").write_text("mine")
        with pytest.raises(OutputRefused, match="contains plan/demo/notes"):
            write(tmp_path, build(file("plan/demo")))

    def test_a_foreign_file_at_the_path_of_a_folder_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, build())
        (tmp_path / "plan").write_text("mine")
        with pytest.raises(OutputRefused, match="plan is a file where mlnc needs a folder"):
            write(tmp_path, build(file("plan/demo")))


class TestLinks:
    def test_a_file_that_became_a_link_is_replaced_not_followed(self, tmp_path: Path) -> None:
        out, victim = tmp_path / "out", tmp_path / "victim"
        write(out, build(file(CFG)))
        victim.write_text("text\n")
        (out / CFG).unlink()
        (out / CFG).symlink_to(victim)
        write(out, build(file(CFG, "new\n")))
        assert not (out / CFG).is_symlink()
        assert victim.read_text() == "text\n"

    @pytest.mark.parametrize("folder", ["hosts", "hosts/one", "plan", ".sourcemap"])
    def test_a_folder_that_became_a_link_is_refused(self, tmp_path: Path, folder: str) -> None:
        out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
        wanted = (file(CFG), file("plan/demo"))
        write(out, build(*wanted, private=(file(".sourcemap/demo.json"),)))
        (out / folder).rename(elsewhere)
        (out / folder).symlink_to(elsewhere)
        before = tree(elsewhere)
        changed = (file(CFG, "new"), file("plan/demo", "new"))
        with pytest.raises(OutputRefused, match=folder):
            write(out, build(*changed, private=(file(".sourcemap/demo.json", "new"),)))
        assert tree(elsewhere) == before

    def test_a_lock_or_secrets_file_that_is_a_link_is_refused(self, tmp_path: Path) -> None:
        out, victim = tmp_path / "out", tmp_path / "victim"
        victim.write_text("precious")
        write(out, build(secrets={"b/x": "1"}, projects=("a", "b"), built=("a", "b")))
        for name in (".secrets.yaml", ".lock"):
            (out / name).unlink()
            (out / name).symlink_to(victim)
            with pytest.raises(OutputRefused):
                write(out, build(secrets={"a/x": "1"}, projects=("a", "b"), built=("a",)))
        assert victim.read_text() == "precious"

    def test_an_output_folder_that_is_a_link_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "out").symlink_to(tmp_path / "real")
        write(tmp_path / "out", build(file(CFG)))
        assert verify(tmp_path / "real") == ()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/abs",
        "a/../b",
        "./a",
        "a//b",
        "a/",
        "a\0b",
        "manifest.yaml",
        ".secrets.yaml",
        "deployed/x",
        ".lock",
    ],
)
def test_an_invalid_path_of_an_artifact_raises_value_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="invalid path of a generated file"):
        write(tmp_path / "out", build(file(path)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path", ["demo.json", ".sourcemap/a/b", ".sourcemap/..", "hosts/x", ".sourcemap"])
def test_an_invalid_path_of_a_by_product_raises_value_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="invalid path of a"):
        write(tmp_path / "out", build(private=(file(path),)))


@pytest.mark.parametrize("paths", [("a", "a"), ("a/b", "a"), ("a", "a/b/c")])
def test_two_artifacts_with_one_path_raise_value_error(tmp_path: Path, paths: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"have the path|is also a file"):
        write(tmp_path / "out", build(*map(file, paths)))
