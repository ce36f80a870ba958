"""For a text without findings of ``mlnc check --mln1``, an independent reader of MLN 1.0.8.8 agrees with mlnc."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mln1_reader import SECTIONS, Block, read

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.mln1 import text_differences as mln1_text
from mlnc.compiler.mln1 import tree_differences as mln1_tree
from mlnc.compiler.mln1.statements import split_statements
from mlnc.compiler.outline import RawBlock, outline
from mlnc.compiler.parser import parse
from mlnc.compiler.source import Source
from mlnc.compiler.syntax_tree import Block as TreeBlock
from mlnc.compiler.syntax_tree import File, Include, Item

INCLUDED = "included statement\n\n"

_WORDS = st.sampled_from(["x", "y", "1", "00", "0", "$v", "$[v]b", "a.b", '"q"', "'r'", "x=1"])
_BLANKS = st.sampled_from([" ", " ", "  ", "\t", " \\\n"])
_LINES = st.lists(st.tuples(_WORDS, _BLANKS).map("".join), min_size=1, max_size=4).map(
    lambda words: "".join(words).rstrip(" \t\\\n")
)
_ENDS = st.sampled_from(["\n", "\n", "\n\n", ";\n", "; ", " # note\n", "\n# a note }\n"])
_STATEMENTS = st.tuples(st.one_of(_LINES, st.sampled_from(["$v = 1", "$w = $v"])), _ENDS).map("".join)


def _braced(heads: list[str], bodies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opened = st.sampled_from([" {", " {\n", " { "])
    closed = st.sampled_from(["}\n", "\n}\n", " }\n\n"])
    inner = st.lists(bodies, max_size=4).map("".join)
    return st.tuples(st.sampled_from(heads), opened, inner, closed).map("".join)


_INNER = st.recursive(
    _STATEMENTS,
    lambda inner: st.one_of(inner, _braced(["network eth0", "users", "startup"], inner)),
    max_leaves=6,
)
_BLOCKS = st.lists(_braced(["host a", "host b", "global", "switch s", "superclass c"], _INNER), max_size=3)
_IRREGULAR = st.sampled_from(
    [
        *"#;{}\\\"'\n\t0=",
        *(
            "\\;",
            "\\{",
            "\\}",
            "\\#",
            "\\ ",
            "\\\n",
            "\\\r\n",
            "\r\n",
            "{0}",
            "0}",
            " = ",
            "\\$v ",
            "\n{",
            "x 1\n}",
        ),
        *("##", "# a; b\n", "# a {\n", "# a \\\n", "#include ", "#include f\n", '"a;b"', "'a{b}'", '"a  b"'),
        *("$x = \n", "$[v] = 1\n", "host x\n", "network q\n"),
    ]
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Well-formed text with up to three irregular pieces inserted at random places."""
    text = "".join(draw(_BLOCKS))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(_IRREGULAR) + text[place:]
    return text


def _with_included(items: tuple[Item, ...]) -> tuple[Item, ...]:
    made: list[Item] = []
    for item in items:
        if isinstance(item, Include):
            made.append(replace(item, file=parse(Source("included.mln", INCLUDED), lambda _: None)))
        elif isinstance(item, TreeBlock):
            made.append(replace(item, items=_with_included(item.items)))
        else:
            made.append(item)
    return tuple(made)


def _mlnc_tree(file: File, notes: list[Diagnostic]) -> Block:
    """Tree of mlnc in the form of the independent reader; errors are added to *notes*."""
    found = outline(file, notes.append)
    notes += found.deferred
    root = Block(blocks={kind: Block() for kind in SECTIONS})
    for kind in SECTIONS:
        for draft in found.sections[kind]:
            assume(draft.name.text not in root.blocks[kind].blocks)
            root.blocks[kind].blocks[draft.name.text] = _converted(draft)
    for draft in found.globals:
        root.blocks["global"] = _converted(draft)
    return root


def _converted(draft: RawBlock) -> Block:
    values = {
        f"${name}": " ".join(word.text for word in line.value_words) for name, line in draft.variables.items()
    }
    lines = [line.raw for line in draft.lines]
    return Block({**values}, lines, {name: _converted(child) for name, child in draft.blocks.items()})


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(_texts())
def test_a_text_without_findings_has_the_same_tree_in_mln1(text: str) -> None:
    notes: list[Diagnostic] = []
    source = Source("x.mln", text)
    file = parse(source, notes.append)
    file = replace(file, items=_with_included(file.items))
    tree = _mlnc_tree(file, notes)
    empty = any(
        isinstance(item, Include) and not item.path.text for inner in file.files() for item in inner.items
    )
    assume(not notes and not empty)
    if not [*mln1_text.differences(source, False), *mln1_tree.differences(file)]:
        assert read(text, defaultdict(lambda: INCLUDED)) == tree


def test_the_statements_of_a_file_cover_it() -> None:
    text = "host a { x 1; y # z } ; \\; w\n} 0}\nlost\n"
    found = split_statements(text)
    assert [each.start for each in found[1:]] == [each.end for each in found[:-1]]
    assert (found[0].start, found[-1].end) == (0, len(text))
