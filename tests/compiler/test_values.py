"""Each type of the directive table with words that it takes and words that it refuses."""

import contextlib
import ipaddress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnc.compiler.values import (
    MIB,
    PARSERS,
    UNITS,
    Address,
    Address6,
    Invalid,
    SecretText,
    flag,
    memory,
    netmask_length,
    parse,
)
from mlnc.schemas.language import Directive, Field, Type, load

V4 = ipaddress.IPv4Address
V6 = ipaddress.IPv6Address


def value(kind: Type, text: str) -> Any:
    return parse(text, Field("field", kind))


GOOD: dict[Type, dict[str, Any]] = {
    "text": {"any text, at all": "any text, at all"},
    "word": {"word": "word", "a/b:c": "a/b:c", '"quoted"': '"quoted"'},
    "integer": {"0": 0, "-5": -5, "007": 7, "999999999999": 999999999999},
    "count": {"all": "all", "25": 25},
    "memory": {
        "512": 512,
        "512M": 512,
        "1G": 1024,
        "1T": 1024 * 1024,
        "1024K": 1,
        "2048b": 1,
        "1048576kB": 1000,
    },
    "size": {"1b": 512, "1K": 1024, "1kB": 1000, "1KB": 1000, "1M": MIB, "1MB": 10**6, "0": 0}
    | {"1G": 1024**3, "1GB": 10**9, "1T": 1024**4, "1TB": 10**12, "250M": 250 * MIB},
    "path": {"/": "/", "/srv/mln/": "/srv/mln", "//srv///mln": "/srv/mln", "/a b": "/a b", "/..a": "/..a"},
    "file": {"motd": "motd", "lab/motd": "lab/motd", "/etc/motd": "/etc/motd", "..motd": "..motd"},
    "ip": {"10.0.0.1": "10.0.0.1", "2001:DB8::1": "2001:db8::1"},
    "ipv4": {"0.0.0.0": "0.0.0.0", "255.255.255.255": "255.255.255.255"},
    "ipv6": {"::": "::", "fe80::1": "fe80::1"},
    "address": {"dhcp": "dhcp", "10.0.0.2": Address(V4("10.0.0.2"), None)}
    | {f"10.0.0.2/{length}": Address(V4("10.0.0.2"), length) for length in (0, 9, 24, 30, 32)},
    "address6": {
        "auto": "auto",
        "2001:db8::2/64": Address6(V6("2001:db8::2"), 64),
        "::1/128": Address6(V6("::1"), 128),
    },
    "netmask": {"255.255.255.0": 24, "0.0.0.0": 0, "255.255.255.255": 32, "/24": 24, "/0": 0, "/32": 32},
    "mac": {"00:16:3E:10:00:01": "00:16:3e:10:00:01", "02-00-00-00-00-01": "02:00:00:00:00:01"},
    "hostname": {
        "atlas": "atlas",
        "a.example.org": "a.example.org",
        "10.0.0.1": "10.0.0.1",
        "2001:db8::1": "2001:db8::1",
    },
    "service_host": {"atlas": "atlas", "192.0.2.2": "192.0.2.2"},
    "switch": {"lan": "lan"},
    "superclass": {"student": "student"},
    "bridge": {"xenbr0": "xenbr0", "a" * 15: "a" * 15, "lan.group07": "lan.group07"},
    "volume_group": {"san_vg": "san_vg", "/dev/san_vg": "san_vg", "a+b-c.d": "a+b-c.d", "v" * 127: "v" * 127},
    "template": {"ubuntu-server.ext4": "ubuntu-server.ext4", "lab/xp.fat32": "lab/xp.fat32"},
    "user": {"root": "root", "_apt": "_apt", "machine$": "machine$", "u" * 32: "u" * 32},
    "mode": {"644": "644", "0755": "0755"},
    "crypt": {
        "$6$salt$0123456789abcdef": "$6$salt$0123456789abcdef",
        "$1$ab$12345678": "$1$ab$12345678",
        "abJnggxhB/yWI": "abJnggxhB/yWI",
        "!abJnggxhB/yWI": "!abJnggxhB/yWI",
        "!!": "!!",
        "*": "*",
        "!": "!",
        "x": "x",
        "@secret": SecretText("", None),
        "@secret/a": SecretText("a", None),
    },
    "secret": {
        "@secret": SecretText("", None),
        "@secret/group07": SecretText("group07", None),
        "@secret/a/b.c_d+e-f": SecretText("a/b.c_d+e-f", None),
        "sesame open": SecretText(None, "sesame open"),
        "@other": SecretText(None, "@other"),
    },
    "pattern": {"^10[.]": "^10[.]", "*.example.org": "*.example.org"},
}

