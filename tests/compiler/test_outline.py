"""The outline of a project: sections taken apart, blocks placed, what stands where it means nothing."""

from pathlib import Path

import pytest
from mln_texts import read

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.outline import Outline, outline


def outlined(text: str) -> Outline:
    return outline(read(text).file, lambda _: None)


@pytest.mark.parametrize("kind", ["host", "switch", "superclass", "service_host"])
@pytest.mark.parametrize(
    "form",
    [
        "{0} a {{ x }} {0} b {{ }} {0} c {{ }}",
        "{0} {{ a {{ x }} b {{ }} c {{ }} }}",
        "{0} a {{ x }} {0} {{ b {{ }} }} {0} c {{ }}",
        "{0} {{ a {{ x }} }} {0} {{ }} {0} {{ b {{ }} c {{ }} }}",
    ],
)
def test_sections_and_single_blocks_mean_the_same_and_add_up(kind: str, form: str) -> None:
    made = outlined(form.format(kind))
    assert [draft.name.text for draft in made.sections[kind]] == ["a", "b", "c"]
    assert [line.raw for line in made.sections[kind][0].lines] == ["x"]
    assert made.deferred == []


@pytest.mark.parametrize(
    "cards",
    [
        "network eth0 { a } network eth1 { b }",
        "network { eth0 { a } eth1 { b } }",
        "network eth0 { a } network { eth1 { b } }",
        "network { eth0 { a } } network { eth1 { b } }",
    ],
)
def test_network_cards_add_up_in_both_forms(cards: str) -> None:
    (host,) = outlined(f"host h {{ {cards} }}").sections["host"]
    found = {name: [line.raw for line in card.lines] for name, card in host.blocks["network"].blocks.items()}
    assert found == {"eth0": ["a"], "eth1": ["b"]}


def test_assignments_and_lines_are_told_apart() -> None:
    (host,) = outlined("host h { $x = a b; $y=c; y = d; $z e; $x = f; = g }").sections["host"]
    assert {name: line.raw for name, line in host.variables.items()} == {"x": "$x = f"}
    assert [line.raw for line in host.lines] == ["$y=c", "y = d", "$z e", "= g"]
    assert [[word.text for word in line.value_words] for line in host.lines] == [[], ["d"], ["e"], ["g"]]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a b", ["stray-statement"]),
        ("project p\n$x = 1", ["stray-statement"] * 2),
        ("host { a b; c { } }", ["stray-statement"]),
        ("thing { }", ["unknown-block"]),
        ("network eth0 { }", ["unknown-block"]),
        ("host a b { }", ["extra-words"]),
        ("global x { }", ["extra-words"]),
        ("host a { users x { } }", ["extra-words"]),
        ("host a { network eth0 x { } }", ["extra-words"]),
        ("host a { startup { echo ${HOME} } }", ["extra-words"]),
        ("host a { 0; x 0 }", ["lone-zero"]),
        ("host a { users { x }; users { y } }", ["repeated-block"]),
        ("host a { network eth0 { }; network { eth0 { } } }", ["repeated-block"]),
        ("host a { users { }; groups { users { } } }", []),
        ("global { } global { }", []),
    ],
)
def test_what_has_no_meaning_is_left_to_the_checks(text: str, codes: list[str]) -> None:
    assert [found.code for found in outlined(text).deferred] == codes


def test_of_two_blocks_of_one_name_the_later_counts() -> None:
    made = outlined("host a { users { x }; users { y } }")
    assert [line.raw for line in made.sections["host"][0].blocks["users"].lines] == ["y"]
    (found,) = made.deferred
    assert [str(each.span) for each in found.related] == ["test.mln:1:10"]


def test_included_items_stand_where_the_include_does(tmp_path: Path) -> None:
    (tmp_path / "lib").write_text("b\nusers { u }\nnetwork eth0 { c }\n")
    (tmp_path / "members").write_text("two { }\n")
    main = "host one {\na\n#include lib\nd\n}\nhost {\n#include members\n}\n#include more\n"
    (tmp_path / "main").write_text(main)
    (tmp_path / "more").write_text("switch lan { }\n")
    file = SourceLoader(Report()).load(tmp_path / "main")
    assert file is not None
    made = outline(file, lambda _: None)
    one, two = made.sections["host"]
    assert [line.raw for line in one.lines] == ["a", "b", "d"]
    assert list(one.blocks) == ["users", "network"]
    assert [line.via is not None for line in one.lines] == [False, True, False]
    assert two.name.text == "two"
    assert [draft.name.text for draft in made.sections["switch"]] == ["lan"]


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        ("", "#include {next}.inc\n" * 2),
        ("echo some words\n" * 100, "#include {next}.inc\n" * 10),
        ("users {{ bob x; eve y }}\n" * 100, "#include {next}.inc\n" * 10),
    ],
)
def test_an_include_bomb_ends_with_one_diagnostic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, shape: str
) -> None:
    monkeypatch.setattr("mlnc.compiler.outline._MOST_STATEMENTS", 1000)
    levels = 26
    for level in range(levels):
        text = shape.format(next=level + 1) if level < levels - 1 else ""
        (tmp_path / f"{level}.inc").write_text(lines.format() + text)
    (tmp_path / "bomb.mln").write_text("host a { startup {\n#include 0.inc\n}\n}\n")
    report = Report()
    file = SourceLoader(report).load(tmp_path / "bomb.mln")
    assert file is not None
    outline(file, report.add)
    assert [found.code for found in report.sorted()] == ["too-deep"]
