"""Upgrades of every kind but the live move, on two guests that are made for it and taken away in the end.

A deployment takes a minute or two, so each does what it can at once.
"""

import re
from collections.abc import Iterator

import pytest
from faults import command
from moves import active_on, add_far, commit, deploy, edit, log
from newcomer import Newcomer
from test_xen_servers import SERVERS, complaints

from mlnc.ir.model import Host
from mlnc.lab.guests import Identity, gaps
from mlnc.lab.lab_paths import Lab, Server

pytestmark = pytest.mark.lab
SPARE = """
host spare {
	superclass guest
	service_host xen1
	lvm lock
	size 20M
	network eth0 { address 10.77.0.142/24 }
}
"""
ON_XEN1 = "\n\tsuperclass guest\n\tservice_host xen1"


@pytest.fixture(scope="module")
def guests(deployed: Newcomer) -> Iterator[Newcomer]:
    """The course with a fourth group, of one guest on the second server."""
    add_far(deployed)
    yield deployed
    deployed.invoke("remove", "--project", "lab4", "--stop", "--confirm", "lab4")
    (deployed.folder / "examples" / "lab" / "lab4.mln").unlink()
    deployed.build()
    commit(deployed, "three groups again")


def guest(course: Newcomer, name: str) -> Host:
    return course.hosts()[f"{name}.lab4"]


@pytest.fixture(scope="module")
def copied(guests: Newcomer) -> Newcomer:
    """That guest was copied to xen1, onto a larger disk, and another one was made there, by one deployment."""
    text = (guests.folder / "examples" / "lab" / "lab4.mln").read_text()
    (size,) = re.findall(r"size \d+M", text)
    old = f"host far {{{ON_XEN1.replace('xen1', 'xen2')}"
    edit(guests, "lab4.mln", (size, "size 32M"), (old, f"{SPARE}\nhost far {{{ON_XEN1}"))
    deploy(guests, "--project", "lab4", "--start", "--wait", "300")
    return guests


@pytest.fixture(scope="module")
def before(copied: Newcomer) -> Identity | None:
    """What the guest said of itself that is to move."""
    return copied.ask(guest(copied, "spare"))


@pytest.fixture(scope="module")
def moved(copied: Newcomer, before: Identity | None) -> Newcomer:
    """It has moved to xen2 and has a larger disk there, and the first one is removed, by one deployment."""
    assert before is not None, "it does not answer"
    text = (copied.folder / "examples" / "lab" / "lab4.mln").read_text()
    there = "\n\tsuperclass guest\n\textra quiet rodata=off\n\tservice_host xen2"
    edit(
        copied,
        "lab4.mln",
        (text[text.index("host far") :], ""),
        ("size 20M", "size 28M"),
        (f"host spare {{{ON_XEN1}", f"host spare {{{there}"),
    )
    deploy(copied, "--project", "lab4")
    copied.invoke("start", "--project", "lab4", "--wait", "300")
    return copied


def blocks(lab: Lab, server: Server, volume: str) -> int:
    """How many KiB a file system has by its own account."""
    said = command(lab, server, f"dumpe2fs -h /dev/{volume} 2>/dev/null")
    found = re.search(r"^Block count: +(\d+)$", said, re.MULTILINE)
    assert found, said
    return int(found[1])


def test_a_disk_that_nobody_shares_is_copied_whole(copied: Newcomer) -> None:
    """What the guest had written is on the old disk, which is retired, and at the head of what the new one has."""
    before = log(copied.lab, copied.lab.server(2), "local_vg/far.lab4")
    after = copied.ticks(guest(copied, "far"))
    assert before
    assert after[: len(before)] == before
    assert gaps(after) == []
    (left,) = copied.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["place"]) == ("xen2", "far", "local_vg/far.lab4")
    copied.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert "far.lab4" not in command(copied.lab, copied.lab.server(2), "lvs --noheadings -o lv_name local_vg")


def test_the_file_system_of_a_copy_fills_it(copied: Newcomer) -> None:
    assert blocks(copied.lab, copied.lab.server(1), "local_vg/far.lab4") == 32 << 10


def test_what_speaks_against_a_live_move_makes_it_a_cold_one(
    moved: Newcomer, before: Identity | None
) -> None:
    after = moved.ask(guest(moved, "spare"))
    assert before is not None
    assert after is not None
    assert after.tick[0] == before.tick[0] + 1
    assert active_on(moved, "spare.lab4") == {"xen2"}
    assert gaps(moved.ticks(guest(moved, "spare"))) == []
    assert blocks(moved.lab, moved.lab.server(2), "san_vg/spare.lab4") == 28 << 10


def test_a_removed_host_leaves_a_disk_until_that_is_purged(moved: Newcomer) -> None:
    (left,) = moved.data("retired", "--project", "lab4")["retired"]
    assert (left["server"], left["host"], left["size_bytes"]) == ("xen1", "far", 32 << 20)
    assert gaps(log(moved.lab, moved.lab.server(1), "local_vg/far.lab4")) == []
    moved.invoke("purge", "lab4/far", "--confirm", "lab4/far")
    assert moved.data("retired")["retired"] == []
    assert "far.lab4" not in command(moved.lab, moved.lab.server(1), "lvs --noheadings -o lv_name local_vg")


@pytest.mark.parametrize("number", SERVERS)
def test_kernel_and_hypervisor_still_report_no_error(number: int, moved: Newcomer) -> None:
    assert complaints(moved.lab, moved.lab.server(number)) == []