BAD: dict[Type, list[str]] = {
    "word": ["two words"],
    "integer": ["", "1.5", "0x10", "ten", "1 000", "+5", "1000000000000000", "١"],
    "count": ["some", "-", "1.0"],
    "memory": ["lots", "0", "0M", "512m", "512MiB", "1.5G", "-1M", "1000kB", "512MB", "512 M", "1023K"],
    "size": ["10", "-3Q", "3Q", "10m", "10GiB", "1.5G", "4 G", "G", "", "-1M", "1e3M"],
    "path": ["srv/mln", "", "~/x", "/srv/../etc", "/.."],
    "file": ["../motd", "a/../../b", "/etc/../motd"],
    "ip": ["10.0.0", "10.0.0.256", "host", "10.0.0.1/24", "010.0.0.1"],
    "ipv4": ["2001:db8::1", "1.2.3", "1.2.3.4.5", "1.2.3.4/24", ""],
    "ipv6": ["10.0.0.1", "2001:db8::1/64", ":", "12345::"],
    "address": [
        "10.0.0",
        "10.0.0.256",
        "10.0.0.2/33",
        "10.0.0.2/",
        "10.0.0.2/-1",
        "10.0.0.2/024",
        "2001:db8::1",
        "DHCP",
    ],
    "address6": [
        "2001:db8::2",
        "2001:db8::2/129",
        "2001:db8::2/",
        "10.0.0.1/24",
        "fe80::1%eth0/64",
        "auto6",
        "dhcp",
    ],
    "netmask": ["255.255.0.255", "255.255.255", "24", "/33", "/", "0.0.0.255", "255.255.255.256", "/024"],
    "mac": [
        "00:16:3e:10:00",
        "00:16:3e:10:00:01:02",
        "01:00:5e:00:00:01",
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
        "00163e100001",
        "0g:16:3e:10:00:01",
        "00:16:3e:10:00:1",
        "00.16.3e.10.00.01",
    ],
    "hostname": ["-atlas", "at las", "", "_x", "a/b", "a" * 254],
    "service_host": ["-atlas", "a$b"],
    "switch": ["two words"],
    "superclass": ["two words"],
    "bridge": ["a" * 16, "lan/1", "lan:1", ".", "..", "", "lan$"],
    "volume_group": ["san/vg", "-vg", ".", "..", "", "v" * 128, "/dev/", "/dev/san/vg"],
    "template": ["../x", "/abs", "a//b", "", "a b", ".hidden", "a/"],
    "user": ["Über", "1user", "-user", "us er", "", "u" * 34, "user:x"],
    "mode": ["888", "64", "07777", "rwx", "u+x", ""],
    "crypt": [
        "sesame",
        "$6$",
        "$6$salt",
        "short",
        "a:b",
        "abJnggxhB/yW:",
        "password12345",
        "!sesame",
        "$ecret$password1",
        "@secretx",
        "@secret/",
    ],
    "secret": ["@secret/", "@secrets", "@secret/../x", "@secret/a b", "@secret//a", "@secretary"],
}


def test_every_type_of_the_table_has_a_parser_and_is_tried() -> None:
    assert set(PARSERS) == set(get_args(Type))
    assert set(GOOD) | {"choice"} == set(PARSERS)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_takes(kind: Type, text: str) -> None:
    assert value(kind, text) == GOOD[kind][text]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts])
