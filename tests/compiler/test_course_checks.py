"""The checks of a course: what two projects, built together or one after the other, may not share."""

from pathlib import Path

import pytest
from projects import Sources, pointed_at

from mlnc.cli.build import build
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front

LAB = "global { project lab }\n"
SITE = "service_host one { address 192.0.2.2; memory 1G }\nservice_host two { address 192.0.2.3 }\n"


def on(server: str, body: str = "", name: str = "web") -> str:
    return f"host {name} {{ xen; service_host {server}; {body} }}\n"


COLLISIONS = {
    "duplicate-domain": ("global { project net.lab }\nhost web { xen }\n", LAB + "host web.net { xen }\n"),
    "duplicate-mac": (on("one", "network eth0 { mac 02:00:00:00:00:01 }"),) * 1
    + (LAB + on("two", "network eth0 { mac 02:00:00:00:00:01 }"),),
    "duplicate-display": (on("one", "vncdisplay 7"), LAB + on("one", "vncdisplay 7")),
    "duplicate-bridge": (
        "switch lan { }\n" + on("one", "network eth0 { switch lan }"),
        LAB + "switch lan { bridge lan.demo }\n" + on("one", "network eth0 { switch lan }"),
    ),
    "duplicate-address": (
        on("one", "network eth0 { address 10.0.0.2/24 }"),
        LAB + on("two", "network eth0 { address 10.0.0.2/16 }"),
    ),
    "duplicate-segment": (
        "switch lan { vlan 7 }\n" + on("one", "network eth0 { switch lan }"),
        LAB + "switch dmz { vlan 7 }\n" + on("two", "network eth0 { switch dmz }"),
    ),
    "memory-exceeded": (on("one", "memory 600M"), LAB + on("one", "memory 600M")),
}

PEACEFUL = {
    "a display on another server": (on("one", "vncdisplay 7"), LAB + on("two", "vncdisplay 7")),
    "a bridge on another server": (
        "switch lan { }\n" + on("one", "network eth0 { switch lan }"),
        LAB + "switch lan { bridge lan.demo }\n" + on("two", "network eth0 { switch lan }"),
    ),
    "a bridge named by hand in both": (
        "switch lan { bridge br0 }\n" + on("one", "network eth0 { switch lan }"),
        LAB + "switch lan { bridge br0 }\n" + on("one", "network eth0 { switch lan }"),
    ),
    "an address on another switch": (
        "switch lan { }\n" + on("one", "network eth0 { switch lan; address 10.0.0.2/24 }"),
        LAB + "switch lan { }\n" + on("one", "network eth0 { switch lan; address 10.0.0.2/24 }"),
    ),
    "an address on a bridge of another server": (
        on("one", "network eth0 { bridge br9; address 10.0.0.2/24 }"),
        LAB + on("two", "network eth0 { bridge br9; address 10.0.0.2/24 }"),
    ),
    "a vlan and a vxlan": (
        "switch lan { vlan 7 }\n" + on("one", "network eth0 { switch lan }"),
        LAB + "switch lan { vxlan 7 }\n" + on("one", "network eth0 { switch lan }"),
    ),
    "memory that is just enough": (on("one", "memory 512M"), LAB + on("one", "memory 512M")),
    "memory of a server that declares none": (on("two", "memory 64G"), LAB + on("two", "memory 64G")),
    "hosts of another platform": (
        "host web { kvm { display vnc }; vncdisplay 7; network eth0 { mac 02:00:00:00:00:01 } }\n",
        LAB + "host web { kvm { display vnc }; vncdisplay 7; network eth0 { mac 02:00:00:00:00:01 } }\n",
    ),
}


@pytest.mark.parametrize("code", COLLISIONS)
def test_collisions(code: str, sources: Sources) -> None:
    demo, lab = COLLISIONS[code]
    assert sources.codes(demo, lab=lab, site=SITE).count(code) == 1


@pytest.mark.parametrize("case", PEACEFUL)
def test_what_is_no_collision(case: str, sources: Sources) -> None:
    demo, lab = PEACEFUL[case]
    assert {*sources.codes(demo, lab=lab, site=SITE)} <= {
        "foreign-platform",
        "no-service-host",
        "without-effect",
    }


@pytest.mark.parametrize("code", COLLISIONS)
def test_projects_of_an_earlier_build_take_part(code: str, sources: Sources, tmp_path: Path) -> None:
    demo, lab = COLLISIONS[code]
    text = demo if "global {" in demo else "global { project demo }\n" + demo
    first, second, _ = sources.write(demo=text, lab=lab, site=SITE)
    assert build(Front(Report()), [first], None, tmp_path / "out") is not None
    front = Front(Report())
    build(front, [second], None, tmp_path / "out")
    found = [each for each in front.report.sorted() if each.code == code]
    assert len(found) == 1
    assert found[0].origin is not None
    assert found[0].origin.span.source.path.endswith("lab.mln"), "only the files of this build can be cited"


def test_the_later_place_is_cited_and_the_earlier_related(sources: Sources) -> None:
    hosts = (
        on("one", "vncdisplay 7", "zoe") + on("one", "vncdisplay 7", "ann") + on("one", "vncdisplay 7", "bob")
    )
    found = sources.findings(hosts, site=SITE)[0]
    assert found.origin is not None
    assert found.origin.span.source.position(found.origin.span.start)[0] == 4
    assert found.message == "VNC display 7 on 'one' is used by demo/bob and demo/ann and demo/zoe"
    assert [each.message for each in found.related] == [
        "demo/zoe is defined here",
        "demo/ann is defined here",
    ]


def test_one_statement_for_many_hosts_is_not_related_to_itself(sources: Sources) -> None:
    shared = "superclass all { xen; service_host one; vncdisplay 7 }\n"
    found = sources.findings(
        shared + "host ann { superclass all }\nhost bob { superclass all }\n", site=SITE
    )[0]
    assert pointed_at(found) == "7"
    assert found.related == ()


def test_many_are_counted(sources: Sources) -> None:
    hosts = "".join(on("one", "vncdisplay 7; memory 64M", f"h{number}") for number in range(9))
    assert sources.messages(hosts, site=SITE)[0].endswith("and demo/h0 and demo/h1 and demo/h2 and 5 more")
