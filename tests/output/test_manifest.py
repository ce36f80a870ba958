"""The manifest: text, round trip, and detection of differences."""

from pathlib import Path

import pytest
from golden_files import Golden
from trees import build, file

from mlnc.output.manifest import Manifest, digest, dump_manifest, file_state, load_manifest, verify
from mlnc.output.writer import write

MANIFEST = Manifest(
    projects={"group02": "../course/group02.mln", "group01": "../course/group01.mln"},
    sources={"../course/site.mln": digest(b"site"), "../course/group01.mln": digest(b"group")},
    files={"ir/site.yaml": digest(b"b"), "hosts/one/group01/start": digest(b"a")},
    executables=("hosts/one/group01/start",),
)


def test_the_text_of_a_manifest_matches_the_golden(golden: Golden) -> None:
    golden("manifest/manifest.yaml", dump_manifest(MANIFEST))


def test_a_written_manifest_loads_as_the_same_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text(dump_manifest(MANIFEST))
    assert load_manifest(tmp_path) == MANIFEST


def test_the_text_does_not_depend_on_the_order_of_entries() -> None:
    turned = Manifest(
        dict(reversed(MANIFEST.projects.items())),
        dict(reversed(MANIFEST.sources.items())),
        dict(reversed(MANIFEST.files.items())),
        MANIFEST.executables,
    )
    assert dump_manifest(turned) == dump_manifest(MANIFEST)


def test_a_folder_without_a_manifest_loads_as_none(tmp_path: Path) -> None:
    assert load_manifest(tmp_path) is None
    assert verify(tmp_path) == ("manifest.yaml: missing",)


def test_every_kind_of_difference_is_reported(tmp_path: Path) -> None:
    write(tmp_path, build(*map(file, "abcdef"), file("g", executable=True)))
    assert verify(tmp_path) == ()
    (tmp_path / "a").write_text("changed")
    (tmp_path / "b").unlink()
    (tmp_path / "c").chmod(0o755)
    (tmp_path / "d").unlink()
    (tmp_path / "d").symlink_to("e")
    (tmp_path / "g").chmod(0o644)
    (tmp_path / "x").mkdir()
    (tmp_path / "x/y").write_text("new")
    assert verify(tmp_path) == (
        "a: changed",
        "b: missing",
        "c: executable",
        "d: missing",
        "g: not executable",
        "x/y: not in the manifest",
    )


@pytest.mark.parametrize("kind", ["missing", "folder", "link", "dangling", "below a file"])
def test_only_a_regular_file_has_a_state(tmp_path: Path, kind: str) -> None:
    (tmp_path / "real").write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    place = tmp_path / "real/below" if kind == "below a file" else tmp_path / kind
    assert file_state(place) is None


def test_a_file_state_has_content_and_permissions(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"\0\xff")
    (tmp_path / "real").chmod(0o640)
    state = file_state(tmp_path / "real")
    assert state is not None
    assert (state.content, state.permissions, state.executable) == (b"\0\xff", 0o640, False)
