"""xend-relocation-hosts-allow: the expressions, tried as xend tries them."""

import re

import pytest
from courses import SERVER, course, service_host
from hypothesis import given
from hypothesis import strategies as st

from mlnc.ir.model import Course
from mlnc.targets.xen.xend_relocation import HostsAllow, hosts_allow

SITE = f"site/service_hosts/{SERVER}"


def of(*patterns: str, **addresses: str) -> Course:
    """A course whose servers share storage: the plain one with these patterns, and others by name and address."""
    first = service_host(address="10.0.0.1", san_paths=("san",), relocation_allow=patterns)
    others = {name: service_host(address=address, san_paths=("san",)) for name, address in addresses.items()}
    return course(service_hosts={SERVER: first, **others})


def read(made: Course) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """The expressions of the plain server, and code and place of what is wrong with the site's patterns."""
    found: HostsAllow = hosts_allow(made, SERVER)
    return found.expressions, [(each.code, each.where) for each in found.refusals]


def admits(expressions: tuple[str, ...], peer: str) -> bool:
    """As xend does: one value, cut at single spaces, each part matched from the start of the peer's name."""
    return any(re.match(part, peer) for part in " ".join(expressions).split(" "))


def test_itself_and_the_peers_by_name_and_address() -> None:
    expressions, wrong = read(of(two="10.0.0.2", three="three.example.org"))
    assert expressions == (
        "^localhost$",
        "^three$",
        r"^three\.example\.org$",
        "^two$",
        r"^10\.0\.0\.2$",
    )
    assert wrong == []
    for peer in ("localhost", "two", "10.0.0.2", "three.example.org"):
        assert admits(expressions, peer)
    for peer in (
        "localhost.evil.example",
        "twofold",
        "10.0.0.23",
        "10a0.0.2",
        "110.0.0.2",
        "threexexample.org",
        "",
    ):
        assert not admits(expressions, peer)


@pytest.mark.parametrize(
    ("pattern", "expression", "admitted", "refused"),
    [
        (
            "*.ahania.com",
            r"^.*\.ahania\.com$",
            ["a.ahania.com", "a.b.ahania.com"],
            ["ahania.com", "a.ahania.com.x"],
        ),
        (
            "desk.example.org",
            r"^desk\.example\.org$",
            ["desk.example.org"],
            ["desk.example.orgx", "xdesk.example.org"],
        ),
        ("10.0.0.*", r"^10\.0\.0\.[0-9]+$", ["10.0.0.7"], ["10.0.0.evil.example", "10.0.0.", "10.0.0.7.8"]),
        (r"^vm[0-9]\.example$", r"^vm[0-9]\.example$", ["vm1.example"], ["vm10.example"]),
        ("a+b", r"^a\+b$", ["a+b"], ["aab"]),
    ],
)
def test_pattern_of_the_site(pattern: str, expression: str, admitted: list[str], refused: list[str]) -> None:
    expressions, wrong = read(of(pattern))
    assert (expressions, wrong) == (("^localhost$", expression), [])
    assert all(admits(expressions, peer) for peer in admitted)
    assert not any(admits(expressions, peer) for peer in refused)


@pytest.mark.parametrize(
    "pattern", ["", "a b", "a ", "^half", "half$", "^(broken$", "a\tb", "a\n", "é.example"]
)
def test_pattern_that_is_none(pattern: str) -> None:
    assert read(of(pattern)) == (
        ("^localhost$",),
        [("relocation-allow-syntax", f"{SITE}/relocation_allow/0")],
    )


@pytest.mark.parametrize("pattern", ["*", "^.*$", "**", "^$|^.*$"])
def test_pattern_that_admits_everyone(pattern: str) -> None:
    assert read(of("a", pattern))[1] == [("relocation-allow-wide", f"{SITE}/relocation_allow/1")]


def test_peer_whose_address_is_not_one_word() -> None:
    assert read(of(two="10.0.0.2 .*")) == (
        ("^localhost$",),
        [("relocation-allow-syntax", "site/service_hosts/two/address")],
    )


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_part_is_ever_empty_or_open(pattern: str, address: str) -> None:
    expressions, _ = read(of(pattern, two=address))
    for part in " ".join(expressions).split(" "):
        assert part[0] == "^"
        assert part[-1] == "$"
        re.compile(part)


@given(
    st.from_regex(r"[a-z0-9.+-]{1,12}", fullmatch=True), st.from_regex(r"[a-z0-9.+-]{1,12}", fullmatch=True)
)
def test_plain_name_admits_itself_alone(name: str, other: str) -> None:
    expressions, _ = read(of(name))
    assert admits(expressions, name)
    assert admits(expressions, other) == (other in (name, "localhost"))
