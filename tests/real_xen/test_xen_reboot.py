"""A server that reboots shuts all its guests down, and brings back those of the project that says so. The other one is
worked on meanwhile: a guest is made there, and grows.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from faults import command
from moves import add_far, deploy, edit, goes_on
from newcomer import Newcomer, address

from mlnc.ir.model import Host
from mlnc.lab.guests import Identity, gaps, identity
from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import run, wait_until_ready

pytestmark = pytest.mark.lab
FAR = "far.lab4"


@dataclass(frozen=True)
class Reboot:
    """What was before the reboot of the first server, and what became of a guest of the other one meanwhile."""

    starts: dict[str, int]
    before: Identity | None
    after: Identity | None


@pytest.fixture(scope="module")
def reboot(deployed: Newcomer, measured: dict[str, float]) -> Reboot:
    """The first server has rebooted."""
    starts = {host.domain: deployed.ticks(host)[-1][0] for host in coming_back(deployed)}
    with ThreadPoolExecutor(1) as pool:
        rebooting = pool.submit(reboots, deployed.lab, deployed.lab.server(1))
        add_far(deployed)
        before = far(deployed)
        edit(deployed, "lab4.mln", ("memory 128M", "memory 160M"), ("size 24M", "size 28M"))
        deploy(deployed, "--project", "lab4")
        after = grown(deployed, before)
        measured["reboot of a server until its projects are back"] = rebooting.result()
    return Reboot(starts, before, after)


def coming_back(course: Newcomer) -> list[Host]:
    here = {project.project for project in course.projects() if project.autostart}
    return [host for host in course.hosts().values() if host.domain.partition(".")[2] in here]


def reboots(lab: Lab, server: Server) -> float:
    """Reboot *server*, wait until all is done that it does at boot; the seconds that this took."""
    before, begun = boot_id(lab, server), time.monotonic()
    run(lab, server, "systemctl reboot", seconds=30)
    while boot_id(lab, server) in (before, ""):
        assert time.monotonic() - begun < 600
        time.sleep(2)
    wait_until_ready(lab, server)
    run(lab, server, "systemctl is-system-running --wait", seconds=400)
    return time.monotonic() - begun


def boot_id(lab: Lab, server: Server) -> str:
    return run(lab, server, "cat /proc/sys/kernel/random/boot_id", seconds=20).stdout


def far(course: Newcomer) -> Identity | None:
    """What the guest says, asked from its own server."""
    return identity(course.lab, course.lab.server(2), address(course.hosts()[FAR]))


def grown(course: Newcomer, before: Identity | None) -> Identity | None:
    """What the guest says as soon as it has more memory."""
    end = time.monotonic() + 60
    while (after := far(course)) and before and time.monotonic() < end:
        if int(after.one("memory")) >= int(before.one("memory")) + (32 << 10):
            break
    return after


def since(course: Newcomer, host: Host, start: int, seconds: int = 180) -> list[tuple[int, int]]:
    """All that the guest of *host* wrote down, as soon as something of it is newer than that *start*."""
    end = time.monotonic() + seconds
    while True:
        written = course.ticks(host, 10)
        if (written and written[-1][0] > start) or time.monotonic() > end:
            return written
        time.sleep(2)


def test_projects_with_autostart_come_back(deployed: Newcomer, reboot: Reboot) -> None:
    states = {
        f"{vm['host']}.{vm['project']}": vm["state"] for vm in deployed.data("status", "--host", "xen1")
    }
    assert {name for name, state in states.items() if state == "up"} == set(reboot.starts)
    for host in coming_back(deployed):
        written = since(deployed, host, reboot.starts[host.domain])
        assert gaps(written) == []
        assert written[-1][0] == reboot.starts[host.domain] + 1, "it was not started just once"


@pytest.mark.usefixtures("reboot")
def test_all_guests_were_shut_down_before_their_server(deployed: Newcomer) -> None:
    """xendomains saves what still runs when its turn comes, and would restore it now or at any later boot."""
    lab, server = deployed.lab, deployed.lab.server(1)
    assert run(lab, server, "ls -A /var/lib/xen/save 2>/dev/null || :").stdout == ""
    # Reason 0 is that of a guest which has shut down; 2 would be that of one whose memory was sent or saved.
    ended = command(lab, server, "cat /var/log/xen/xl-web.lab3.log")
    assert "has shut down, reason code 0 " in ended, ended


def test_memory_and_a_disk_grow_while_a_guest_runs(deployed: Newcomer, reboot: Reboot) -> None:
    assert reboot.before is not None, "it does not answer"
    assert reboot.after is not None, "it does not answer any more"
    assert int(reboot.after.one("memory")) >= int(reboot.before.one("memory")) + (32 << 10)
    goes_on(reboot.before, reboot.after)
    size = command(deployed.lab, deployed.lab.server(2), f"blockdev --getsize64 /dev/local_vg/{FAR}")
    assert int(size) == 28 << 20
