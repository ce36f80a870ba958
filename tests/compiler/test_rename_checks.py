"""``renamed_from``: identity follows the former name, which must be free and claimed once."""

import pytest
from projects import Sources

from mlnc.compiler import naming

CARD = "network eth0 { switch lan }"


def test_a_renamed_host_keeps_uuid_and_mac_and_gets_new_names(sources: Sources) -> None:
    text = f"switch lan {{ }}\nhost web {{ renamed_from www; lvm; {CARD} }}"
    compiled = sources.compile(text)
    assert compiled is not None
    host = compiled.course.projects["demo"].hosts["web"]
    assert (host.uuid, host.renamed_from) == (naming.domain_uuid("www", "demo"), "www")
    assert host.interfaces["eth0"].mac == naming.mac("www", "demo", "eth0")
    assert (host.domain, host.volumes["root"].name) == ("web.demo", "web.demo")


def test_a_renamed_project_keeps_the_identity_of_its_hosts(sources: Sources) -> None:
    text = f"global {{ project demo; renamed_from trial }}\nswitch lan {{ renamed_from net }}\nhost web {{ {CARD} }}"
    compiled = sources.compile(text)
    assert compiled is not None
    project = compiled.course.projects["demo"]
    assert (project.renamed_from, project.switches["lan"].renamed_from) == ("trial", "net")
    assert project.hosts["web"].uuid == naming.domain_uuid("web", "trial")
    assert project.hosts["web"].interfaces["eth0"].mac == naming.mac("web", "trial", "eth0")
    assert project.switches["lan"].bridge == "lan.demo"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("host web { renamed_from www }\nhost www { }", "rename-conflict www"),
        ("host web { renamed_from web }", "rename-conflict web"),
        ("host a { renamed_from x }\nhost b { renamed_from x }", "rename-conflict x"),
        (
            "superclass s { renamed_from x }\nhost a { superclass s }\nhost b { superclass s }",
            "rename-conflict x",
        ),
        ("switch lan { renamed_from net }\nswitch net { }", "rename-conflict net"),
        ("global { project demo; renamed_from demo }", "rename-conflict demo"),
        ("host web { renamed_from a/b }", "invalid-name a/b"),
        ("switch lan { renamed_from $net }", "undefined-variable $net"),
    ],
)
def test_a_former_name_that_cannot_be_is_an_error(sources: Sources, text: str, found: str) -> None:
    assert found in sources.marked(text)


def test_two_projects_cannot_have_been_one(sources: Sources) -> None:
    other = "global { project other; renamed_from trial }\nhost a { xen }"
    text = "global { project demo; renamed_from trial }\nhost a { xen }"
    assert sources.codes(text, other=other) == ["rename-conflict"]


def test_a_project_cannot_have_been_one_that_is_there(sources: Sources) -> None:
    text = "global { project demo; renamed_from other }\nhost a { xen }"
    assert sources.messages(text, other="global { project other }\nhost a { xen }") == [
        "project demo cannot have been other: there is a project other"
    ]
