"""Upgrades of every kind but the live move, on two guests that are made for it and taken away in the end.

A deployment takes a minute or two, so each does what it can at once.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import command
from moves import active_on, commit, deploy, edit, goes_on, log
from newcomer import Newcomer

from mlnc.compiler.ir import Host
from mlnc.lab.guests import Identity, gaps

pytestmark = pytest.mark.lab
SOURCE = Path(__file__).parent / "data" / "lab4.mln"
ON_XEN1 = "\n\tsuperclass guest\n\tservice_host xen1"


@pytest.fixture(scope="module")
def guests(deployed: Newcomer) -> Iterator[Newcomer]:
    """The course with a fourth group, a guest on each server."""
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


@pytest.fixture(scope="module")
def before(guests: Newcomer) -> Identity | None:
    """What the guest said of itself that is to grow and to move."""
    return guests.ask(guest(guests, "spare"))


@pytest.fixture(scope="module")
def grown(guests: Newcomer, before: Identity | None) -> Newcomer:
    """One guest has grown, and the other one was copied to xen1, by one deployment."""
    assert before is not None, "the guest does not answer"
    edit(
        guests,
        "lab4.mln",
        ("memory 128M", "memory 160M"),
        ("size 20M", "size 28M"),
        (f"host far {{{ON_XEN1.replace('xen1', 'xen2')}", f"host far {{{ON_XEN1}"),
    )
    deploy(guests)
    return guests


@pytest.fixture(scope="module")
def moved(grown: Newcomer) -> Newcomer:
    """The one that has grown has moved to xen2, and the other one is removed, by one deployment."""
    text = (grown.folder / "examples" / "lab" / "lab4.mln").read_text()
    far = text[text.index("host far") : text.index("host spare")]
    there = "\n\tsuperclass guest\n\textra quiet rodata=off\n\tservice_host xen2"
    edit(grown, "lab4.mln", (far, ""), (f"host spare {{{ON_XEN1}", f"host spare {{{there}"))
    deploy(grown)
    grown.invoke("start", "--project", "lab4", "--wait", "300")
    return grown


def test_memory_and_a_disk_grow_while_it_runs(grown: Newcomer, before: Identity | None) -> None:
    end = time.monotonic() + 60
    while (after := grown.ask(guest(grown, "spare"))) and before and time.monotonic() < end:
        if int(after.one("memory")) >= int(before.one("memory")) + (32 << 10):
            break
    else:
        pytest.fail(f"the guest has {after and after.one('memory')} KiB of memory")
    goes_on(before, after)
    size = command(grown.lab, grown.lab.server(1), "blockdev --getsize64 /dev/san_vg/spare.lab4")
    assert int(size) == 28 << 20


def test_a_disk_that_nobody_shares_is_copied_whole(grown: Newcomer) -> None:
    """What the guest had written is on the old disk, which is retired, and at the head of what the new one has."""
    grown.invoke("start", "--project", "lab4", "--wait", "300")
    before, after = log(grown.lab, grown.lab.server(2), "local_vg/far.lab4"), grown.ticks(guest(grown, "far"))
    assert before
    assert after[: len(before)] == before
    assert gaps(after) == []
    (left,) = grown.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["place"]) == ("xen2", "far", "local_vg/far.lab4")
    grown.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert "far.lab4" not in command(grown.lab, grown.lab.server(2), "lvs --noheadings -o lv_name local_vg")


def test_what_speaks_against_a_live_move_makes_it_a_cold_one(
    moved: Newcomer, before: Identity | None
) -> None:
    after = moved.ask(guest(moved, "spare"))
    assert before is not None
    assert after is not None
    assert after.tick[0] == before.tick[0] + 1
    assert active_on(moved, "spare.lab4") == {"xen2"}
    assert gaps(moved.ticks(guest(moved, "spare"))) == []
    grown = command(moved.lab, moved.lab.server(2), "dumpe2fs -h /dev/san_vg/spare.lab4 2>/dev/null")
    assert f"Block count:              {28 << 10}" in grown, "the file system did not grow while it was down"


def test_a_removed_host_leaves_a_disk_until_that_is_purged(moved: Newcomer) -> None:
    (left,) = moved.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["size_bytes"]) == ("xen1", "far", 24 << 20)
    assert gaps(log(moved.lab, moved.lab.server(1), "local_vg/far.lab4")) == []
    moved.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert moved.data("retired")["retired"] == []
    assert "far.lab4" not in command(moved.lab, moved.lab.server(1), "lvs --noheadings -o lv_name local_vg")
