"""Fixtures of all tests, the option that rewrites goldens, and the settings of hypothesis."""

import signal
from pathlib import Path

import pytest
import real_xl as xl
from golden_files import GOLDEN, Golden
from hypothesis import settings
from projects import Sources

# No test depends on the speed of the machine.
settings.register_profile("mlnc", deadline=None)
settings.load_profile("mlnc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the golden files with what comes out now")


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would all that the tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A folder for a project of the test's own."""
    return Sources(tmp_path)


@pytest.fixture(scope="session")
def real_xl(tmp_path_factory: pytest.TempPathFactory) -> xl.RealXl:
    """The real xl over a pretended host, built once."""
    if reason := xl.missing():
        pytest.skip(reason)
    return xl.build(tmp_path_factory.mktemp("dom0"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with the file of that name below ``tests/golden``; with ``--update`` write it first."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        assert file.exists(), f"{file} is missing: run pytest --update and review it"
        assert text == file.read_bytes().decode(), f"{file} differs: run pytest --update and review it"

    return compare
