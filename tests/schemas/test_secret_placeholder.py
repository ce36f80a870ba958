from hypothesis import given
from hypothesis import strategies as st

from mlnc.schemas.secret_placeholder import PLACEHOLDER, VALUE, placeholder

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_the_name_can_be_read() -> None:
    assert placeholder("group01/linux/root_passwd") == "@secret/group01/linux/root_passwd@"
    assert placeholder("a,'@\n") == "@secret/a%2C%27%40%0A@"


@given(NAMES, NAMES)
def test_no_placeholder_is_found_inside_another(one: str, other: str) -> None:
    assert (placeholder(one) in placeholder(other)) == (one == other)


@given(NAMES)
def test_a_placeholder_is_found_as_a_whole_and_fits_where_values_do(name: str) -> None:
    match = PLACEHOLDER.fullmatch(placeholder(name))
    assert match is not None
    assert VALUE.fullmatch(placeholder(name))


def test_values_that_a_domain_file_would_cut_or_misread_do_not_fit() -> None:
    assert VALUE.fullmatch("Passw0rd!#$%&()*+-./:;<=>?@[]^_`{|}~")
    assert [
        text
        for text in ("", " ", "a b", "a,b", "'", '"', "\\", "\n", "\t", "\x7f", "é")
        if VALUE.fullmatch(text)
    ] == []
