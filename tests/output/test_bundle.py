"""Bundles: generation, transferred files, and agreement with the tools on the server."""

import io
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from mlnc.output.bundle import Bundle, bundles
from mlnc.output.errors import Refused
from mlnc.output.manifest import Manifest

FILES = {
    "ir/demo.yaml": "ir_version: 1\n",
    "hosts/one/demo/project.sh": "#!/bin/sh\n",
    "hosts/one/demo/linux.cfg": 'name = "linux.demo"\n',
    "lib/common.sh": "# library\n",
    "hosts/one/_server/lib/server.sh": "# facts\n",
    "hosts/two/demo/linux2.cfg": 'name = "linux2.demo"\n',
}


def laid(out: Path, files: dict[str, str]) -> Manifest:
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    hashes = {path: sha256(text.encode()).hexdigest() for path, text in files.items()}
    runs = tuple(path for path in files if path.endswith("project.sh"))
    return Manifest({"demo": "../demo.mln"}, {}, hashes, runs)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return bundles(tmp_path, laid(tmp_path, FILES))["one"]["demo"]


def test_a_bundle_has_the_files_of_its_server_and_project(tmp_path: Path) -> None:
    found = bundles(tmp_path, laid(tmp_path, FILES))
    assert {
        server: {name: sorted(each.places) for name, each in there.items()} for server, there in found.items()
    } == {
        "one": {
            "_server": ["lib/common.sh", "lib/server.sh"],
            "demo": ["ir.yaml", "linux.cfg", "project.sh"],
        },
        "two": {"demo": ["ir.yaml", "linux2.cfg"]},
    }


def test_only_the_shared_bundle_of_a_server_has_the_library(tmp_path: Path) -> None:
    found = bundles(tmp_path, laid(tmp_path, FILES))
    assert found["one"]["_server"].places["lib/common.sh"] == "lib/common.sh"
    assert "lib/common.sh" not in found["one"]["demo"].places


def test_the_generation_depends_on_content_and_permissions(bundle: Bundle) -> None:
    assert bundle.generation == sha256(bundle.listing.encode()).hexdigest()[:32]
    assert bundle.listing.splitlines()[-1] == "#x ./project.sh"


def test_sha256sum_reads_the_listing(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with tarfile.open(fileobj=io.BytesIO(bundle.archive(bundle.places))) as tar:
        tar.extractall(folder, filter="data")
    check = ["sha256sum", "--check", "--strict", "--quiet", ".files"]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0
    (folder / "project.sh").write_text("#!/bin/sh\nfalse\n")
    assert subprocess.run(check, cwd=folder, check=False, capture_output=True).returncode == 1


def test_only_changed_files_are_listed_as_changed(bundle: Bundle, tmp_path: Path) -> None:
    before = bundle.listing.splitlines()
    assert bundle.changed(before) == []
    changed = FILES | {"hosts/one/demo/linux.cfg": 'name = "other"\n'}
    after = bundles(tmp_path, laid(tmp_path, changed))["one"]["demo"]
    assert after.changed(before) == ["linux.cfg"]
    assert after.generation != bundle.generation


def test_equal_files_give_equal_archives(bundle: Bundle) -> None:
    assert bundle.archive(["linux.cfg"]) == bundle.archive(["linux.cfg"])


def test_a_file_that_changes_after_the_check_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "hosts/one/demo/project.sh").write_text("#!/bin/sh\nfalse\n")
    with pytest.raises(Refused, match="changed after it was checked"):
        bundle.archive(["project.sh"])


@pytest.mark.parametrize("path", ["hosts/one/demo/a b", "hosts/one/demo/.files", "hosts/one/demo/x\ny"])
def test_invalid_file_names_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(Refused, match="is not a valid file name on a server"):
        bundles(tmp_path, Manifest({}, {}, {path: "0" * 64}, ()))
