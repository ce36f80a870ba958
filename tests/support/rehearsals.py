"""Courses written, built and put on the stage of a rehearsal, for tests."""

from contextlib import closing
from pathlib import Path

import pytest

from mlnc.cli.build import build
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front
from mlnc.rehearsal.folder_transport import FolderTransport, missing
from mlnc.rehearsal.server_state import differences
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.deployment import Options
from mlnc.runner.live_display import Silent
from mlnc.runner.observe.drift import drift
from mlnc.runner.selection import select

needs_namespaces = pytest.mark.skipif(missing() is not None, reason=str(missing()))

SERVER = """\
service_host alpha {
	address 192.0.2.1
	memory 4G
	lvm_vg vg
	xen_kernel /boot/vmlinuz-6.1-guest
}
"""


def built(folder: Path, *projects: str, site: str = SERVER) -> Path:
    """The output folder of a course of *projects*, texts of MLN, on the servers of *site*."""
    course = folder / "course"
    course.mkdir()
    (course / "site.mln").write_text(site)
    for number, text in enumerate(projects):
        (course / f"p{number}.mln").write_text(text)
    return compiled(course, folder / "built")


def compiled(course: Path, out: Path) -> Path:
    """The output folder *out* of the folder *course*."""
    front = Front(Report())
    assert build(front, [course], None, out) is not None, front.report.sorted()
    return out


def staged(out: Path, folder: Path, *projects: str, later: tuple[Path, ...] = ()) -> Simulation:
    """The stage for what was built in *out*, and will be built in *later*; the servers are in *folder*."""
    folder.mkdir()
    return Simulation(out, folder, projects, later)


def deployed(stage: Simulation, start: bool = True) -> list[str]:
    """Deploy; the outcomes of all projects and servers, each once. What failed shows what it said."""
    results = stage.deploy(Options(start), Silent())
    assert [result for result in results if result.outcome in ("failed", "skipped")] == []
    return sorted({result.outcome for result in results})


def differing(stage: Simulation, started: bool = True) -> list[str]:
    """The differences between the servers and the IR."""
    return differences(*stage.facts(started))


def on(stage: Simulation, server: str, command: str, status: int = 0) -> str:
    """What *command* prints on a rehearsed server; it must end with *status*."""
    lines: list[str] = []
    ended = FolderTransport(stage.folder, server).run(command, (), lines.append)
    assert ended.status == status, (ended, lines)
    return "\n".join([*lines, *ended.errors.splitlines()])


def drifted(stage: Simulation) -> list[str]:
    """What the runner finds on the servers that is not as it was built."""
    with closing(stage.run()) as run:
        return [f"{each.server} {each.project}: {each.what}" for each in drift(run, select(run), 2)]