def test_refuses(kind: Type, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        value(kind, text)
    assert refused.value.message


def test_a_refusal_says_what_to_write() -> None:
    hints = {
        ("memory", "512MB"): "write 489M, or M instead of MB",
        ("size", "10"): "write 10M or 10G",
        ("size", "10m"): "the units are b, K, M, G, T, kB, KB, MB, GB, TB: 10M",
        ("address", "2001:db8::1"): "IPv6 goes to address6",
        ("bridge", "lan/1"): "letters, digits, _ . and - can stand in it",
        ("hostname", '"atlas"'): "the quotes are part of the value: leave them out",
        ("mac", "01:00:5e:00:00:01"): "a card needs a unicast one: its first octet is even",
    }
    for (kind, text), hint in hints.items():
        with pytest.raises(Invalid) as refused:
            value(kind, text)  # type: ignore[arg-type]
        assert refused.value.hint == hint


def test_a_refused_secret_is_not_in_the_refusal() -> None:
    for kind in ("secret", "crypt"):
        with pytest.raises(Invalid) as refused:
            value(kind, "@secret/sesame!")
        assert "sesame" not in refused.value.message + (refused.value.hint or "")


def test_ranges_and_choices_of_directives() -> None:
    language = load()
    display, listen = language.get("host", "vncdisplay"), language.get("host", "guest")
    assert display
    assert listen
    assert parse("59635", display) == 59635
    assert parse("cloud-init", listen) == "cloud-init"
    for directive, text, message in (
        (display, "59636", "is not a number from 0 to 59635"),
        (display, "-1", "is not a number from 0 to 59635"),
        (listen, "Mount", "is not one of mount, cloud-init"),
    ):
        with pytest.raises(Invalid, match=message):
            parse(text, directive)


@pytest.mark.parametrize("directive", load().directives, ids=lambda each: f"{each.blocks[0]}/{each.name}")
def test_the_table_takes_its_own_defaults(directive: Directive) -> None:
    if directive.default is not None and directive.type is not None:
        parse(directive.default, directive)


FLAG = Directive("lvm", ("host",), "flag", "", "lvm", choices=("lock",))


@pytest.mark.parametrize(
    ("text", "means"),
    [("", True), ("1", True), ("on", True), ("yes", True), ("true", True), ("lock", "lock")]
    + [(off, False) for off in ("0", "off", "no", "false")],
)
def test_flags(text: str, means: bool | str) -> None:
    assert flag(text, FLAG) == means


def test_a_flag_is_neither() -> None:
    with pytest.raises(Invalid) as refused:
        flag("maybe", FLAG)
    assert refused.value.hint == "write lvm alone, or lvm off, lock"


@given(st.integers(1, 10**9), st.sampled_from(sorted(UNITS)))
def test_sizes_are_exact(number: int, unit: str) -> None:
    assert value("size", f"{number}{unit}") == number * UNITS[unit]


@given(st.integers(1, 10**8), st.sampled_from(sorted(UNITS)))
def test_memory_is_whole_mebibytes_or_refused(number: int, unit: str) -> None:
    size = number * UNITS[unit]
    if size % MIB:
        with pytest.raises(Invalid):
            memory(f"{number}{unit}")
    else:
        assert memory(f"{number}{unit}") == size // MIB


@given(st.ip_addresses(v=4))
def test_netmasks_are_those_that_python_takes(address: ipaddress.IPv4Address) -> None:
    bits = f"{int(address):032b}"
    if "01" in bits:
        with pytest.raises(Invalid):
            netmask_length(str(address))
    else:
        assert netmask_length(str(address)) == bits.count("1")


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_ipv4_addresses_come_back(address: ipaddress.IPv4Address, length: int) -> None:
    assert value("address", f"{address}/{length}") == Address(address, length)
    assert value("ip", str(address)) == str(address)


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_ipv6_addresses_come_back(address: ipaddress.IPv6Address, length: int) -> None:
    assert value("address6", f"{address.exploded}/{length}") == Address6(address, length)
    assert value("ip", address.exploded.upper()) == str(address)


@given(st.sampled_from([kind for kind in GOOD if kind != "text"]), st.text(max_size=40))
def test_any_text_is_taken_or_refused(kind: Type, text: str) -> None:
    with contextlib.suppress(Invalid):
        value(kind, text)
