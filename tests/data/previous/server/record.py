"""Record the state of a server that commit 75b5e4f deployed, and of one whose upgrade by it failed half-way.

Run in a checkout of that commit: ``PYTHONPATH=. python3 .../tests/data/previous/server/record.py``. It reads
``course/`` beside itself and writes ``running/``, the projects folder of the server and the records of the desk, and
``upgrading/``, what an interrupted upgrade adds to them.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent.resolve()
sys.path.insert(0, str(Path.cwd() / "tests"))

from rehearsals import compiled, deployed, staged  # noqa: E402

from mlnc.runner.display import Silent  # type: ignore[import-not-found]  # noqa: E402
from mlnc.runner.task import Options  # type: ignore[import-not-found]  # noqa: E402


def record(stage, name: str) -> None:  # type: ignore[no-untyped-def]
    """Copy the projects folder of the server and the records of *stage* to the folder *name*."""
    shutil.rmtree(HERE / name, ignore_errors=True)
    unwanted = shutil.ignore_patterns(".lock", "templates", "images")
    shutil.copytree(stage.folder.on("alpha", "/var/lib/mlnc"), HERE / name / "alpha", True, unwanted)
    shutil.copytree(stage.out / "deployed", HERE / name / "deployed")


with TemporaryDirectory() as work:
    course = Path(work, "course")
    shutil.copytree(HERE / "course", course)
    stage = staged(compiled(course, Path(work, "out")), Path(work, "stage"))
    deployed(stage)
    record(stage, "running")
    file = course / "shop.mln"
    file.write_text(file.read_text().replace("size 16M\n\tmemory 128M", "size 24M\n\tmemory 192M"))
    compiled(course, stage.out)
    stage.turn()
    (stage.folder.path / "fault").write_text("40 fail *\n")
    stage.deploy(Options(True), Silent())
    record(stage, "upgrading")
    for file in (HERE / "running").rglob("*"):
        same = HERE / "upgrading" / file.relative_to(HERE / "running")
        if same.is_symlink() or (same.is_file() and same.read_bytes() == file.read_bytes()):
            same.unlink()
