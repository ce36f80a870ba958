"""Help from the directive table: it shows every entry in full, and docs/directives.md matches the table."""

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
def test_describe_shows_every_fact_of_an_entry(entry: Directive) -> None:
    shown = one_line(describe(entry.name))
    facts = [entry.meaning, entry.detail, f"example {one_line(entry.example)}", entry.default, entry.unit]
    assert all(fact in shown for fact in facts if fact)
    assert (
        f"change {entry.change}:" in shown if entry.change else "that of the directives it contains" in shown
    )
    assert all(choice in shown for choice in entry.choices)
    assert all(field.name.upper() in shown for field in entry.record)
    assert shown.count("example") >= len(load().find(entry.name))


def test_help_is_at_most_100_columns_wide() -> None:
    assert max(len(line) for entry in ENTRIES for line in describe(entry.name).splitlines()) <= 100


def test_describe_formats_an_entry() -> None:
    assert (
        describe("stop_timeout")
        == """\
stop_timeout  (in global)
  Seconds to wait for a host to shut down before destroying it (default 60).
  MLN 1 destroys a virtual machine 3 seconds after the shutdown request.
    example   stop_timeout 120
    value     a whole number from 1 to 86400
    unit      seconds
    default   60
    change    nothing: the virtual machine is not touched
    since     new in mlnc; unknown to MLN 1
"""
    )


def test_an_alias_has_the_help_of_its_directive() -> None:
    assert describe("autoenum4") == describe("autoenum")


def test_an_unknown_word_suggests_the_nearest_directive() -> None:
    assert describe("memroy") == "unknown directive 'memroy'; did you mean 'memory'?\n"
    assert describe("") == "unknown directive ''\n"


def test_overview_lists_each_entry_once() -> None:
    shown = overview().splitlines()
    for entry in ENTRIES:
        assert shown.count(f"  {entry.name:<19} {entry.meaning}") >= 1, label(entry)
    assert sum(line.startswith("  ") for line in shown) == len(ENTRIES)
    assert max(map(len, shown)) <= 110


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("userdata", ["user_data", "users"], "user_data"),
        ("Memory", ["memory"], "memory"),
        ("documentroot", ["DocumentRoot"], "DocumentRoot"),
        ("beforeprojectstart", ["beforeProjectStop", "beforeProjectStart"], "beforeProjectStart"),
        ("lan", [], None),
        ("xyz", ["memory", "size"], None),
    ],
)
def test_suggest_returns_the_nearest_candidate(
    word: str, candidates: list[str], expected: str | None
) -> None:
    assert suggest(word, candidates) == expected


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=8))
def test_a_suggestion_is_a_candidate_and_independent_of_their_order(word: str, candidates: list[str]) -> None:
    answer = suggest(word, candidates)
    assert answer is None or answer in candidates
    assert answer == suggest(word, reversed(candidates))


def test_the_directives_page_matches_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(markdown(), encoding="utf-8", newline="")
    assert PAGE.read_bytes().decode() == markdown(), "docs/directives.md is out of date: run pytest --update"


def test_the_directives_page_has_a_row_for_each_entry() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(entry.blocks) for entry in ENTRIES)
    assert all(row.count(" | ") == 4 for row in rows)


def test_the_cost_table_of_the_upgrade_page_matches_the_table(request: pytest.FixtureRequest) -> None:
    page = UPGRADES.read_text(encoding="utf-8")
    if request.config.getoption("--update"):
        page = COSTS.sub(lambda _: costs(), page)
        UPGRADES.write_text(page, encoding="utf-8", newline="")
    assert COSTS.findall(page) == [costs()], "docs/upgrade.md is out of date: run pytest --update"
