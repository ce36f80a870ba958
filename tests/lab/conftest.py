"""The laboratory for tests: two fresh service hosts beside those that a person may have, for the whole session.

``MLNC_LAB_KEEP=1`` leaves them running with all they have, and takes them again the next time.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_course import LabCourse, lay_course

from mlnc.lab import build, disks, machine, servers
from mlnc.lab.layout import Lab, laboratory
from mlnc.lab.requirements import BUILD, RUN, lacking

MEASURED = pytest.StashKey[dict[str, float]]()
KEEP = bool(os.environ.get("MLNC_LAB_KEEP"))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MEASURED] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured, for the table of docs/lab.md."""
    for what, seconds in terminalreporter.config.stash[MEASURED].items():
        terminalreporter.write_line(f"measured: {what}: {seconds:.1f} s (emulated)")


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> dict[str, float]:
    """Seconds by what took them; shown at the end of the run."""
    return request.config.stash[MEASURED]


@pytest.fixture(scope="session")
def lab(measured: dict[str, float]) -> Iterator[Lab]:
    """Two service hosts that are ready."""
    home = laboratory()
    reason = lacking((*BUILD, *RUN))
    if reason is None and os.geteuid() != 0 and not build.is_built(home):
        reason = "its images are not made yet, and making them needs root"
    if reason:
        pytest.skip(f"no laboratory here: {reason}")
    build.build(home)
    own = Lab(home.folder / "test")
    own.folder.mkdir(exist_ok=True)
    if not own.images.exists():
        own.images.symlink_to("../images")
    if not KEEP:
        switch_off(own)
    begun = time.monotonic()
    servers.up(own, 2)
    measured["two servers, from power on to ready"] = time.monotonic() - begun
    yield own
    if not KEEP:
        switch_off(own)


def switch_off(lab: Lab) -> None:
    """End the servers and throw their disks away."""
    for server in lab.servers():
        machine.cut_power(server)
    disks.forget(lab)


@pytest.fixture(scope="session")
def course(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabCourse:
    """A copy of examples/lab, built."""
    folder = lab.folder if KEEP else Path(tmp_path_factory.mktemp("lab"))
    return lay_course(lab, folder)


@pytest.fixture(scope="session")
def deployed(course: LabCourse, measured: dict[str, float]) -> LabCourse:
    """The course, deployed and started."""
    begun = time.monotonic()
    course.invoke("deploy", "--unreviewed")
    measured["deploy of six guests"] = time.monotonic() - begun
    begun = time.monotonic()
    course.invoke("start", "--wait", "300")
    measured["start of six guests, until they answer"] = time.monotonic() - begun
    return course
