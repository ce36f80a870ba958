"""Running domains: parsing of real xl and xend listings, removal of passwords, comparison with the IR."""

import subprocess
from dataclasses import replace
from typing import Literal

import pytest
from checkout import TESTS
from courses import disk, host, interface

from mlnc.runner.connect.protocol import script
from mlnc.runner.observe.running_domains import Running, domain_differences, running

LISTINGS = TESTS / "data" / "listings"
LINUX = "6f1c1b1e-0000-5000-8000-000000000001"
WINDOWS = "6f1c1b1e-0000-5000-8000-000000000002"
DISKS = {"xvda1": "/dev/course_vg/linux.ada", "xvda2": "/dev/course_vg/linux.ada.swap"}
CARDS = {"00:16:3e:00:00:01": "xenbr0", "00:16:3e:00:00:02": "lan.ada"}
PASSWORD = "otter"
"""Common prefix of the passwords in the listings."""


def listing(name: str) -> str:
    return (LISTINGS / name).read_text()


def test_xl_listing_is_parsed() -> None:
    """The file is the output of xl (Xen 4.17) for two domains."""
    found = running("xl", listing("xl-4.17.json"))
    links = {"00:16:3e:00:00:01": "vif1.0", "00:16:3e:00:00:02": "vif1.1"}
    assert found[LINUX] == Running(128, 2, DISKS, CARDS, links)
    assert found[WINDOWS] == Running(
        256,
        1,
        {"hda": "/dev/course_vg/windows.ada"},
        {"00:16:3e:00:00:03": "lan.ada"},
        {"00:16:3e:00:00:03": "vif2.0"},
    )


def test_xend_listing_is_parsed() -> None:
    found = running("xm", listing("xend-4.1.sxp"))
    assert found[LINUX] == Running(128, 2, DISKS, CARDS, {})
    assert found[WINDOWS].disks == {"hda": "/srv/images/windows+ada.img"}
    assert found[WINDOWS].cards == {"00:16:3e:00:00:03": "lan.ada"}


def test_empty_listing_has_no_domains() -> None:
    assert running("xl", "[\n\n]\n\n") == {}
    assert running("xm", "") == {}


@pytest.mark.parametrize(
    ("toolstack", "text"),
    [("xl", ""), ("xl", "null"), ("xl", '{"domid": 1}'), ("xl", "(domain)"), ("xm", "(domain")],
)
def test_other_text_is_refused(toolstack: Literal["xl", "xm"], text: str) -> None:
    with pytest.raises(ValueError, match=r"list|Expecting"):
        running(toolstack, text)


def test_incomplete_domains_are_skipped() -> None:
    assert running("xl", '[{"domid": 1, "config": {"c_info": {"name": "Domain-0"}}}, 7, null]') == {}
    assert running("xm", "(domain (name linux.ada)) (domain (uuid 1) (memory much) (vcpus 1))") == {}


@pytest.mark.parametrize(("toolstack", "name"), [("xl", "xl-4.17.json"), ("xm", "xend-4.1.sxp")])
def test_passwords_stay_on_the_server(toolstack: Literal["xl", "xm"], name: str) -> None:
    """The filtered listing parses to the same domains and lacks the display passwords."""
    text = listing(name)
    assert text.count(PASSWORD) >= 2
    hide = script("drift").decode().partition("# hide_passwords")[2].partition("\n}\n")[0]
    done = subprocess.run(
        ["sh", "-c", f"#{hide}\n}}\nhide_passwords"], input=text, capture_output=True, text=True, check=True
    )
    assert PASSWORD not in done.stdout
    assert len(done.stdout.splitlines()) == len(text.splitlines())
    assert running(toolstack, done.stdout) == running(toolstack, text)


HOST = host(
    memory_mib=128,
    vcpus=2,
    disks=tuple(disk(device=device, path=path) for device, path in DISKS.items()),
    interfaces={
        name: interface(mac=mac, bridge=CARDS[mac]) for name, mac in zip(("eth0", "eth1"), CARDS, strict=True)
    },
)
SAME = Running(128, 2, DISKS, CARDS, {mac: f"vif1.{n}" for n, mac in enumerate(CARDS)})


@pytest.mark.parametrize(
    ("found", "bridges", "expected"),
    [
        (SAME, {}, []),
        (SAME, {"vif1.0": "xenbr0", "vif1.1": "lan.ada", "vif2.0": "xenbr0"}, []),
        (replace(SAME, memory_mib=512), {}, ["runs with 512 MiB of memory, not 128"]),
        (replace(SAME, vcpus=1), {}, ["runs with 1 virtual CPUs, not 2"]),
        (
            SAME,
            {"vif1.1": "lan.bob"},
            ["vif 00:16:3e:00:00:02 uses lan.bob, not lan.ada"],
        ),
        (
            replace(SAME, cards={"00:16:3e:00:00:01": "xenbr0", "00:16:3e:00:00:09": "lan.ada"}),
            {},
            [
                "runs without vif 00:16:3e:00:00:02",
                "runs with an additional vif 00:16:3e:00:00:09 (lan.ada)",
            ],
        ),
        (
            replace(SAME, disks={"xvda1": "/dev/course_vg/other", "xvdb": ""}),
            {},
            [
                "disk xvda1 uses /dev/course_vg/other, not /dev/course_vg/linux.ada",
                "runs without disk xvda2",
                "runs with an additional disk xvdb (empty)",
            ],
        ),
    ],
)
def test_differences_from_the_ir(found: Running, bridges: dict[str, str], expected: list[str]) -> None:
    assert list(domain_differences(HOST, found, bridges)) == expected
