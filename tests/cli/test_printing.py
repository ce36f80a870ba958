"""Findings as text and JSON: position, message, source line with carets, origin and hint."""

import json
import unicodedata

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnc.cli.excerpt import columns, lines, visible
from mlnc.cli.masking import Excerpt, Masking
from mlnc.cli.printing import as_json, as_text
from mlnc.compiler.diagnostics import Diagnostic, Related, Report
from mlnc.compiler.source import Origin, Source, Span, Via

SOURCE = Source("lab/web.mln", "host web {\n\tmemory lots\n}\n")
MEMORY = Span(SOURCE, 19, 23)


def report_of(*found: Diagnostic, strict: bool = False) -> Report:
    report = Report(strict=strict)
    report.extend(found)
    return report


def text_of(*found: Diagnostic, **options: bool) -> str:
    return click.unstyle(as_text(report_of(*found, **options), Masking()))


def test_a_finding_with_all_parts() -> None:
    main = Source("main.mln", "#include lab/web.mln\nhost a { superclass web }\n")
    via = Via("superclass", Span(main, 30, 44), Via("include", Span(main, 9, 20)))
    related = (Related("the first one is here", Span(main, 21, 25)),)
    found = Diagnostic(
        "invalid-value", "memory: lots is not a size", Origin(MEMORY, via), "write 64M", related
    )
    assert (
        text_of(found)
        == """\
lab/web.mln:2:9: error[invalid-value]: memory: lots is not a size
    2 |     memory lots
      |            ^^^^
    inherited through main.mln:2:10
    included from main.mln:1:10
    the first one is here: main.mln:2:1
    hint: write 64M
"""
    )


def test_a_finding_without_a_position() -> None:
    assert (
        text_of(Diagnostic("not-found", "x.mln is a folder", None))
        == "mlnc: error[not-found]: x.mln is a folder\n"
    )


def test_findings_are_in_source_order() -> None:
    later, earlier = (Diagnostic("invalid-value", "m", Origin(Span(SOURCE, at, at + 1))) for at in (12, 2))
    assert [line[:16] for line in text_of(later, earlier).splitlines() if "error" in line] == [
        "lab/web.mln:1:3:",
        "lab/web.mln:2:2:",
    ]


def test_a_finding_of_many_projects_is_printed_once() -> None:
    report = Report()
    for number in range(1, 61):
        report.add(Diagnostic("invalid-value", "m", Origin(MEMORY)), f"group{number:02}")
    assert as_text(report, Masking()).count("invalid-value") == 1
    assert "    in 60 projects: group01, group02, group03 ...\n" in as_text(report, Masking())


def test_warnings_as_errors_are_printed_as_errors() -> None:
    found = Diagnostic("lone-zero", "m", Origin(MEMORY))
    assert "warning[lone-zero]" in text_of(found)
    assert "error[lone-zero]" in text_of(found, strict=True)


def test_colours_are_used_on_terminals() -> None:
    coloured = as_text(report_of(Diagnostic("lone-zero", "m", Origin(MEMORY))), Masking())
    assert "\x1b[33m" in coloured
    assert click.unstyle(coloured) != coloured


def test_json_has_all_parts_of_a_finding() -> None:
    via = Via("include", Span(SOURCE, 0, 4))
    found = Diagnostic(
        "invalid-value", "memory: gr\u00f6\u00dfe", Origin(MEMORY, via), "hint", (Related("r", MEMORY),)
    )
    report = Report()
    report.add(found, "demo")
    place = {"file": "lab/web.mln", "line": 2, "column": 9, "end_line": 2, "end_column": 13}
    assert json.loads(as_json(report, Masking())) == {
        "diagnostics": [
            {
                "code": "invalid-value",
                "severity": "error",
                "message": "memory: gr\u00f6\u00dfe",
                "at": place,
                "via": [
                    {
                        "kind": "include",
                        "at": place | {"line": 1, "column": 1, "end_line": 1, "end_column": 5},
                    }
                ],
                "related": [{"message": "r", "at": place}],
                "hint": "hint",
                "projects": ["demo"],
            }
        ]
    }
    assert as_json(report, Masking()).isascii(), "whatever the encoding of the output"


def marked(text: str, start: int, end: int, width: int = 80) -> tuple[str, str]:
    """Return the printed line and the text above the carets."""
    line, below, carets = lines(Excerpt(1, text, start, end), width)
    return line, column_slice(line, len(below), len(below) + len(carets))


def column_slice(line: str, start: int, end: int) -> str:
    """Return the characters of *line* from column *start* up to *end*."""
    found, at = "", 0
    for char in line:
        if start <= at < end:
            found += char
        at += columns(char)
    return found


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_short_line_is_shown_whole(width: int) -> None:
    assert marked("host web { xen }", 5, 8, width) == ("    1 | host web { xen }", "web")


@pytest.mark.parametrize("at", [0, 3, 100, 500, 990, 996])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_long_line_is_cut_around_the_carets(at: int, width: int) -> None:
    text = ("abcdefghij" * 100)[:at] + "LOTS" + ("klmnopqrst" * 100)[at + 4 :]
    line, above = marked(text, at, at + 4, width)
    assert above == "LOTS"
    assert len(line) <= width
    assert ("..." in line[8:12]) is (at >= 100)
    assert len(line) > width - 10, "the room is used"


def test_the_marked_part_is_cut_last() -> None:
    line, above = marked("x" * 50 + "y" * 500 + "z" * 50, 50, 550, 60)
    assert len(line) <= 60
    assert set(above) == {"y", "."}


def test_tabs_and_wide_characters_keep_the_carets_in_place() -> None:
    assert marked("\t\tmemory lots", 9, 13)[1] == "lots"
    assert marked("\u6f22\u5b57 memory lots", 10, 14)[1] == "lots"
    assert marked("e\u0301 memory lots", 10, 14)[1] == "lots"


def test_an_empty_span_at_the_end_of_a_line_has_one_caret() -> None:
    line, below, carets = lines(Excerpt(3, "host web", 8, 9), 80)
    assert (line, below, carets) == ("    3 | host web", "      |         ", "^")


@given(st.text(max_size=300), st.integers(1, 150), st.data())
def test_any_line_fits_any_terminal(text: str, width: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    line, below, carets = lines(Excerpt(1, text, start, end), width)
    room = max(width, 28)
    assert columns(line) <= room
    assert len(below + carets) <= room + 1
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in line)


@pytest.mark.parametrize(
    "evil", ["\x1b[31m", "\x07", "\r", "\x9b2J", "\u202e", "\u200b", "\x00", "\udce9", "\n"]
)
def test_control_characters_of_a_source_are_replaced(evil: str) -> None:
    source = Source(f"a{evil}.mln", f"memory a{evil}b")
    found = Diagnostic(
        "invalid-value", f"memory: a{evil}b", Origin(Span(source, 7, 9)), evil, (Related(evil, MEMORY),)
    )
    text = as_text(report_of(found), Masking())
    assert evil not in click.unstyle(text).replace("\n", "") if evil != "\n" else "a\nb" not in text
    assert "\ufffd" in text


def test_unicode_blanks_are_kept() -> None:
    assert visible("a\tb\u00a0c\u3000d") == "a\tb\u00a0c\u3000d"
