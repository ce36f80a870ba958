"""daemon_allow: whom the original's daemon lets in, judged by a model of its matching."""

import pytest
from courses import SERVER, course, service_host
from hypothesis import given
from hypothesis import strategies as st
from original_conf import admits

from mlnc.ir.model import Course
from mlnc.targets.mlnd.mlnd_acl import Allowed, allowed

SITE = f"site/service_hosts/{SERVER}"


def of(*patterns: str, **addresses: str) -> Course:
    """A course whose servers share storage: the plain one with these patterns, and others by name and address."""
    first = service_host(address="10.0.0.1", san_paths=("san",), daemon_allow=patterns)
    others = {name: service_host(address=address, san_paths=("san",)) for name, address in addresses.items()}
    return course(service_hosts={SERVER: first, **others})


def read(made: Course) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """The patterns of the plain server, and code and place of what is wrong with them."""
    found: Allowed = allowed(made, SERVER)
    return found.patterns, [(each.code, each.where) for each in found.refusals]


def test_exactly_the_peers() -> None:
    patterns, wrong = read(of(two="10.0.0.2", three="10.0.0.3"))
    assert patterns == ("^10.0.0.3$", "^10.0.0.2$")
    assert wrong == []
    let_in = [
        ip
        for ip in (*(f"10.0.0.{n}" for n in range(256)), "110.0.0.2")
        if any(admits(p, ip) for p in patterns)
    ]
    assert let_in == ["10.0.0.2", "10.0.0.3"]


def test_servers_that_exchange_nothing_are_not_let_in() -> None:
    made = course(service_hosts={SERVER: service_host(), "two": service_host(address="10.0.0.2")})
    assert read(made) == ((), [])


@pytest.mark.parametrize("address", ["two.example.org", "2001:db8::2", "10.0.0.02"])
def test_peer_without_an_address_the_daemon_can_compare(address: str) -> None:
    assert read(of(two=address)) == ((), [("daemon-allow-name", "site/service_hosts/two/address")])


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("10.0.0.1", "^10.0.0.1$"),
        ("192.168.10.*", "^192.168.10.*$"),
        ("*", "*"),
        ("10.*", "10.*"),
        ("10.0.0.[1-4]", "10.0.0.[1-4]"),
        ("^10.0.0.1", "^10.0.0.1"),
        ("^10.0.0.1$|^10.0.0.2$", "^10.0.0.1$|^10.0.0.2$"),
        ("^[0-9.]+$", "^[0-9.]+$"),
        (r"^10.0.0.1\$", r"^10.0.0.1\$"),
    ],
)
def test_wide(pattern: str, written: str) -> None:
    assert read(of(pattern)) == ((written,), [("daemon-allow-wide", f"{SITE}/daemon_allow/0")])


@pytest.mark.parametrize(
    "pattern", ["^10.0.0.1$", "^192.168.10.*$", "^10.0.0.[1-4]$", "^10.0.0.(1|2)$", "^10.0.0.[1|2]$"]
)
def test_exact_patterns_stay(pattern: str) -> None:
    assert read(of(pattern)) == ((pattern,), [])


@pytest.mark.parametrize("pattern", ["desk.example.org", "10.0.0.0/24", "2001:db8::1"])
def test_pattern_that_never_matches(pattern: str) -> None:
    assert read(of(pattern)) == ((), [("daemon-allow-name", f"{SITE}/daemon_allow/0")])


@pytest.mark.parametrize("pattern", ["10.0.0.(", "", "10.0.0.1 10.0.0.2", "10.0.0.1\n", "**", "10.0.0.é"])
def test_pattern_that_the_daemon_cannot_read(pattern: str) -> None:
    wrong = read(of(pattern))
    assert wrong[1][0][0] in ("daemon-allow-syntax", "daemon-allow-wide")
    if pattern != "**":
        assert wrong == ((), [("daemon-allow-syntax", f"{SITE}/daemon_allow/0")])


def test_name_of_a_server_stands_for_its_address() -> None:
    made = of("desk", "desk")
    made.site.service_hosts["desk"] = service_host(address="10.0.0.9")
    assert read(made) == (("^10.0.0.9$",), [])


@given(st.from_regex(r"([0-9]{1,3}|\*)(\.([0-9]{1,3}|\*)){3}", fullmatch=True), st.ip_addresses(v=4).map(str))
def test_what_is_written_for_an_address_is_exact(pattern: str, address: str) -> None:
    (written,), _ = read(of(pattern))
    parts = zip(pattern.split("."), address.split("."), strict=True)
    assert admits(written, address) == all(part in ("*", number) for part, number in parts)


@given(st.text(max_size=12))
def test_any_text_is_one_word_or_refused(pattern: str) -> None:
    patterns, wrong = read(of(pattern))
    assert all(written.split() == [written] for written in patterns)
    assert patterns or wrong
