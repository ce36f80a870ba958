"""Parser of xend's S-expressions: lists, words, both kinds of quotes, and refusal of incomplete text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnc.runner.observe.sxp import Sxp, lists, read, value

TEXTS = st.text(st.sampled_from("ab'\"\\() \n/:"), min_size=1)
TREES: st.SearchStrategy[list[Sxp]] = st.recursive(
    st.lists(TEXTS, max_size=3),
    lambda inner: st.lists(TEXTS | inner, max_size=4),
    max_leaves=12,
)


def written(expression: Sxp, quote: str) -> str:
    """*expression* as xend prints it, with texts quoted as by Python's repr."""
    if isinstance(expression, list):
        return f"({' '.join(written(each, quote) for each in expression)})"
    escaped = expression.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"


@given(TREES, st.sampled_from("'\""))
def test_printed_text_parses_to_the_same_tree(tree: list[Sxp], quote: str) -> None:
    assert read(written(tree, quote)) == [tree]


def test_unquoted_words_and_empty_values() -> None:
    (domain,) = read("(domain\n    (name linux.ada)\n    (bootloader )\n    (cpus (()))\n)\n")
    assert domain == ["domain", ["name", "linux.ada"], ["bootloader"], ["cpus", [[]]]]
    assert value(domain, "name") == "linux.ada"
    assert value(domain, "bootloader") == ""
    assert lists(domain, "cpus") == [["cpus", [[]]]]
    with pytest.raises(KeyError):
        value(domain, "uuid")


@pytest.mark.parametrize("text", ["(a", "a)", "(a 'b)", "((a)", '"a'])
def test_incomplete_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"closed|closing"):
        read(text)
