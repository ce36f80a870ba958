"""Names that outlive builds: once given they never change, so these goldens must never be rewritten."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import Sources

from mlnc.compiler import naming

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,30}", fullmatch=True)


def test_macs_for_ever() -> None:
    assert naming.mac("linux", "group07", "eth0") == "00:16:3e:94:e8:0b"
    assert naming.mac("linux", "group07", "eth1") == "00:16:3e:e0:56:30"
    assert naming.mac("windows", "group07", "eth0") == "00:16:3e:53:f3:ec"


def test_uuids_for_ever() -> None:
    assert naming.domain_uuid("linux", "group07") == "cbde59fc-4c7c-56e1-af74-c4a30ec38279"
    assert uuid.UUID(naming.domain_uuid("a", "b")).version == 5


@pytest.mark.parametrize(
    ("switch", "project", "bridge"),
    [
        ("lan", "group07", "lan.group07"),
        ("lan", "a" * 11, "lan." + "a" * 11),
        ("lan", "course2009-07", "lan.009-07-bjge"),
        ("lan", "course2009-08", "lan.009-08-bifi"),
        ("laboratory", "group07", "labo.oup07-vr3t"),
        ("a", "p" * 63, "a.pppppppp-npfx"),
    ],
)
def test_bridges_for_ever(switch: str, project: str, bridge: str) -> None:
    assert naming.bridge(switch, project) == bridge


@given(NAMES, NAMES)
def test_a_bridge_is_a_name_of_a_device(switch: str, project: str) -> None:
    name = naming.bridge(switch, project)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}", name)
    assert name == naming.bridge(switch, project)
    assert name.startswith(switch[:4])


@given(NAMES, NAMES, st.from_regex(r"eth[0-9]{1,2}", fullmatch=True))
def test_a_mac_is_one_of_xen_and_unicast(host: str, project: str, card: str) -> None:
    assert re.fullmatch(r"00:16:3e(:[0-9a-f]{2}){3}", naming.mac(host, project, card))


@given(st.lists(st.tuples(NAMES, NAMES), unique=True, min_size=2, max_size=50))
def test_names_of_uuids_and_macs_do_not_run_together(pairs: list[tuple[str, str]]) -> None:
    assert len({naming.domain_uuid(*pair) for pair in pairs}) == len(pairs)


def colliding() -> tuple[str, str]:
    """Two projects whose switch ``lan`` gets one bridge: some pair among a few thousand shares the 20 bits."""
    seen: dict[str, str] = {}
    for number in range(20_000):
        project = f"{number:05}-course2009"
        other = seen.setdefault(naming.bridge("lan", project), project)
        if other != project:
            return other, project
    raise AssertionError("no collision: then this test proves nothing")


def test_bridges_that_collide_are_told(sources: Sources) -> None:
    first, second = colliding()
    body = "switch lan { }\nhost web { xen; network eth0 { switch lan } }\n"
    demo, lab = (f"global {{ project {name} }}\n{body}" for name in (first, second))
    assert sources.codes(demo, lab=lab) == ["duplicate-bridge"]


def test_bridges_of_a_course_do_not_collide() -> None:
    made = {naming.bridge("lan", f"course2009-group{number:02}") for number in range(1, 601)}
    assert len(made) == 600


@pytest.mark.parametrize(
    "name",
    [
        "snapshot",
        "snapshot1",
        "pvmove0",
        "web_mlog",
        "a_tdata.b",
        "a_rimage_0",
        "a b",
        "",
        ".",
        "..",
        "-a",
        "a/b",
    ],
)
def test_names_that_lvm_refuses(name: str) -> None:
    assert naming.volume_trouble(name) is not None


@pytest.mark.parametrize("name", ["linux.group07", "my-snapshot", "a" * 127, "_a", "+a", "a.swap"])
def test_names_that_lvm_takes(name: str) -> None:
    assert naming.volume_trouble(name) is None


def test_the_order_of_cards() -> None:
    cards = ["eth10", "eth2", "eth0", "br1", "lo", "eth02"]
    assert sorted(cards, key=naming.interface_order) == ["br1", "eth0", "eth02", "eth2", "eth10", "lo"]
