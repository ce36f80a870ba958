"""YAML text reads back as the same value with every reader, for all strings."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlnc.schemas.yaml_text import YamlError, dump, load

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TRICKY = r"""
yes No on OFF null ~ true y N 1 -1 0x1f 0o17 017 0b1 1_000 1e3 .5 5. . .. ... --- - ? : = << .inf -.INF .NaN
1:20 190:20:30 10:16:30:01:22:33 00:16:3e:11:22:33 10.0.0.1 2001-01-01 2001-1-1T00:00:00Z !x &a *a |x >x %x @x
`x a:b a: :a ,x [x {x ]x }x #x x#y ._ +1 -.5 1.5.2 /dev/x host.project $HOME \ " ' ''
"""
WORDS = st.sampled_from(TRICKY.split())
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), TEXT, WORDS, st.builds("{}{}".format, WORDS, TEXT)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | WORDS, inner, max_size=4),
    max_leaves=20,
)
LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


def load_with(text: str, loader: Any) -> Any:
    return yaml.load(text, Loader=loader)


@given(VALUES)
def test_every_value_reads_back_as_the_same_value(value: object) -> None:
    for loader in LOADERS:
        assert load_with(dump(value), loader) == value
    assert load(dump(value)) == value


@given(st.text(st.sampled_from("yn0123456789abcdefoxe_+-.:~# TZ"), max_size=12))
def test_no_string_reads_back_as_a_number_date_or_boolean(text: str) -> None:
    for loader in LOADERS:
        assert load_with(dump({"key": text, text: "value"}), loader) == {"key": text, text: "value"}


@given(VALUES)
def test_a_scalar_contains_no_line_break(value: object) -> None:
    text = dump(value)
    assert len(text.splitlines()) == text.count("\n")


@pytest.mark.parametrize(
    "code", [0x00, 0x7F, 0x85, 0xA0, 0xAD, 0x200B, 0x202E, 0x2066, 0x3000, 0xE000, 0xFEFF, 0xE0041]
)
def test_invisible_characters_are_escaped(code: int) -> None:
    text = dump(f"a{chr(code)}b")
    assert text.isascii()
    assert load(text) == f"a{chr(code)}b"


@pytest.mark.parametrize("text", ["Ærlig talt", "żółw", "日本", "plain 🐧", "a–b"])
def test_visible_characters_are_not_escaped(text: str) -> None:
    assert dump(text) == text + "\n"


def test_collections_are_in_block_style_and_empty_ones_inline() -> None:
    data: dict[str, object] = {
        "name": "linux.group01",
        "mac": "00:16:3e:01:02:03",
        "address": "10.0.0.1",
        "mode": "0755",
        "answer": "no",
        "none": None,
        "flag": True,
        "memory_mib": 64,
        "empty": {},
        "nothing": (),
        "lines": ("echo 'a b'", "- x", "a: b", "tab\there", "c #d"),
        "maps": [{"a": 1, "b": {"c": "2"}}, [["deep"]]],
    }
    assert dump(data, ["one", "two"]) == (
        "# one\n# two\nname: linux.group01\nmac: 00:16:3e:01:02:03\naddress: 10.0.0.1\n"
        'mode: "0755"\nanswer: "no"\nnone: null\nflag: true\nmemory_mib: 64\nempty: {}\nnothing: []\n'
        'lines:\n  - echo \'a b\'\n  - "- x"\n  - "a: b"\n  - "tab\\there"\n  - "c #d"\n'
        'maps:\n  - a: 1\n    b:\n      c: "2"\n  - - - deep\n'
    )


def test_a_key_longer_than_the_look_ahead_of_readers_reads_back() -> None:
    value = {"k" * 2000: {"x" * 1001: "v"}, "list": [{"\u2028" * 500: ["a"]}]}
    for loader in LOADERS:
        assert load_with(dump(value), loader) == value


@pytest.mark.parametrize("bad", [1.5, {1, 2}, b"bytes", {"a": object()}])
def test_unsupported_types_raise_a_type_error(bad: object) -> None:
    with pytest.raises(TypeError, match="YAML text consists of"):
        dump(bad)


def test_a_lone_surrogate_raises_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"U\+DC80"):
        dump("\udc80")


@pytest.mark.parametrize("bad", ["a: [", "a: b: c", "\tx: 1", "x: 2001-99-99", "a: 1\na: 2", "[" * 20_000])
def test_invalid_yaml_raises_yaml_error(bad: str) -> None:
    with pytest.raises(YamlError):
        load(bad)
