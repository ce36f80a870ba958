"""Commands of docs/upgrade.md, run on rehearsed servers: they print what the page shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from page_session import Session, blocks
from rehearsals import needs_namespaces
from rehearsed_desk import TASKS, desk_environment

PAGE = ROOT / "docs" / "upgrade.md"


def built_ahead(page: str, folder: Path) -> Path:
    """Build every state of the course in *page*, each in a folder of its own; return their parent."""
    (folder / "edited" / "course").mkdir(parents=True)
    session = Session(folder / "edited", dict(os.environ))
    for number, block in enumerate(blocks(page)):
        if block.kind != "console":
            session.play(block)
        if block.kind == "diff":
            words = [sys.executable, "-m", "mlnc", "build", "edited/course", "-o", f"built/{number}"]
            subprocess.run(words, cwd=folder, capture_output=True, check=True)
    return folder / "built"


@needs_namespaces
def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    folder = tmp_path / "italy"
    folder.mkdir()
    session = Session(folder, desk_environment(folder, built_ahead(page, tmp_path)))
    parts, end = [], 0
    for block in blocks(page):
        parts += [page[end : block.start], session.play(block)]
        end = block.start + len(block.text)
        (folder / "tasks.py").write_text(TASKS)
    if request.config.getoption("--update"):
        PAGE.write_text("".join([*parts, page[end:]]), encoding="utf-8", newline="")
    assert session.wrong == [], "run pytest --update and review it"
