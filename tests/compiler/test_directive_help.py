"""Help from the directive table: each entry stands in it, whole, and the page in docs/ is the table's."""

import re

import pytest
from checkout import ROOT
from hypothesis import given
from hypothesis import strategies as st

from mlnc.compiler.directive_help import costs, describe, markdown, overview
from mlnc.compiler.suggestion import suggest
from mlnc.schemas.language import Directive, load

PAGE = ROOT / "docs" / "directives.md"
UPGRADES = PAGE.parent / "upgrade.md"
COSTS = re.compile(r"(?<=invoke goldens -->\n).*(?=<!-- end -->)", re.DOTALL)
ENTRIES = load().directives


def label(entry: Directive) -> str:
    return f"{entry.blocks[0]}/{entry.name}"


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_describe_shows_each_entry_whole(entry: Directive) -> None:
    shown = one_line(describe(entry.name))
    facts = [entry.meaning, entry.detail, f"example {one_line(entry.example)}", entry.default, entry.unit]
    assert all(fact in shown for fact in facts if fact)
    assert f"change {entry.change}:" in shown if entry.change else "that of what it brings in" in shown
    assert all(choice in shown for choice in entry.choices)
    assert all(field.name.upper() in shown for field in entry.record)
    assert shown.count("example") >= len(load().find(entry.name))


def test_help_fits_a_terminal() -> None:
    assert max(len(line) for entry in ENTRIES for line in describe(entry.name).splitlines()) <= 100


def test_describe_reads_well() -> None:
    assert (
        describe("stop_timeout")
        == """\
stop_timeout  (in global)
  How long a host may take to shut down before it is destroyed.
  The original destroys a virtual machine 3 seconds after it asked it to shut down.
    example   stop_timeout 120
    value     a whole number from 1 to 86400
    unit      seconds
    default   60
    change    nothing: the virtual machine is not touched
    since     mlnc; the original does not know it
"""
    )


def test_a_word_under_another_name() -> None:
    assert describe("autoenum4") == describe("autoenum")


def test_an_unknown_word_gets_the_nearest() -> None:
    assert describe("memroy") == "there is no directive 'memroy'; did you mean 'memory'?\n"
    assert describe("") == "there is no directive ''\n"


def test_overview_has_each_entry_once() -> None:
    shown = overview().splitlines()
    for entry in ENTRIES:
        assert shown.count(f"  {entry.name:<19} {entry.meaning}") >= 1, label(entry)
    assert sum(line.startswith("  ") for line in shown) == len(ENTRIES)
    assert max(map(len, shown)) <= 110


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("userdata", ["user_data", "users"], "user_data"),
        ("Memory", ["memory"], "memory"),
        ("documentroot", ["DocumentRoot"], "DocumentRoot"),
        ("beforeprojectstart", ["beforeProjectStop", "beforeProjectStart"], "beforeProjectStart"),
        ("lan", [], None),
        ("xyz", ["memory", "size"], None),
    ],
)
def test_suggest(word: str, candidates: list[str], meant: str | None) -> None:
    assert suggest(word, candidates) == meant


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=8))
def test_suggest_answers_with_a_candidate_whatever_the_order(word: str, candidates: list[str]) -> None:
    answer = suggest(word, candidates)
    assert answer is None or answer in candidates
    assert answer == suggest(word, reversed(candidates))


def test_the_page_is_the_tables(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(markdown(), encoding="utf-8", newline="")
    assert PAGE.read_bytes().decode() == markdown(), "docs/directives.md is old: run pytest --update"


def test_the_page_has_a_row_for_each_entry() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(entry.blocks) for entry in ENTRIES)
    assert all(row.count(" | ") == 4 for row in rows)


def test_the_costs_of_upgrades_are_the_tables(request: pytest.FixtureRequest) -> None:
    page = UPGRADES.read_text(encoding="utf-8")
    if request.config.getoption("--update"):
        page = COSTS.sub(lambda _: costs(), page)
        UPGRADES.write_text(page, encoding="utf-8", newline="")
    assert COSTS.findall(page) == [costs()], "docs/upgrade.md is old: run pytest --update"
