"""Expansion of a project: its name, its global blocks, the names of its members, what is there twice."""

import pytest
from mln_texts import expand, read

from mlnc.compiler.expansion import expand_project, expand_site


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("global { project one }", "one"),
        ("global { project = one }", "one"),
        ("global { project $x-$y; $x = a; $y = b }", "a-b"),
        ("host a { }\nglobal { $x = 1 }\nglobal { project one }", "one"),
        ("host a { }", None),
        ("project one", None),
        ("global { project }", None),
        ("superclass s { project one }", None),
    ],
)
def test_the_name_of_the_project(text: str, name: str | None) -> None:
    made = expand_project(read(text).file, lambda _: None)
    assert (made.project if made else None) == name


def test_two_global_blocks_merge() -> None:
    made = expand(
        """
        global { project p; $x = 1; autostart; autoenum { superclass s } beforeProjectStart { echo a } }
        global { project p; $y = $x; stop_timeout 9; autoenum { numhosts 1 } beforeProjectStart { echo b } }
        superclass s { }
        host h { z $y }
        """
    )
    assert made.found == []
    assert made.lines("global") == ["project p", "autostart", "project p", "stop_timeout 9"]
    assert made.lines("global/autoenum") == ["superclass s", "numhosts 1"]
    assert made.lines("global/beforeProjectStart") == ["echo a", "echo b"]
    assert made.value("host/h/z") == "1"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("project p", "project q"),
        ("project p; $x = 1", "$x = 2"),
        ("project p; autostart", "autostart off"),
        ("project p; autoenum { net 10.0.0.0 }", "autoenum { net 10.0.1.0 }"),
    ],
)
def test_global_blocks_that_contradict_each_other_are_an_error(first: str, second: str) -> None:
    made = expand(f"global {{ {first} }}\nglobal {{ {second} }}\n")
    assert "global-conflict" in made.codes
    (found,) = (each for each in made.found if each.code == "global-conflict")
    assert found.origin
    assert (found.origin.span.source.position(found.origin.span.start)[0], len(found.related)) == (2, 1)


@pytest.mark.parametrize("kind", ["host", "switch", "superclass", "service_host"])
@pytest.mark.parametrize("other", ["{0} b {{ }}", "{0} {{ b {{ }} }}", "{0} $n {{ }}"])
def test_a_second_member_of_one_name_is_an_error_naming_both_places(kind: str, other: str) -> None:
    second = other.format(kind)
    made = expand(f"global {{ project p; $n = b }}\n{kind} b {{ }}\n{second}\n")
    (found,) = made.found
    assert found.code == f"duplicate-{kind.replace('_', '-')}"
    assert found.origin
    assert str(found.origin.span) == f"test.mln:3:{second.replace('$n', 'b ').index('b ') + 1}"
    assert [str(each.span) for each in found.related] == [f"test.mln:2:{len(kind) + 2}"]


def test_members_of_different_kinds_may_share_a_name() -> None:
    text = "host a { superclass a } switch a { } superclass a { x } service_host a { }"
    assert expand(text).found == []


def test_names_take_variables_of_global() -> None:
    made = expand(
        """
        host web$n { network eth0 { switch $site-lan } }
        host $[site]x-$project { }
        switch $site-lan { }
        superclass $site { a 1 }
        host last { superclass oslo }
        service_host $site.example.org { }
        global { project p; $n = 7; $site = oslo }
        """
    )
    assert made.expanded
    assert list(made.expanded.hosts) == ["web7", "oslox-p", "last"]
    assert list(made.expanded.switches) == ["oslo-lan"]
    assert list(made.expanded.service_hosts) == ["oslo.example.org"]
    assert made.value("host/web7/network/eth0/switch") == "oslo-lan"
    assert made.value("host/last/a") == "1"
    assert made.expanded.names == {}


def test_an_undefined_variable_in_a_name_is_kept_for_the_checks() -> None:
    made = expand("host web$n { }")
    assert made.expanded
    assert [each.name for found in made.expanded.names.values() for each in found] == ["n"]


def test_hosts_keep_the_order_of_the_file() -> None:
    made = expand("host c { } host { a { } b { } } host d { }")
    assert made.expanded
    assert list(made.expanded.hosts) == ["c", "a", "b", "d"]


def test_the_data_of_a_project_is_its_blocks() -> None:
    made = expand("host a { $v = 1; xen; x $v; y = 2; users { bob h } } switch lan { }")
    assert made.expanded
    users = {"values": {"bob": "h"}, "lines": ["bob h"], "blocks": {}}
    empty: dict[str, object] = {"values": {}, "lines": [], "blocks": {}}
    assert made.expanded.data() == {
        "project": "p",
        "global": {"values": {"project": "p"}, "lines": ["project p"], "blocks": {}},
        "hosts": {
            "a": {
                "values": {"$v": "1", "xen": "1", "x": "1", "y": "2"},
                "lines": ["xen", "x 1", "y = 2"],
                "blocks": {"users": users},
            }
        },
        "switches": {"lan": empty},
    }


def test_a_site_file_gives_its_service_hosts() -> None:
    text = "global { $net = 192.0.2 } service_host a { address $net.1 } service_host { b { } } host h { }"
    made = expand_site(read(text).file, lambda _: None)
    assert {name: node.data()["values"] for name, node in made.service_hosts.items()} == {
        "a": {"address": "192.0.2.1"},
        "b": {},
    }
    assert made.hosts == {}
