from hypothesis import given
from hypothesis import strategies as st

from mlnc.schemas.secret_placeholder import PLACEHOLDER, VALUE, placeholder

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_a_placeholder_contains_the_percent_encoded_name() -> None:
    assert placeholder("group01/linux/root_passwd") == "@secret/group01/linux/root_passwd@"
    assert placeholder("a,'@\n") == "@secret/a%2C%27%40%0A@"


@given(NAMES, NAMES)
def test_no_placeholder_contains_another(one: str, other: str) -> None:
    assert (placeholder(one) in placeholder(other)) == (one == other)


@given(NAMES)
def test_a_placeholder_matches_both_patterns(name: str) -> None:
    match = PLACEHOLDER.fullmatch(placeholder(name))
    assert match is not None
    assert VALUE.fullmatch(placeholder(name))


def test_values_with_separators_quotes_or_non_ascii_are_invalid() -> None:
    assert VALUE.fullmatch("Passw0rd!#$%&()*+-./:;<=>?@[]^_`{|}~")
    assert [
        text
        for text in ("", " ", "a b", "a,b", "'", '"', "\\", "\n", "\t", "\x7f", "é")
        if VALUE.fullmatch(text)
    ] == []
