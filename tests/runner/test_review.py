"""Reviewed is what runs: what stops a deployment before anything is sent."""

import subprocess
from pathlib import Path

import pytest

from mlnc.output.artifact import Artifact
from mlnc.output.errors import Refused
from mlnc.output.manifest import digest
from mlnc.output.writer import Build, write
from mlnc.runner.review import load_output, objections

SOURCE = "global { project demo }\n"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder whose source lies beside it."""
    (tmp_path / "demo.mln").write_text(SOURCE)
    folder = tmp_path / "out"
    sources = {"../demo.mln": digest(SOURCE.encode())}
    artifact = Artifact("hosts/one/demo/project.sh", "#!/bin/sh\n", executable=True)
    write(folder, Build((artifact,), (), {"demo": "../demo.mln"}, sources, {}, frozenset({"demo"})))
    return folder


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Grace", "-c", "user.email=grace@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def found(out: Path) -> list[str]:
    return objections(out, load_output(out))


def test_nothing_to_object_to(out: Path) -> None:
    assert found(out) == []


def test_no_output(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="run mlnc build first"):
        load_output(tmp_path)


def test_a_changed_file(out: Path) -> None:
    (out / "hosts/one/demo/project.sh").write_text("#!/bin/sh\nrm -rf /\n")
    (objection,) = found(out)
    assert "hosts/one/demo/project.sh: changed" in objection


def test_sources_by_content_never_by_date(out: Path) -> None:
    source = out.parent / "demo.mln"
    source.touch()
    assert found(out) == []
    source.write_text(SOURCE + "# more\n")
    assert "was built of other sources: ../demo.mln changed since" in found(out)[0]
    source.unlink()
    assert "was built of other sources" in found(out)[0]


def test_uncommitted_output(out: Path) -> None:
    git(out.parent, "init", "-q")
    assert "changes that are not committed" in found(out)[0]
    assert objections(out, load_output(out), reviewed=False) == []
    git(out.parent, "add", ".")
    git(out.parent, "commit", "-qm", "Build")
    assert found(out) == []
    for name in ("deployed", ".log"):
        (out / name).mkdir()
        (out / name / "demo").write_text("not of the build\n")
    assert found(out) == []


def test_an_output_folder_that_git_ignores(out: Path) -> None:
    git(out.parent, "init", "-q")
    (out.parent / ".gitignore").write_text("/out\n")
    assert "git ignores" in found(out)[0]


def test_a_repository_that_git_cannot_read(out: Path) -> None:
    (out.parent / ".git").write_text("gitdir: nowhere\n")
    assert "git does not say" in found(out)[0]
