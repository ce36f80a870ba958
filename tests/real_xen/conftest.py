"""The laboratory for tests: two fresh service hosts beside those that a person may have, for the whole session.

They are started, deployed to and ended by the commands of docs/lab.md. ``MLNC_LAB_KEEP=1`` leaves them running with
all they have, and takes them again the next time.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from newcomer import BUILD, DEPLOY, DOWN, UP, Newcomer

from mlnc.lab import disks, image_build, machine
from mlnc.lab import requirements as needs
from mlnc.lab.lab_paths import Lab, laboratory

MEASURED = pytest.StashKey[dict[str, float]]()
KEEP = bool(os.environ.get("MLNC_LAB_KEEP"))

HERE = Path(__file__).parent
ORDER = ["deploy", "migration", "servers", "reboot", "upgrades", "faults"]
"""The modules in the order in which they run: deploying takes minutes, so each goes on where the last one ended."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MEASURED] = {}
    # A run that is told to end must not leave its servers behind: the fixtures are undone as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those of the laboratory into their order; all others stay where they are."""
    places = [place for place, item in enumerate(items) if item.path.parent == HERE]
    ordered = sorted(
        (items[place] for place in places),
        key=lambda item: ORDER.index(item.path.stem.removeprefix("test_xen_")),
    )
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured, for the table of docs/lab.md."""
    for what, seconds in terminalreporter.config.stash[MEASURED].items():
        terminalreporter.write_line(f"measured: {what}: {seconds:.1f} s (emulated)")


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> dict[str, float]:
    """Seconds by what took them; shown at the end of the run."""
    return request.config.stash[MEASURED]


@pytest.fixture(scope="session")
def newcomer(measured: dict[str, float]) -> Iterator[Newcomer]:
    """Somebody whose two service hosts are up."""
    home = laboratory()
    reason = missing(home)
    if reason:
        pytest.skip(f"no laboratory here: {reason}")
    image_build.build(home)
    own = Lab(home.folder / "test")
    own.folder.mkdir(exist_ok=True)
    if not own.images.exists():
        own.images.symlink_to(home.images)
    if not KEEP:
        clear(own)
    try:
        yield started(own, measured)
        if not KEEP:
            Newcomer(own, own.folder / "checkout").follow(DOWN)
    finally:
        if not KEEP:
            clear(own)


def started(own: Lab, measured: dict[str, float]) -> Newcomer:
    """Somebody who has built and started the laboratory *own*."""
    made = Newcomer(own, own.folder / "checkout")
    made.settle()
    made.follow(BUILD.partition("\n")[2])
    begun = time.monotonic()
    made.follow(UP)
    measured["two servers, from power on to ready"] = time.monotonic() - begun
    return made


def missing(home: Lab) -> str | None:
    """Why there can be no laboratory here, or None."""
    reason = needs.lacking((*needs.BUILD, *needs.RUN))
    if reason is None and os.geteuid() != 0 and not image_build.is_built(home):
        return "its images are not made yet, and making them needs root"
    return reason


def clear(lab: Lab) -> None:
    """End the servers; throw away their disks and what was worked with them."""
    for server in lab.servers():
        machine.cut_power(server)
    disks.forget(lab)
    for each in ("checkout", "out"):
        shutil.rmtree(lab.folder / each, ignore_errors=True)


@pytest.fixture(scope="session")
def deployed(newcomer: Newcomer, measured: dict[str, float]) -> Newcomer:
    """The same, with the course deployed and started."""
    for command in DEPLOY.splitlines():
        begun = time.monotonic()
        newcomer.follow(command)
        measured[command.removeprefix(".venv/bin/")] = time.monotonic() - begun
    return newcomer
