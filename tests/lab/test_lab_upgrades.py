"""Upgrades of every kind but the live move, on two guests that are made for it and taken away in the end."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import command
from moves import active_on, commit, deploy, edit, goes_on
from newcomer import Newcomer, address

from mlnc.compiler.ir import Host
from mlnc.lab.guests import gaps, identity, ticks

pytestmark = pytest.mark.lab
SOURCE = Path(__file__).parent / "data" / "lab4.mln"


@pytest.fixture(scope="module")
def guests(deployed: Newcomer) -> Iterator[Newcomer]:
    """The course with a fourth group, on xen1."""
    file = deployed.folder / "examples" / "lab" / SOURCE.name
    shutil.copy(SOURCE, file)
    deployed.build()
    commit(deployed, "a fourth group")
    deploy(deployed, "--start")
    deployed.invoke("start", "--project", "lab4", "--wait", "300")
    yield deployed
    deployed.invoke("remove", "--project", "lab4", "--stop", "--confirm", "lab4")
    file.unlink()
    deployed.build()
    commit(deployed, "three groups again")


def guest(course: Newcomer, name: str) -> Host:
    return course.hosts()[f"{name}.lab4"]


def log(course: Newcomer, number: int, group: str, name: str) -> list[str]:
    """What the guest of that name ever wrote down, read from its disk, which nobody uses."""
    volume = f"{group}/{name}.lab4"
    read = f"e2fsck -fn /dev/{volume} >&2 && debugfs -R 'cat /var/log/ticks' /dev/{volume} 2>/dev/null"
    text = command(
        course.lab, course.lab.server(number), f"lvchange -ay {volume} && {read} && lvchange -an {volume}"
    )
    return text.splitlines()


def test_memory_and_a_disk_grow_while_it_runs(guests: Newcomer) -> None:
    before = guests.ask(guest(guests, "spare"))
    edit(guests, "lab4.mln", ("memory 128M", "memory 160M"), ("size 20M", "size 28M"))
    deploy(guests)
    end = time.monotonic() + 60
    while (after := guests.ask(guest(guests, "spare"))) and before and time.monotonic() < end:
        if int(after.one("memory")) >= int(before.one("memory")) + (32 << 10):
            break
    else:
        pytest.fail(f"the guest has {after and after.one('memory')} KiB of memory")
    goes_on(before, after)
    size = command(guests.lab, guests.lab.server(1), "blockdev --getsize64 /dev/san_vg/spare.lab4")
    assert int(size) == 28 << 20


def test_what_speaks_against_a_live_move_makes_it_a_cold_one(guests: Newcomer) -> None:
    before = guests.ask(guest(guests, "spare"))
    old = "host spare {\n\tsuperclass guest\n\tservice_host xen1"
    new = "host spare {\n\tsuperclass guest\n\textra quiet rodata=off\n\tservice_host xen2"
    edit(guests, "lab4.mln", (old, new))
    deploy(guests)
    guests.invoke("start", "--project", "lab4", "--wait", "300")
    after = guests.ask(guest(guests, "spare"))
    assert before is not None
    assert after is not None
    assert after.tick[0] == before.tick[0] + 1
    assert active_on(guests, "spare.lab4") == {"xen2"}
    assert gaps(ticks(guests.lab, guests.lab.server(1), address(guest(guests, "spare")))) == []
    grown = command(guests.lab, guests.lab.server(2), "dumpe2fs -h /dev/san_vg/spare.lab4 2>/dev/null")
    assert f"Block count:              {28 << 10}" in grown, "the file system did not grow while it was down"


def test_a_disk_that_nobody_shares_is_copied_whole(guests: Newcomer) -> None:
    old = "host far {\n\tsuperclass guest\n\tservice_host xen1"
    edit(guests, "lab4.mln", (old, old.replace("xen1", "xen2")))
    deploy(guests)
    guests.invoke("stop", "--host", "lab4/far")
    before, after = log(guests, 1, "local_vg", "far"), log(guests, 2, "local_vg", "far")
    assert before
    assert after[: len(before)] == before
    assert gaps([(int(boot), int(tick)) for boot, tick in map(str.split, after)]) == []
    guests.invoke("start", "--project", "lab4", "--wait", "300")
    (left,) = guests.data("retired", "--project", "lab4")
    assert (left["server"], left["host"], left["place"]) == ("xen1", "far", "local_vg/far.lab4")
    guests.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert "far.lab4" not in command(guests.lab, guests.lab.server(1), "lvs --noheadings -o lv_name local_vg")
    assert identity(guests.lab, guests.lab.server(1), address(guest(guests, "far"))) is not None


def test_a_removed_host_leaves_a_disk_until_that_is_purged(guests: Newcomer) -> None:
    text = (guests.folder / "examples" / "lab" / "lab4.mln").read_text()
    edit(guests, "lab4.mln", (text[text.index("\nhost spare") :], ""))
    deploy(guests)
    (left,) = guests.data("retired", "--project", "lab4")
    assert (left["server"], left["host"], left["size_bytes"]) == ("xen2", "spare", 28 << 20)
    written = log(guests, 2, "san_vg", "spare")
    assert gaps([(int(boot), int(tick)) for boot, tick in map(str.split, written)]) == []
    guests.invoke("purge", "lab4/spare", "--confirm", "lab4/spare")
    assert guests.data("retired") == []
    assert "spare" not in command(guests.lab, guests.lab.server(1), "lvs --noheadings -o lv_name san_vg")
