"""A server that reboots shuts all its guests down, and brings back those of the project that says so."""

import time

import pytest
from newcomer import Newcomer

from mlnc.compiler.ir import Host
from mlnc.lab.guests import gaps
from mlnc.lab.layout import Lab, Server
from mlnc.lab.servers import run, wait_until_ready

pytestmark = pytest.mark.lab


def boot_id(lab: Lab, server: Server) -> str:
    return run(lab, server, "cat /proc/sys/kernel/random/boot_id", seconds=20).stdout


def since(course: Newcomer, host: Host, start: int, seconds: int = 180) -> list[tuple[int, int]]:
    """All that the guest of *host* wrote down, as soon as something of it is newer than that *start*."""
    end = time.monotonic() + seconds
    while True:
        written = course.ticks(host, 10)
        if (written and written[-1][0] > start) or time.monotonic() > end:
            return written
        time.sleep(2)


def test_projects_with_autostart_come_back(deployed: Newcomer, measured: dict[str, float]) -> None:
    lab, server = deployed.lab, deployed.lab.server(1)
    here = {project.project for project in deployed.projects() if project.autostart}
    hosts = [host for host in deployed.hosts().values() if host.domain.partition(".")[2] in here]
    starts = {host.domain: deployed.ticks(host)[-1][0] for host in hosts}
    before = boot_id(lab, server)
    begun = time.monotonic()
    run(lab, server, "systemctl reboot", seconds=30)
    while (now := boot_id(lab, server)) in (before, ""):
        assert time.monotonic() - begun < 600
        time.sleep(2)
    wait_until_ready(lab, server)
    run(lab, server, "systemctl is-system-running --wait", seconds=400)
    measured["reboot of a server until its projects are back"] = time.monotonic() - begun
    assert now != before
    states = {
        f"{vm['host']}.{vm['project']}": vm["state"] for vm in deployed.data("status", "--host", "xen1")
    }
    assert {name for name, state in states.items() if state == "up"} == set(starts)
    # xendomains saves what still runs when its turn comes, and would restore it now or at any later boot.
    assert run(lab, server, "ls -A /var/lib/xen/save 2>/dev/null || :").stdout == ""
    # Reason 0 is that of a guest which has shut down; 2 would be that of one whose memory was sent or saved.
    ended = run(lab, server, "cat /var/log/xen/xl-web.lab3.log").stdout
    assert "has shut down, reason code 0 " in ended, ended
    for host in hosts:
        written = since(deployed, host, starts[host.domain])
        assert gaps(written) == []
        assert written[-1][0] == starts[host.domain] + 1, "it was not started just once"
