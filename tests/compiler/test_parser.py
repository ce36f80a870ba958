"""The parser: statements and blocks, and a diagnostic at each brace that is wrong."""

import logging
from pathlib import Path

import pytest
from mln_texts import read
from ply import yacc

from mlnc.compiler import parser
from mlnc.compiler.syntax_tree import Block, Include, Item, Line

Shape = str | tuple[str, list["Shape"]]


def shape(item: Item) -> Shape:
    """A line as its text, a block as its header and what is in it."""
    if isinstance(item, Include):
        return f"#include {item.path.text}"
    if isinstance(item, Line):
        return " ".join(word.text for word in item.words)
    return " ".join(word.text for word in item.header), shapes(item.items)


def shapes(items: tuple[Item, ...]) -> list[Shape]:
    return [shape(item) for item in items]


def test_the_grammar_has_no_conflict(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("grammar")
    with caplog.at_level(logging.WARNING, "grammar"):
        yacc.yacc(
            module=parser,
            start="items",
            debug=True,
            outputdir=str(tmp_path),
            write_tables=False,
            errorlog=log,
        )
    assert caplog.messages == []
    assert "conflict" not in (tmp_path / "parser.out").read_text()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b; c\nd", ["a b", "c", "d"]),
        (";;a;;\n\n;", ["a"]),
        ("a { b }", [("a", ["b"])]),
        ("a { b; c } d { e } f", [("a", ["b", "c"]), ("d", ["e"]), "f"]),
        ("a { b { c { d } } }", [("a", [("b", [("c", ["d"])])])]),
        ("a { }", [("a", [])]),
        ("a {}", [("a", [])]),
        ("a { #include b c\n }", [("a", ["#include b c"])]),
        ("#include b; a", ["#include b", "a"]),
        ("a = b; a=b", ["a = b", "a=b"]),
        ("", []),
        ("\n# nothing\n", []),
    ],
)
def test_statements_and_blocks(text: str, found: list[Shape]) -> None:
    made = read(text)
    assert shapes(made.file.items) == found
    assert made.found == []


HEADERS = ["host a", "switch a", "superclass a", "service_host a", "global", "network eth0", "users", "any"]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("before", ["", " ", "\n", "\n\n", " # why\n", "\n# why\n\t", " \\\n", "\r\n"])
def test_a_brace_opens_a_block_wherever_it_stands(header: str, before: str) -> None:
    made = read(f"x {{ {header}{before}{{ b }} c }}")
    assert shapes(made.file.items) == [("x", [(header, ["b"]), "c"])]
    assert made.found == []


@pytest.mark.parametrize("end", ["", "\n", ";", "\n\n", " # why", "\r\n"])
def test_the_last_statement_counts(end: str) -> None:
    assert shapes(read(f"a {{ b }}\nc d{end}").file.items) == [("a", ["b"]), "c d"]


@pytest.mark.parametrize(
    ("text", "code", "places"),
    [
        ("}", "superfluous-brace", ["1:1"]),
        ("a { b }\n}}", "superfluous-brace", ["2:1", "2:2"]),
        ("a { b } }\n} c", "superfluous-brace", ["1:9", "2:1"]),
        ("a {\n b {\n", "unclosed-brace", ["1:3", "2:4"]),
        ("a\n{\n b", "unclosed-brace", ["2:1"]),
        ("{ a }", "nameless-block", ["1:1"]),
        ("a; { b }", "nameless-block", ["1:4"]),
        ("a { b }\n{ c }", "nameless-block", ["2:1"]),
        ("a {{ b } }", "nameless-block", ["1:4"]),
        ("#include a {\n}", "nameless-block", ["1:12"]),
    ],
)
def test_a_wrong_brace_is_pointed_at(text: str, code: str, places: list[str]) -> None:
    found = sorted(read(text).found, key=lambda each: each.key)
    assert [each.code for each in found] == [code] * len(places)
    assert [str(each.origin.span) for each in found if each.origin] == [
        f"test.mln:{place}" for place in places
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a { b # c }\nd { e }", ["test.mln:1:11"]),
        ("a {\n b # c }\nd { e }", ["test.mln:2:8"]),
        ("a { b\n# c {d}\n", []),
        ("# c }\na { b\n", []),
        ('a { b "#" c\n', []),
    ],
)
def test_a_closing_brace_in_a_comment_is_hinted_at(text: str, places: list[str]) -> None:
    (found,) = read(text).found
    assert [str(each.span) for each in found.related] == places
    assert (found.hint == "write the } before the # of the comment") == bool(places)


def test_what_is_wrong_with_braces_leaves_a_whole_tree() -> None:
    made = read("a { b } }\nc { d")
    assert shapes(made.file.items) == [("a", ["b"]), ("c", ["d"])]


def test_nothing_nests_too_deep_for_the_parser() -> None:
    made = read("a { " * 20_000 + "} " * 20_000)
    assert made.found == []
    (top,) = made.file.items
    assert isinstance(top, Block)
