"""The course on real Xen: what the IR says is what there is, said by LVM, by xl and by the guests themselves."""

import re
import time

import pytest
from newcomer import LOOK, Newcomer

from mlnc.ir.model import Host
from mlnc.lab.guests import Identity, gaps, ticks
from mlnc.lab.lab_paths import Lab
from mlnc.lab.servers import run

pytestmark = pytest.mark.lab

GUESTS = [f"{host}.lab{number}" for number in (1, 2, 3) for host in ("base", "web")]


@pytest.fixture(scope="module")
def identities(deployed: Newcomer) -> dict[str, Identity | None]:
    """What each guest says of itself, by the name of its domain, once its startup lines have run."""
    return {name: settled(deployed, host) for name, host in deployed.hosts().items()}


def settled(course: Newcomer, host: Host, seconds: int = 180) -> Identity | None:
    """What the guest says as soon as it has notes, which its startup lines leave: ping is answered long before."""
    end = time.monotonic() + seconds
    while True:
        found = course.ask(host)
        if (found is not None and found.all("note")) or time.monotonic() > end:
            return found
        time.sleep(2)


def lvs(lab: Lab, number: int) -> dict[str, tuple[int, bool, set[str]]]:
    """Bytes, whether it is active there, and tags of each volume that a server sees in the shared group."""
    fields = "lv_name,lv_size,lv_active,lv_tags"
    command = f"lvs --noheadings --nosuffix --units b --separator '|' -o {fields} san_vg"
    found = {}
    for line in run(lab, lab.server(number), command).stdout.splitlines():
        name, size, active, tags = line.strip().split("|")
        found[name] = (int(size), active == "active", set(tags.split(",")))
    return found


def test_every_volume_is_there_and_active_where_it_is_used(deployed: Newcomer) -> None:
    seen = {f"xen{number}": lvs(deployed.lab, number) for number in (1, 2)}
    hosts = deployed.hosts().values()
    wanted = {volume.name: (host, volume) for host in hosts for volume in host.volumes.values()}
    assert set(seen["xen1"]) == set(seen["xen2"]) == set(wanted)
    for name, (host, volume) in wanted.items():
        size, _, tags = seen[host.service_host][name]
        assert (size, f"mlnc.role={volume.role}" in tags, "mlnc.incomplete" in tags) == (
            volume.size_bytes,
            True,
            False,
        )
        assert {server for server in seen if seen[server][name][1]} == {host.service_host}, name


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_is_what_the_ir_says(
    name: str, deployed: Newcomer, identities: dict[str, Identity | None]
) -> None:
    host, found = deployed.hosts()[name], identities[name]
    assert found is not None, "it does not answer"
    assert found.one("hostname") == host.guest.hostname
    assert found.all("address") == {
        f"{card} {each.address}/{each.prefix_length}" for card, each in host.interfaces.items()
    }
    assert found.all("user") == {"root 0 /root", "daemon 1 /usr/sbin"} | {
        f"{user.name} {user.uid} {user.home}" for user in host.guest.users
    }
    assert found.all("group") == {f"{group.name} {','.join(group.users)}" for group in host.guest.groups}
    assert set(host.guest.modules) <= found.all("module")
    assert {device for device, _ in map(str.split, found.all("swap"))} == {host.guest.swap_device} - {None}
    assert found.one("motd") == "A guest of the mlnc laboratory"
    assert found.all("note") == startup_effects(host)


def startup_effects(host: Host) -> set[str]:
    """What the startup lines of the example leave behind: each ends in a note of its own."""
    effects = {
        match[2] + " " + match[1]
        for line in host.guest.startup
        if (match := re.fullmatch(r'echo "(.*)" >/run/notes/(\w+)', line))
    }
    return effects | {"forwards 1" for line in host.guest.startup if "net.ipv4.ip_forward=1" in line}


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_counts_and_its_disk_keeps_what_it_wrote(name: str, deployed: Newcomer) -> None:
    address = deployed.hosts()[name].interfaces["eth0"].address
    assert address is not None
    written = ticks(deployed.lab, deployed.lab.server(2), address)
    assert len(written) > 1
    assert gaps(written) == []


def test_the_page_for_newcomers_shows_the_domains(deployed: Newcomer) -> None:
    said = deployed.follow(LOOK)
    for domain in deployed.hosts():
        assert f"\n{domain} " in said


def test_nothing_differs_and_a_second_deploy_does_nothing(
    deployed: Newcomer, identities: dict[str, Identity | None]
) -> None:
    assert "no differences from the build" in deployed.invoke("drift")
    assert {vm["state"] for vm in deployed.data("status")} == {"up"}
    said = deployed.invoke("deploy", "--unreviewed", "--start")
    assert said.splitlines()[-1] == "6 unchanged"
    before, after = identities["web.lab2"], deployed.ask(deployed.hosts()["web.lab2"])
    assert before is not None
    assert after is not None
    assert after.one("started") == before.one("started")
