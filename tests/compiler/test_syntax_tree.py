"""The syntax tree: equality without places, printing that reads back, the files of a project."""

from pathlib import Path

import pytest
from mln_texts import read

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.syntax_tree import Block, Line, format_items


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a  b; c", "a b\n\nc", True),
        ("host a { b }", "host a\n{\n\tb\n}", True),
        ("a # why", "a", True),
        ("a\\ b", "a b", False),
        ("$a", "$[a]", False),
        ("$a", r"\$a", False),
        ("a { }", "a", False),
    ],
)
def test_trees_are_equal_for_what_they_say(one: str, other: str, same: bool) -> None:
    assert (read(one).file == read(other).file) is same


@pytest.mark.parametrize(
    "text",
    [
        "host a { network eth0 { address dhcp }; users { bob x } }",
        r"startup { if true\; then echo $\{HOME\}\; fi; echo a\ b \\ \# }",
        "say 'a; b' \"c # d\" it\\'s \"open",
        r"x $a $[b]c \$d $\[e $ \$[f]",
        '#include a b.inc\n#include "c; d.inc"\n#include e#f',
        "a\\\tb\\\x0bc = \\é",
        "a {} b { c {} }",
    ],
)
def test_a_printed_tree_reads_back(text: str) -> None:
    items = read(text).file.items
    assert read(format_items(items)).file.items == items


def test_a_printed_tree_has_a_statement_a_line() -> None:
    text = "host a {\n\tnetwork eth0 {\n\t\taddress dhcp\n\t}\n\tmemory 1G\n}\n"
    assert format_items(read("host a { network eth0 { address dhcp }; memory 1G }").file.items) == text


def test_spans_run_from_the_first_word_to_the_last() -> None:
    source = "host  a\n{ memory   64M # note\n}"
    (block,) = read(source).file.items
    assert isinstance(block, Block)
    (line,) = block.items
    assert isinstance(line, Line)
    assert [source[span.start : span.end] for span in (block.span, block.brace, line.span)] == [
        "host  a",
        "{",
        "memory   64M",
    ]


def test_the_files_of_a_project_are_each_named_once(tmp_path: Path) -> None:
    for name, text in {"a": "#include b\nx {\n#include c\n}", "b": "#include c\n", "c": "y"}.items():
        (tmp_path / name).write_text(text)
    file = SourceLoader(Report()).load(tmp_path / "a")
    assert file is not None
    assert [Path(each.source.path).name for each in file.files()] == ["a", "b", "c"]
