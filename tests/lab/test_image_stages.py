"""Images are made once, and again when what they are made of changes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlnc.lab.image_stages import ImageStage, make
from mlnc.lab.requirements import Lacking


def script(folder: Path, text: str) -> Path:
    file = folder / "script.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_a_stage_is_made_once_and_again_when_an_input_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_text("one")
    copy = script(tmp_path, 'cat "$2/file" - >"$1"; echo "$3" >>"$1"')
    stages = [ImageStage(tmp_path / "result", copy, (tree, "word"))]
    assert not stages[0].is_made()
    make(stages)
    make(stages)
    assert (tmp_path / "result").read_text() == "oneword\n"
    assert capsys.readouterr().out.count("making result") == 1
    (tree / "file").write_text("two")
    assert not stages[0].is_made()
    make(stages)
    assert (tmp_path / "result").read_text() == "twoword\n"


@pytest.mark.parametrize("change", ["script", "mode", "word"])
def test_whatever_decides_about_a_result_counts(change: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("text")
    touch = script(tmp_path, 'touch "$1"')
    stage = ImageStage(tmp_path / "result", touch, (source, "word"))
    make([stage])
    if change == "script":
        script(tmp_path, 'touch "$1" # again')
    elif change == "mode":
        source.chmod(0o755)
    else:
        stage = ImageStage(stage.result, touch, (source, "another"))
    assert not stage.is_made()


def test_a_later_stage_follows_an_earlier_one(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one")
    copy = script(tmp_path, 'cp "$2" "$1"')
    first = ImageStage(tmp_path / "first", copy, (source,))
    second = ImageStage(tmp_path / "second", copy, (first,))
    make([first, second])
    source.write_text("two")
    make([first])
    assert not second.is_made()
    make([first, second])
    assert second.result.read_text() == "two"


def test_a_failure_shows_the_end_of_the_output_and_is_tried_again(tmp_path: Path) -> None:
    stage = ImageStage(tmp_path / "result", script(tmp_path, 'touch "$1"; echo why >&2; exit 3'))
    with pytest.raises(Lacking, match=r"result could not be made; .*result.log ends with\nwhy"):
        make([stage])
    assert not stage.is_made()


def test_a_script_that_is_interrupted_clears_up_after_itself(tmp_path: Path) -> None:
    """Ctrl-C reaches it as well, and what it throws away then may be large."""
    text = 'trap "sleep 1; rm -r \\"$1.work\\"" EXIT; mkdir "$1.work"; sleep 30'
    file = script(tmp_path, text)
    file.write_text(file.read_text().replace("/bin/sh", "/bin/bash"))
    code = "import sys; from pathlib import Path; from mlnc.lab.image_stages import ImageStage; "
    code += "ImageStage(Path(sys.argv[1]), Path(sys.argv[2])).make()"
    result = tmp_path / "result"
    making = subprocess.Popen(
        [sys.executable, "-c", code, result, file], stderr=subprocess.DEVNULL, start_new_session=True
    )
    work = tmp_path / "result.work"
    while not work.exists():
        assert making.poll() is None
        time.sleep(0.05)
    os.killpg(making.pid, signal.SIGINT)
    assert making.wait() != 0
    assert not work.exists()
