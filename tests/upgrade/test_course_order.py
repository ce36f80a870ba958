"""Plans of several projects: waits between their steps, stopped virtual machines, and shortages of memory."""

import pytest
from edited_courses import deployed
from projects import Sources

from mlnc.ir.model import Course
from mlnc.upgrade.planner import Planned, plan_course

SITE = """\
service_host one { address 192.0.2.1; san_path san_vg; lvm_vg san_vg; memory 2G }
service_host two { address 192.0.2.2; san_path san_vg; lvm_vg san_vg; memory 2G }
service_host three { address 192.0.2.3; san_path san_vg; lvm_vg san_vg; memory 1G }
"""


def course(sources: Sources, **servers: str) -> Course:
    """Return a project for each keyword, with one host web on that server, as ``one 512M``."""
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
    """Return the steps that each waiting step waits for."""
    return {
        f"{name}/{step.id}": step.after
        for name, each in planned.items()
        for step in each.plan.steps
        if step.after
    }


def test_an_arrival_waits_for_the_step_that_frees_memory(sources: Sources) -> None:
    before = course(sources, demo="one 2G", other="two 2G", third="three 1G")
    after = course(sources, demo="two 2G", other="one 256M", third="three 1G")
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


def test_an_exchange_between_full_servers_stops_one_host(sources: Sources) -> None:
    before = course(sources, demo="one 2G", other="two 2G")
    after = course(sources, demo="two 2G", other="one 2G")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    hosts = [planned[name].plan.hosts["web"] for name in ("demo", "other")]
    assert sorted(str(host.way) for host in hosts) == ["cold", "live"]
    notes = [note for host in hosts for note in host.notes]
    assert notes == ["not live: one and two exchange virtual machines, and neither has memory for one more"]


def test_a_detour_through_a_third_server_is_two_migrations(sources: Sources) -> None:
    before = course(sources, demo="one 1G", other="two 2G", third="one 1G")
    after = course(sources, demo="two 1G", other="one 2G", third="two 1G")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert {name: planned[name].plan.hosts["web"].line.partition("  ")[2] for name in planned} == {
        "demo": "migrate cold  one → two",
        "other": "migrate live  two → one",
        "third": "migrate live  one → three → two",
    }
    assert "it migrates through a third server" in planned["third"].plan.hosts["web"].notes[-1]
    steps = {step.id: step for step in planned["third"].plan.steps}
    first, second = steps["05-migrate-web"], steps["06-migrate-web"]
    assert [(step.server, step.peer) for step in (first, second)] == [("one", "three"), ("three", "two")]
    assert {guard.servers for step in (first, second) for guard in step.guards} == {("one", "three", "two")}
    calls = [draft.calls[0][0] for draft in planned["third"].drafts if draft.step.kind == "migrate"]
    assert calls == ["migrate_over", "migrate_live"]
    assert waits(planned)["third/06-migrate-web"] == ("other/04-migrate-web",)


def test_a_server_without_enough_memory_is_a_shortage(sources: Sources) -> None:
    before = course(sources, demo="one 1G", other="two 512M")
    after = course(sources, demo="three 1G", other="three 512M")
    _, shortages = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert [(each.server, each.missing_mib) for each in shortages] == [("three", 512)]


def test_without_declared_memory_no_step_waits(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SITE", SITE.replace("; memory 2G", "; migrations 2"))
    before = course(sources, demo="one 2G", other="two 2G")
    after = course(sources, demo="two 2G", other="one 2G")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert {planned[name].plan.hosts["web"].way for name in ("demo", "other")} == {"live"}
    assert waits(planned) == {}


def displayed(sources: Sources, **servers: str) -> Course:
    """Return a project for each keyword, with one host web with that VNC display on that server, as ``one 3``."""
    site = SITE.replace("memory", "lvm_execute_server /dev/san_vg one; memory")
    texts = {}
    for name, words in servers.items():
        server, display = words.split()
        body = f"host web {{ lvm lock; service_host {server}; vncdisplay {display} }}"
        texts[name] = f"global {{ project {name} }}\n{body}\n"
    made = sources.compile(texts.pop("demo"), site=site, **texts)
    assert made is not None, sources.report.sorted()
    return made.course


def test_an_arrival_waits_until_its_display_is_free(sources: Sources) -> None:
    before = displayed(sources, demo="one 3", other="two 3")
    after = displayed(sources, demo="two 3", other="three 3")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert waits(planned) == {"demo/04-migrate-web": ("other/04-migrate-web",)}


def test_an_arrival_waits_for_the_stop_that_frees_its_display(sources: Sources) -> None:
    before = displayed(sources, demo="one 3", other="two 3")
    after = displayed(sources, demo="two 3", other="two 4")
    planned, _ = plan_course(deployed(before), after, lambda _: lambda *_: None)
    assert waits(planned) == {"demo/04-migrate-web": ("other/03-stop-two",)}
