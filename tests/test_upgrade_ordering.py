"""Plans of several projects: which step waits for which, what is stopped, and what lacks memory."""

import pytest
from edited_courses import deployed
from projects import Sources

from mlnc.compiler.ir import Course
from mlnc.upgrade.planner import Planned, plan_course

SITE = """\
service_host one { address 192.0.2.1; san_path san_vg; lvm_vg san_vg; memory 2G }
service_host two { address 192.0.2.2; san_path san_vg; lvm_vg san_vg; memory 2G }
service_host three { address 192.0.2.3; san_path san_vg; lvm_vg san_vg; memory 1G }
"""


def course(sources: Sources, **servers: str) -> Course:
    """A project for each keyword, of one host web on that server, as ``one 512M``."""
    texts = {}
    for name, words in servers.items():
        server, memory = words.split()
        body = f"host web {{ lvm lock; service_host {server}; memory {memory} }}"
        texts[name] = f"global {{ project {name} }}\n{body}\n"
    site = SITE.replace("memory", "lvm_execute_server /dev/san_vg one; memory")
    made = sources.compile(texts.pop("demo"), site=site, **texts)
    assert made is not None, sources.report.sorted()
    return made.course


def waits(planned: dict[str, Planned]) -> dict[str, tuple[str, ...]]:
    """What each step waits for that waits for anything."""
    return {
        f"{name}/{step.id}": step.after
        for name, each in planned.items()
        for step in each.plan.steps
        if step.after
    }


def test_what_comes_waits_for_what_makes_room(sources: Sources) -> None:
    before = course(sources, demo="one 2G", other="two 2G", third="three 512M")
    after = course(sources, demo="two 2G", other="one 256M", third="three 512M")
    planned, shortages = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert shortages == ()
    assert [planned[name].plan.hosts["web"].way for name in ("demo", "other", "third")] == [
        "live",
        "cold",
        None,
    ]
    assert waits(planned) == {
        "demo/04-migrate-web": ("other/04-stop-two",),
        "other/07-start-one": ("demo/04-migrate-web",),
    }
    assert planned["third"].plan.steps == ()


def test_an_exchange_between_full_servers_stops_one_for_a_moment(sources: Sources) -> None:
    before = course(sources, demo="one 2G", other="two 2G")
    after = course(sources, demo="two 2G", other="one 2G")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    hosts = [planned[name].plan.hosts["web"] for name in ("demo", "other")]
    assert sorted(str(host.way) for host in hosts) == ["cold", "live"]
    notes = [note for host in hosts for note in host.notes]
    assert notes == ["not live: one and two exchange virtual machines, and neither has room for one more"]


def test_a_server_that_lacks_memory_is_told(sources: Sources) -> None:
    before = course(sources, demo="one 1G", other="two 512M")
    after = course(sources, demo="three 1G", other="three 512M")
    _, shortages = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert [(each.server, each.missing_mib) for each in shortages] == [("three", 512)]


def test_where_memory_is_not_declared_nothing_waits(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.SITE", SITE.replace("; memory 2G", "; migrations 2"))
    before = course(sources, demo="one 2G", other="two 2G")
    after = course(sources, demo="two 2G", other="one 2G")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert {planned[name].plan.hosts["web"].way for name in ("demo", "other")} == {"live"}
    assert waits(planned) == {}
