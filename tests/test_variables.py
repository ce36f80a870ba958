"""Variables: where a reference looks, what it may hold, and how growth and circles end."""

import pytest
from mln_texts import check, expand

SHA512 = (
    "$6$rounds=5000$salt$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAZ/36K0rrMD1GIhHRtADDqGuH6d9Fv0PfoAeF3HXQ.wlP/."
)
HASHES = [
    SHA512,
    "$1$salt$hash",
    "$1$$hash",
    "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "$3$$8846f7eaee8fb117ad06bdd830b7586c",
    "!$1$salt$hash",
]


@pytest.mark.parametrize("word", HASHES)
@pytest.mark.parametrize("also", ["", "$salt = wrong; $1 = wrong;"])
def test_a_crypt_hash_stands_as_it_is(word: str, also: str) -> None:
    made = expand(f"host a {{ {also} users {{ bob {word} }} }}")
    assert made.lines("host/a/users") == [f"bob {word}"]
    assert made.node("host/a/users").lines[0].undefined == ()


def test_two_variables_are_no_hash() -> None:
    assert expand("host a { $y = 1; $x = 2; at $y$x }").value("host/a/at") == "12"
    assert expand("host a { $y = 1; at $y$x }").node("host/a").values["at"].undefined


@pytest.mark.parametrize("record", ["bob $pass", "bob x /home/$who", "$who x"])
def test_an_undefined_variable_in_a_record_is_an_error(record: str) -> None:
    found = check(f"global {{ project p }}\nhost a {{ users {{ {record} }} }}")
    assert found.codes == ["undefined-variable"]
