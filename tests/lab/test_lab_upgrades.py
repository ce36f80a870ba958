"""Upgrades of every kind but the live move, on two guests that are made for it and taken away in the end."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import command
from moves import active_on, commit, deploy, edit, goes_on, log
from newcomer import Newcomer, address

from mlnc.compiler.ir import Host
from mlnc.lab.guests import Identity, gaps, ticks

pytestmark = pytest.mark.lab
SOURCE = Path(__file__).parent / "data" / "lab4.mln"
ON_XEN1 = "\n\tsuperclass guest\n\tservice_host xen1"


@pytest.fixture(scope="module")
def guests(deployed: Newcomer) -> Iterator[Newcomer]:
    """The course with a fourth group, on xen1."""
    file = deployed.folder / "examples" / "lab" / SOURCE.name
    shutil.copy(SOURCE, file)
    deployed.build()
    commit(deployed, "a fourth group")
    deploy(deployed, "--start", "--wait", "300")
    yield deployed
    deployed.invoke("remove", "--project", "lab4", "--stop", "--confirm", "lab4")
    file.unlink()
    deployed.build()
    commit(deployed, "three groups again")


def guest(course: Newcomer, name: str) -> Host:
    return course.hosts()[f"{name}.lab4"]


def written_by(course: Newcomer, name: str) -> list[tuple[int, int]]:
    """What the guest of that name ever wrote down, as it tells it itself."""
    return ticks(course.lab, course.lab.server(1), address(guest(course, name)))


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


@pytest.fixture(scope="module")
def moved(guests: Newcomer) -> tuple[Newcomer, Identity | None]:
    """Both guests on xen2, by one deployment, and what one of them had said before."""
    before = guests.ask(guest(guests, "spare"))
    there = "\n\tservice_host xen2"
    edit(
        guests,
        "lab4.mln",
        (f"host spare {{{ON_XEN1}", f"host spare {{\n\tsuperclass guest\n\textra quiet rodata=off{there}"),
        (f"host far {{{ON_XEN1}", f"host far {{\n\tsuperclass guest{there}"),
    )
    deploy(guests)
    guests.invoke("start", "--project", "lab4", "--wait", "300")
    return guests, before


def test_what_speaks_against_a_live_move_makes_it_a_cold_one(moved: tuple[Newcomer, Identity | None]) -> None:
    guests, before = moved
    after = guests.ask(guest(guests, "spare"))
    assert before is not None
    assert after is not None
    assert after.tick[0] == before.tick[0] + 1
    assert active_on(guests, "spare.lab4") == {"xen2"}
    assert gaps(written_by(guests, "spare")) == []
    grown = command(guests.lab, guests.lab.server(2), "dumpe2fs -h /dev/san_vg/spare.lab4 2>/dev/null")
    assert f"Block count:              {28 << 10}" in grown, "the file system did not grow while it was down"


def test_a_disk_that_nobody_shares_is_copied_whole(moved: tuple[Newcomer, Identity | None]) -> None:
    """What it had written before is on the old disk, which is retired, and at the head of what the new one has."""
    guests, _ = moved
    before, after = log(guests.lab, guests.lab.server(1), "local_vg/far.lab4"), written_by(guests, "far")
    assert before
    assert after[: len(before)] == before
    assert gaps(after) == []
    (left,) = guests.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["place"]) == ("xen1", "far", "local_vg/far.lab4")
    guests.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert "far.lab4" not in command(guests.lab, guests.lab.server(1), "lvs --noheadings -o lv_name local_vg")


def test_a_removed_host_leaves_a_disk_until_that_is_purged(guests: Newcomer) -> None:
    text = (guests.folder / "examples" / "lab" / "lab4.mln").read_text()
    edit(guests, "lab4.mln", (text[text.index("\nhost spare") :], ""))
    deploy(guests)
    (left,) = guests.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["size_bytes"]) == ("xen2", "spare", 28 << 20)
    assert gaps(log(guests.lab, guests.lab.server(2), "san_vg/spare.lab4")) == []
    guests.invoke("purge", "lab4/spare", "--confirm", "lab4/spare")
    assert guests.data("retired")["retired"] == []
    assert "spare" not in command(guests.lab, guests.lab.server(1), "lvs --noheadings -o lv_name san_vg")
