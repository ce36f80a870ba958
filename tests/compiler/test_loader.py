"""The loader: files found, read once and shared, and what can be wrong with them."""

import os
from pathlib import Path

import pytest

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.loader import DEEPEST, SourceLoader
from mlnc.compiler.syntax_tree import File, Include, Line


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(**files: str) -> None:
    """Files below the working directory, by name with ``__`` for ``/``."""
    for name, text in files.items():
        path = Path(name.replace("__", "/"))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def load(path: str) -> tuple[File | None, Report]:
    report = Report()
    return SourceLoader(report).load(Path(path)), report


def found(path: str) -> list[tuple[str, str]]:
    """Code and place of everything found in the file *path* and its includes."""
    return [(each.code, str(each.origin.span) if each.origin else "") for each in load(path)[1].sorted()]


def words(file: File | None) -> list[str]:
    """The lines of *file* and of what it includes."""
    assert file is not None
    made: list[str] = []
    for item in file.items:
        if isinstance(item, Include):
            made += words(item.file)
        elif isinstance(item, Line):
            made.append(" ".join(word.text for word in item.words))
    return made


def test_an_included_file_is_parsed_once_and_shared() -> None:
    write(a="#include lib\n#include ./lib\n", b="#include sub/../lib\n", lib="x }\n", sub__c="")
    loader = SourceLoader(Report())
    files = [loader.load(Path(name)) for name in ("a", "b", "lib")]
    trees = [item.file for file in files if file for item in file.items if isinstance(item, Include)]
    assert [tree is files[2] for tree in trees] == [True] * 3
    assert [each.code for each in loader.report.sorted()] == ["superfluous-brace"]


def test_a_name_is_looked_for_beside_the_including_file_first(tmp_path: Path) -> None:
    write(
        sub__main=f"#include one\n#include two\n#include {tmp_path}/one\n",
        sub__one="sub",
        one="here",
        two="two",
    )
    assert words(load("sub/main")[0]) == ["sub", "two", "here"]


@pytest.mark.parametrize("name", ["with blank.inc", "é.inc", "a#b.inc"])
def test_a_name_may_hold_what_file_names_hold(name: str) -> None:
    write(main=f"#include {name}\n")
    Path(name).write_text("x")
    assert words(load("main")[0]) == ["x"]


def test_a_finding_names_the_chain_of_includes() -> None:
    write(main="\n#include one\n", one="y\n#include two\n", two="z }\n")
    (finding,) = load("main")[1].sorted()
    assert finding.origin
    assert str(finding.origin.span) == "two:1:3"
    assert finding.origin.via
    assert [str(step.span) for step in finding.origin.via.chain()] == ["one:2:10", "main:2:10"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("#include nowhere", "include-not-found"),
        ("#include sub", "include-not-found"),
        ("#include pipe", "include-not-found"),
        ("#include printf x |", "include-not-found"),
        ("#include $name", "include-not-found"),
        ("#include " + "a" * 5000, "include-not-found"),
        ("#include /" + "a/" * 5000, "include-not-found"),
        ("#include a\0b", "include-not-found"),
        ("#include latin", "not-utf8"),
        ("#include", "include-without-file"),
        ("#include main", "include-cycle"),
        ("#include sub/../loop", "include-cycle"),
    ],
)
def test_an_include_that_cannot_be(line: str, code: str) -> None:
    write(main=f"x\n{line}\n", sub__file="", loop="#include main\n")
    os.mkfifo("pipe")
    Path("latin").write_bytes(b"a\n\xe9\n")
    assert [each for each, _ in found("main") if each != "control-character"] == [code]


@pytest.mark.parametrize(
    ("path", "code"),
    [("nowhere", "not-found"), ("sub", "not-found"), ("pipe", "not-found"), ("latin", "not-utf8")],
)
def test_a_file_that_cannot_be_read(path: str, code: str) -> None:
    write(sub__file="")
    os.mkfifo("pipe")
    Path("latin").write_bytes(b"\xff")
    assert found(path) == [(code, "")]


def test_a_circle_of_includes_is_shown_step_by_step() -> None:
    write(a="#include b\n", b="\n#include c\n", c="#include a\n")
    (finding,) = load("a")[1].sorted()
    assert finding.code == "include-cycle"
    assert [str(step.span) for step in finding.related] == ["b:2:10", "a:1:10"]


def test_a_byte_order_mark_and_crlf_say_nothing() -> None:
    Path("main").write_bytes(b"\xef\xbb\xbfhost a\r\nx\r\n")
    assert words(load("main")[0]) == ["host a", "x"]


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x9b"])
def test_control_characters_are_refused(character: str) -> None:
    Path("main").write_text(f"a\nb{character}\n")
    assert found("main") == [("control-character", "main:2:2")]


def test_blocks_and_includes_nest_a_hundred_deep_together() -> None:
    deep = "a { " * 60
    write(main=f"{deep}\n#include lib\n{'}' * 60}\n", lib="b { " * (DEEPEST - 61) + "}" * (DEEPEST - 61))
    assert found("main") == []
    write(more="x {\n#include main\n}\n")
    assert found("more") == [("too-deep", "lib:1:151")]


def test_what_is_shared_counts_with_its_own_depth() -> None:
    write(lib="b { " * 60 + "}" * 60, main="#include lib\n" + "a { " * 60 + "\n#include lib\n" + "}" * 60)
    assert found("main") == [("too-deep", "main:3:10")]


def test_a_long_chain_of_includes_ends() -> None:
    write(**{f"f{number}": f"#include f{number + 1}\n" for number in range(3000)}, f3000="x\n")
    assert [code for code, _ in found("f0")] == ["too-deep"]
