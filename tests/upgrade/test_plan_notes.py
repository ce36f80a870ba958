"""Notes and summary lines of plans."""

from edited_courses import deployed
from projects import Sources

from mlnc.cli.plan_summary import summarize
from mlnc.output.plan_model import UpgradePlan
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState
from mlnc.upgrade.planner import Planned, plan_course

SITE = """\
service_host one { address 192.0.2.1; san_path san_vg; lvm_vg san_vg; lvm_execute_server /dev/san_vg one }
service_host two { address 192.0.2.2; san_path san_vg; lvm_vg san_vg; lvm_execute_server /dev/san_vg one }
"""
WEB = "lvm lock; template debian.ext4; size 2G"


def planned(sources: Sources, old: str, new: str) -> dict[str, Planned]:
    """Return the plans from *old* to *new*, texts of the project demo."""
    sides = []
    for text in (old, new):
        made = sources.compile(text, site=SITE)
        assert made is not None, sources.report.sorted()
        sides.append(made.course)
    return plan_course(deployed(sides[0]), sides[1], lambda _: lambda *_: None)[0]


def plan(sources: Sources, old: str, new: str) -> UpgradePlan:
    return planned(sources, old, new)["demo"].plan


def test_a_likely_rename_is_noted(sources: Sources) -> None:
    old = f"host web {{ {WEB}; service_host one }}"
    made = plan(sources, old, old.replace("web", "www"))
    assert {name: host.action for name, host in made.hosts.items()} == {"web": "retire", "www": "create"}
    assert made.notes == (
        "www looks like a renamed web: without 'renamed_from web' in www, web is retired and www starts "
        "with an empty disk",
    )
    assert plan(sources, old, old.replace("web", "www").replace("2G", "3G")).notes == ()


def test_renamed_from_makes_a_rename(sources: Sources) -> None:
    old = f"host web {{ {WEB}; service_host one }}"
    new = f"host www {{ {WEB}; service_host one; renamed_from web }}"
    made = plan(sources, old, new)
    assert {name: host.line for name, host in made.hosts.items()} == {"www": "~ demo/www  rename from web"}
    assert plan(sources, new, new).steps == ()


def test_renamed_from_an_unknown_host_is_noted(sources: Sources) -> None:
    old = f"host web {{ {WEB}; service_host one }}"
    new = f"host www {{ {WEB}; service_host one; size 3G; renamed_from wbe }}"
    assert plan(sources, old, new).notes == (
        "www has renamed_from wbe, but no host of that name is deployed: www starts with an empty disk",
    )


def test_a_running_host_with_changed_peers_is_noted(sources: Sources) -> None:
    text = (
        "switch lan { vlan 3 }\n"
        f"host web {{ {WEB}; service_host one; network eth0 {{ switch lan; address 10.0.0.1/24 }} }}\n"
        f"host db {{ {WEB}; service_host one; network eth0 {{ switch lan; address 10.0.0.2/24 }} }}\n"
    )
    made = plan(sources, text, text.replace("10.0.0.2", "10.0.0.3"))
    assert made.hosts["web"].action == "keep"
    assert made.hosts["web"].notes == (
        "the peers in its /etc/hosts change: the guest gets the new file at its next stop",
    )


def test_a_split_switch_is_noted(sources: Sources) -> None:
    text = (
        "switch lan { }\n"
        f"host a {{ {WEB}; service_host one; network eth0 {{ switch lan }} }}\n"
        f"host b {{ {WEB}; service_host one; network eth0 {{ switch lan }} }}\n"
    )
    made = plan(sources, text, text.replace("service_host one", "service_host two"))
    assert made.notes == (
        "switch lan is split until all its virtual machines have moved: nothing connects one and two",
    )
    assert made.switches == {"lan": "~ new on two, removed from one"}
    joined = text.replace("switch lan { }", "switch lan { vlan 3 }")
    assert plan(sources, joined, joined.replace("service_host one", "service_host two")).notes == ()


def test_data_loss_is_marked_in_the_line_and_counted(sources: Sources) -> None:
    text = f"host a {{ {WEB}; service_host one }}\nhost b {{ {WEB}; service_host one }}\n"
    made = planned(sources, text, text.replace("debian", "ubuntu", 1))
    assert summarize(made, {}).splitlines() == [
        "! demo/a  rebuild, DATA LOSS; template debian.ext4 → ubuntu.ext4",
        "plan: 1 rebuild, 1 with DATA LOSS, 1 stays as it is",
    ]


def test_new_projects_are_only_counted(sources: Sources) -> None:
    made = sources.compile(f"host a {{ {WEB}; service_host one }}", site=SITE)
    assert made is not None
    new = plan_course(DeployedState(), made.course, lambda _: lambda *_: None)[0]
    assert summarize(new, {}) == "plan: 1 create"


def test_deployed_projects_missing_from_the_sources_have_a_line(sources: Sources) -> None:
    made = sources.compile(f"host a {{ {WEB}; service_host one }}", site=SITE)
    assert made is not None
    gone = DeployedProject("bob", {"one": "5" * 64}, {"one": made.course.projects["demo"]})
    assert summarize({}, {"bob": gone}) == (
        "! bob  deployed on one, no longer in the sources; stays there."
        " Restore its source, or delete it with its data: invoke remove --project bob"
    )


def test_a_snapshot_on_another_server_is_made_again_with_data_loss(sources: Sources) -> None:
    text = "host a { lvm; lvm_snapshot; lvm_vg local; template base; service_host one }"
    made = plan(sources, text, text.replace("service_host one", "service_host two"))
    assert made.hosts["a"].data_loss
    assert made.hosts["a"].line == "! demo/a  rebuild, DATA LOSS  one → two"
    assert "a snapshot cannot be copied" in made.hosts["a"].notes[-1]
