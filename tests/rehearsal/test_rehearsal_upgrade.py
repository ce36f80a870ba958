"""Upgrades rehearsed: they lead where the IR says, lose no data, run nothing twice, and always find memory."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rehearsals import needs_namespaces, on
from rehearsed_upgrades import STORAGE, Host, Project, Upgrade, change, expect, shown

from mlnc.rehearsal.disk_canary import lost_canaries
from mlnc.rehearsal.event_log import last_moment
from mlnc.rehearsal.expected_state import expected
from mlnc.rehearsal.observed_state import observed
from mlnc.rehearsal.server_state import differences, restricted

pytestmark = needs_namespaces

WEB = Host()
ONE = Project({"web": WEB})
TWO = Project({"web": WEB, "db": Host(storage="local", memory=256, swap=8)})

CASES = {
    "created": (ONE, change(ONE, new=Host(server="beta"))),
    "live over a shared volume group": (ONE, change(ONE, web=Host(server="beta"))),
    "live over a shared folder": (
        Project({"web": Host(storage="nfs")}),
        Project({"web": Host(storage="nfs", server="beta")}),
    ),
    "copied": (TWO, change(TWO, db=Host(server="beta", storage="local", memory=256, swap=8))),
    "copied as a file": (
        Project({"web": Host(storage="file")}),
        Project({"web": Host(storage="file", server="gamma")}),
    ),
    "from shared storage to that of a server": (ONE, change(ONE, web=Host(server="gamma", storage="local"))),
    "to another volume group": (ONE, change(ONE, web=Host(storage="local"))),
    "to a file": (ONE, change(ONE, web=Host(storage="file"))),
    "grown": (ONE, change(ONE, web=Host(size=32))),
    "memory while it runs": (
        Project({"web": Host(maxmem=512)}),
        Project({"web": Host(maxmem=512, memory=256)}),
    ),
    "less memory": (Project({"web": Host(memory=256)}), Project({"web": Host(memory=128, maxmem=256)})),
    "memory by a restart": (ONE, change(ONE, web=Host(memory=256))),
    "moved with more memory": (
        Project({"web": Host(maxmem=512)}),
        Project({"web": Host(maxmem=512, memory=256, server="beta")}),
    ),
    "processors": (Project({"web": Host(maxvcpus=4)}), Project({"web": Host(maxvcpus=4, vcpus=3)})),
    "a card more": (ONE, change(ONE, web=Host(cards=("lan", "wan")))),
    "a card less": (Project({"web": Host(cards=("lan", "wan"))}), ONE),
    "cards exchanged": (
        Project({"web": Host(cards=("lan", "wan"))}),
        Project({"web": Host(cards=("wan", "lan"))}),
    ),
    "a user more": (ONE, change(ONE, web=Host(user="alice"))),
    "a switch joined in another way": (
        ONE,
        Project(ONE.hosts, switches={"lan": "vxlan 6", "wan": "vlan 8"}),
    ),
    "a host renamed": (
        TWO,
        change(TWO, db=None, store=Host(storage="local", memory=256, swap=8, renamed_from="db")),
    ),
    "a project renamed": (TWO, Project(TWO.hosts, name="other", renamed_from="demo")),
    "renamed and moved": (ONE, change(ONE, web=None, www=Host(server="beta", renamed_from="web"))),
    "removed": (TWO, change(TWO, db=None)),
    "all of it elsewhere": (
        TWO,
        change(TWO, web=Host(server="gamma"), db=Host(server="gamma", storage="file")),
    ),
}
"""What there is, and what it becomes. Nothing of it loses data."""


@pytest.mark.parametrize("case", CASES)
def test_an_upgrade_leads_where_the_ir_says(case: str, tmp_path: Path) -> None:
    old, new = CASES[case]
    upgrade = Upgrade(tmp_path, [old], [new])
    assert upgrade.done() == []


LOSSES = {
    "smaller": (ONE, change(ONE, web=Host(size=12))),
    "another template": (ONE, change(ONE, web=Host(template="ubuntu.ext4"))),
    "smaller and elsewhere": (ONE, change(ONE, web=Host(size=12, server="gamma", storage="local"))),
    "smaller, in a file, and renamed": (
        ONE,
        change(ONE, web=None, www=Host(size=12, storage="file", renamed_from="web")),
    ),
}
"""What there is, and what it becomes without its data."""


@pytest.mark.parametrize("case", LOSSES)
def test_data_are_lost_only_where_somebody_agrees(case: str, tmp_path: Path) -> None:
    old, new = LOSSES[case]
    upgrade = Upgrade(tmp_path, [old], [new])
    refused = upgrade.run()
    assert any("DATA LOSS" in result.message for result in refused)
    assert lost_canaries(upgrade.stage.folder, upgrade.old, upgrade.old) == []
    upgrade.lossy = upgrade.stage.losses()
    assert upgrade.done() == []


# --- what goes wrong --------------------------------------------------------------------------------------------------

AWAY = 100000
"""More commands than any upgrade here takes."""

FAULTS = int(os.environ.get("MLNC_TEST_FAULTS", "4"))
"""At so many places of each upgrade something goes wrong, and something else."""


@pytest.mark.parametrize("action", ["fail", "kill"])
@pytest.mark.parametrize("case", ["live over a shared volume group", "copied", "memory by a restart"])
def test_what_is_interrupted_goes_on(case: str, action: Literal["fail", "kill"], tmp_path: Path) -> None:
    """Any command of an upgrade may fail, or be the last of its server's run; run again, it comes to the same end."""
    old, new = CASES[case]
    ready = Upgrade(tmp_path, [old], [new])
    whole = ready.copied(tmp_path / "whole")
    whole.arm(AWAY, action)
    whole.run()
    commands = AWAY - (whole.disarm() or 0)
    for number in sorted({1 + commands * each // FAULTS for each in range(FAULTS)}):
        upgrade = ready.copied(tmp_path / f"at-{number}")
        upgrade.arm(number, action)
        results = upgrade.run()
        assert upgrade.disarm() is None
        assert [line for line in upgrade.wrong(guests=False) if " ran on " in line] == [], number
        assert upgrade.done() == [], (number, [shown(result) for result in results])
        shutil.rmtree(tmp_path / f"at-{number}")


MISHAPS = ("receive", "unpause", "lost-ready", "lost-permission", "lost-report")


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_migration_that_fails_is_done_in_the_end(mishap: str, tmp_path: Path) -> None:
    """If the target was not heard any more, a person has to end what xl has put aside, for xl cannot wake it."""
    old, new = CASES["live over a shared volume group"]
    upgrade = Upgrade(tmp_path, [old], [new])
    (upgrade.stage.folder.state("beta") / "fault-migration").write_text(f"{mishap}\n")
    upgrade.run()
    (domain,) = last_moment(upgrade.stage.folder).values()
    if mishap == "lost-permission":
        assert (domain.name, domain.runs) == ("web.demo--migratedaway", False)
        on(upgrade.stage, "alpha", "xl destroy web.demo--migratedaway")
    else:
        assert (domain.name, domain.runs) == ("web.demo", True)
    assert upgrade.done() == []


def test_a_server_that_dies_gives_its_machines_away(tmp_path: Path) -> None:
    """It is off by the administrator's word, and takes nothing back when it returns."""
    old, new = Project({"web": WEB, "db": Host(server="beta")}), Project({"web": WEB, "db": WEB})
    upgrade = Upgrade(tmp_path, [old], [new])
    upgrade.arm(1, "die", "beta")
    on(upgrade.stage, "beta", "xl list", status=137)
    blocked = upgrade.run()
    assert any("--fence beta" in result.message for result in blocked)
    upgrade.run(fenced=("beta",))
    assert sorted(last_moment(upgrade.stage.folder)) == [("alpha", "db.demo"), ("alpha", "web.demo")]
    (upgrade.stage.folder.state("beta") / "down").unlink()
    assert upgrade.done() == []


def test_what_was_interrupted_is_taken_back(tmp_path: Path) -> None:
    old, new = CASES["copied"]
    upgrade = Upgrade(tmp_path, [old], [new])
    (upgrade.stage.folder.state("beta") / "memory").write_text("1100\n")
    upgrade.run()
    expect(upgrade.run(undo=True))
    wanted = expected(upgrade.old, started=True)
    found = restricted(observed(upgrade.stage.folder, upgrade.old), wanted)
    assert [line for line in differences(wanted, found) if ": guest " not in line] == []
    assert lost_canaries(upgrade.stage.folder, upgrade.old, upgrade.old) == []


EXCHANGES = {
    "over a third server": 300,
    "by a short stop": 260,
}
"""Two groups change places between full servers; the memory that the servers have, in MiB."""


@pytest.mark.parametrize("way", EXCHANGES)
def test_two_groups_change_places(way: str, tmp_path: Path) -> None:
    def groups(one: str, two: str) -> list[Project]:
        return [
            Project(
                {"linux": Host(server=server, cards=()), "windows": Host(server=server, cards=())},
                name,
                switches={},
            )
            for name, server in (("group1", one), ("group2", two))
        ]

    upgrade = Upgrade(tmp_path, groups("alpha", "beta"), groups("beta", "alpha"), memory=EXCHANGES[way])
    assert upgrade.done() == []


# --- any course ----------------------------------------------------------------------------------------------------

T = TypeVar("T")

EXAMPLES = int(os.environ.get("MLNC_TEST_UPGRADES", "3"))
MEMORY = 640
"""Memory of each server in MiB: room for some, not for all."""


@st.composite
def hosts(draw: st.DrawFn, before: Host | None = None) -> Host:
    """A host, or what becomes of *before*: most of it stays."""
    kept = before is not None
    old = before or Host()

    def one(value: T, choices: Iterable[T]) -> T:
        return value if kept and draw(st.integers(0, 3)) else draw(st.sampled_from(list(choices)))

    server = one(old.server, ("alpha", "beta", "gamma"))
    here = ("local", "file") if server == "gamma" else tuple(STORAGE)
    storage = one(old.storage, here)
    memory = one(old.memory, (64, 128, 192))
    vcpus = one(old.vcpus, (1, 2))
    return Host(
        server=server,
        storage=storage if storage in here else draw(st.sampled_from(here)),
        memory=memory,
        maxmem=one(old.maxmem, (0, 256)),
        vcpus=vcpus,
        maxvcpus=one(old.maxvcpus, (0, 4)),
        size=one(old.size, (16, 24)),
        swap=one(old.swap, (0, 8)),
        cards=one(old.cards, ((), ("lan",), ("lan", "wan"), ("wan",))),
        user=one(old.user, ("", "alice")),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Project, Project]:
    """A project and what it becomes: hosts come, go, change, move and get other names."""
    old = {name: draw(hosts()) for name in draw(st.sets(st.sampled_from("abc"), min_size=1))}
    new = {}
    for name, host in old.items():
        fate = draw(st.sampled_from(("stays", "stays", "stays", "goes", "renamed")))
        if fate == "stays":
            new[name] = draw(hosts(host))
        elif fate == "renamed":
            new[f"new{name}"] = replace(draw(hosts(host)), renamed_from=name)
    if draw(st.booleans()) or not new:
        new["d"] = draw(hosts())
    switches = {"lan": draw(st.sampled_from(("vxlan 5", "vxlan 6"))), "wan": "vlan 7"}
    return Project(old), Project(new, switches=switches)


def fits(project: Project) -> bool:
    """Whether every server has the memory for its hosts."""
    used = Counter[str]()
    for host in project.hosts.values():
        used[host.server] += host.memory
    return max(used.values()) <= MEMORY


# A failure is small enough as it is found, and to make it smaller takes an upgrade for each try.
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(
    pairs().filter(lambda pair: all(map(fits, pair))),
    st.none() | st.tuples(st.integers(1, 250), st.sampled_from(("fail", "kill"))),
)
def test_any_course_becomes_any_other(
    pair: tuple[Project, Project], fault: tuple[int, Literal["fail", "kill"]] | None
) -> None:
    """What was interrupted at *fault*, a command and how it ends, is run again."""
    with TemporaryDirectory() as name:
        upgrade = Upgrade(Path(name), [pair[0]], [pair[1]], memory=MEMORY, consent=True)
        if fault is not None:
            upgrade.arm(*fault)
            upgrade.run()
            upgrade.disarm()
        assert upgrade.done() == []
