"""Changes of a running domain: made once, verified, and undone."""

from pathlib import Path

import pytest
from pair import DOMAIN, Pair, pair, said

MAC = "00:16:3e:00:00:02"
CALLS = {
    "less memory": ("set_memory", *DOMAIN, "256", "128"),
    "more memory": ("set_memory", *DOMAIN, "256", "512"),
    "processors": ("set_vcpus", *DOMAIN, "1", "2"),
    "affinity": ("set_affinity", *DOMAIN, "all", "0-3,^1"),
    "card": ("attach_card", *DOMAIN, MAC, "lan", "-"),
    "card away": ("detach_card", *DOMAIN, "00:16:3e:00:00:01", "xenbr0", "-"),
    "bridge": ("move_card", *DOMAIN, "00:16:3e:00:00:01", "xenbr0", "lan"),
    "disk": ("attach_disk", *DOMAIN, "xvdb", "phy", "/dev/null", "w"),
}


@pytest.fixture
def running(tmp_path: Path) -> Pair:
    """Return a pair whose host runs on the first server, with one card and one disk."""
    made = pair(tmp_path)
    made.put("one", "web.demo")
    here = tmp_path / "one"
    (here / "links").mkdir()
    for link, bridge in (("vif7.0", "xenbr0"), ("vif7.0-emu", "xenbr0"), ("lan", ""), ("xenbr0", "")):
        (here / "links" / link).write_text(f"3: {link}: <UP> master {bridge} state UP\n")
    (here / "cards").write_text("00:16:3e:00:00:01\n")
    (here / "disks").write_text("51713\n")
    return made


def facts(made: Pair) -> list[str]:
    """Return all state that a change could affect."""
    here = made.folder / "one"
    files = [
        here / "domains/web.demo",
        here / "cards",
        here / "disks",
        here / "links/vif7.0",
        here / "links/vif7.0-emu",
    ]
    pinned = here / "pinned"
    return [file.read_text() for file in files] + [pinned.read_text().strip() if pinned.exists() else "all"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_change_is_made_once_and_undone(running: Pair, call: tuple[str, ...]) -> None:
    before = facts(running)
    assert "unchanged" not in said(running.step(call))
    after = facts(running)
    assert after != before
    assert "unchanged" in said(running.step(call))
    assert facts(running) == after
    said(running.step(call, mode="undo"))
    assert facts(running) == before


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_domain_that_does_not_run_is_skipped(running: Pair, call: tuple[str, ...]) -> None:
    (running.folder / "one/domains/web.demo").unlink()
    assert "unchanged web, which does not run" in said(running.step(call))
    assert not [line for line in running.log() if line.startswith("one ")]


@pytest.mark.parametrize("name", ["less memory", "processors", "card", "disk"])
def test_a_guest_that_does_not_follow_fails_the_step(running: Pair, name: str) -> None:
    """The success of the toolstack command is not enough: the step reads the state back."""
    (running.folder / "one/stubborn").touch()
    before = facts(running)
    message = said(running.step(CALLS[name]), 1)
    assert "run this again" in message
    assert facts(running) == before


def test_missing_free_memory_fails_the_step_before_the_change(running: Pair) -> None:
    message = said(running.step(("set_memory", *DOMAIN, "256", "1024")), 1)
    assert "web has 256 MiB and cannot get 1024: this server has 500 MiB free" in message
    assert not [line for line in running.log() if "mem-set" in line]


def test_both_interfaces_of_an_emulated_card_change_the_bridge(running: Pair) -> None:
    said(running.step(CALLS["bridge"]))
    for link in ("vif7.0", "vif7.0-emu"):
        assert "master lan" in (running.folder / "one/links" / link).read_text()


@pytest.mark.parametrize(
    ("device", "number"),
    [
        ("xvda", 51712),
        ("xvda1", 51713),
        ("xvdb", 51728),
        ("xvdp15", 51967),
        ("xvdq", 268439552),
        ("hda", 768),
        ("hdb1", 833),
        ("hdc", 5632),
        ("sda1", 2049),
    ],
)
def test_a_device_name_has_its_number(running: Pair, device: str, number: int) -> None:
    """Numbers as in xen-vbd-interface(7)."""
    (running.folder / "one/disks").write_text(f"{number}\n")
    call = ("attach_disk", *DOMAIN, device, "phy", "/dev/null", "w")
    assert f"unchanged web, which has the disk {device}" in said(running.step(call))


def test_xl_gets_the_new_bridge_of_a_moved_card(running: Pair) -> None:
    """xl would attach the card to the bridge in its own record, on the other server too."""
    known = running.folder / "one/xenstore/local/domain/0/backend/vif/7/0"
    known.mkdir(parents=True)
    (known / "bridge").write_text("xenbr0\n")
    current = running.folder / "one/root/demo/current"
    current.mkdir()
    (current / "web.cfg").write_text('name = "web.demo"\n')
    live = ("migrate_live", *DOMAIN, "two", "two", "22", "lvm", "san_vg", "web.demo", "root")
    said(running.step(CALLS["bridge"]))
    said(running.step(live))
    assert "migrate -C web.cfg" in running.log()
