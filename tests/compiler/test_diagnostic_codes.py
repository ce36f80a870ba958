"""Every diagnostic code has a small file that earns it and the text that a person then reads.

``tests/errors/CODE.mln`` is checked from within that folder; its first line may be ``# args: ...`` with further
files and options. ``CODE.txt`` is what ``mlnc check`` prints: findings first, then the summary.
"""

import shlex

import pytest
from checkout import ROOT, TESTS
from projects import mlnc

from mlnc.compiler.diagnostic_codes import CODES, markdown

ERRORS = TESTS / "errors"
PAGE = ROOT / "docs" / "diagnostics.md"
FIXTURES = sorted(path.stem for path in ERRORS.glob("*.mln"))

IR_ONLY = {
    "guest-without-volume": "the compiler gives every host a root volume",
    "kernel-arguments-unused": "the compiler drops extra for HVM and says so as without-effect",
    "kernel-missing": "the compiler fills in the default kernel",
    "life-name": "the compiler refuses such names as invalid-name",
    "snapshot-of-file": "the compiler refuses it as conflicting-directives",
    "storage-text": "the compiler refuses control characters and relative paths",
}
"""Codes that only an IR which no compiler wrote can earn, and why: the tests of the targets prove them."""

BUILD_ONLY = {
    "bridge-elsewhere": "only a build knows what moves: test_upgrade_checks.py",
    "move-not-live": "only a build knows what moves: test_upgrade_checks.py",
    "no-room": "only a build knows what moves: test_upgrade_checks.py",
    "service-host-shared": "only mlnc evacuate looks for places: test_evacuate.py",
    "plan-server-unknown": "only a build compares with what was deployed: test_upgrade_before.py",
}
"""Codes that no check can earn, and where they are proved."""


def checked(code: str) -> tuple[int, str]:
    """Exit code of ``mlnc check`` on a fixture, and what it prints."""
    first = (ERRORS / f"{code}.mln").read_bytes().split(b"\n")[0].decode()
    further = shlex.split(first.removeprefix("# args:")) if first.startswith("# args:") else []
    result = mlnc("check", f"{code}.mln", *further)
    return result.exit_code, result.stderr + result.stdout


@pytest.mark.parametrize("code", FIXTURES)
def test_a_person_reads_this(
    code: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ERRORS)
    exit_code, said = checked(code)
    expected = ERRORS / f"{code}.txt"
    if request.config.getoption("--update"):
        expected.write_text(said, encoding="utf-8")
    assert f"{CODES[code].severity}[{code}]: " in said
    assert exit_code == ("error[" in said), "errors end with 1, warnings alone with 0"
    assert said == expected.read_text(encoding="utf-8"), "run pytest --update and review it"


def test_every_code_has_a_fixture() -> None:
    assert sorted({*CODES} - {*IR_ONLY} - {*BUILD_ONLY}) == FIXTURES
    assert {*IR_ONLY, *BUILD_ONLY} <= {*CODES}


def test_every_fixture_has_its_text_and_no_text_lacks_its_fixture() -> None:
    assert sorted(path.stem for path in ERRORS.glob("*.txt")) == FIXTURES


def test_fixtures_are_short() -> None:
    assert all(len((ERRORS / f"{code}.mln").read_bytes().splitlines()) <= 16 for code in FIXTURES)


def test_the_page_of_diagnostics_is_in_step(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(markdown(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run pytest --update and review it"


def test_codes_are_kebab_case_words_and_say_what_they_are_about() -> None:
    for code, about in CODES.items():
        assert code == code.lower()
        assert code.replace("-", "").isalnum()
        assert about.about.endswith(".")
