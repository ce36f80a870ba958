"""A server that reboots brings back the projects that say so."""

import time

import pytest
from newcomer import Newcomer, address

from mlnc.lab.guests import gaps, ticks
from mlnc.lab.layout import Lab, Server
from mlnc.lab.servers import run, wait_until_ready

pytestmark = pytest.mark.lab


def boot_id(lab: Lab, server: Server) -> str:
    return run(lab, server, "cat /proc/sys/kernel/random/boot_id", seconds=20).stdout


def test_projects_with_autostart_come_back(deployed: Newcomer, measured: dict[str, float]) -> None:
    lab, server = deployed.lab, deployed.lab.server(1)
    hosts = [host for host in deployed.hosts().values() if host.service_host == "xen1"]
    before, here = (
        boot_id(lab, server),
        {project.project for project in deployed.projects() if project.autostart},
    )
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
    assert {name for name, state in states.items() if state == "up"} == {
        host.domain for host in hosts if host.domain.partition(".")[2] in here
    }
    deployed.invoke("start", "--wait", "300")
    for host in hosts:
        written = ticks(lab, server, address(host))
        assert gaps(written) == []
        assert written[-1][0] == 2, "it was started twice"
