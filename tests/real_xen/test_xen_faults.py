"""Faults in the middle of moves, on real Xen: never is a machine alive twice, nothing of its disk is lost, and what is
said is true. The tests are one story: what fails to move stays where it was, and the next test tries it again.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from faults import Deployment, ballast, command, receiver
from moves import active_on, deploy, edit, goes_on, log, place_web
from newcomer import UP, Newcomer
from test_xen_migration import WEB, never_twice, settled
from watch import Watch

from mlnc.ir.model import Host
from mlnc.lab import machine
from mlnc.lab.guests import gaps
from mlnc.output.deployed_record import read_records

pytestmark = pytest.mark.lab
AS_BEFORE = "it runs here as before"
BASE = "base.lab3"


@pytest.fixture
def moving(deployed: Newcomer) -> Newcomer:
    """The web server of group 1 is on xen1, and is to move to xen2."""
    if recorded(deployed) != "xen1":
        place_web(deployed, "xen1")
        deploy(deployed)
    if web(deployed).service_host != "xen2":
        place_web(deployed, "xen2")
    return deployed


def recorded(course: Newcomer) -> str:
    """Where the machine is by the record of what was deployed."""
    record = read_records(course.lab.folder / "out")["lab1"]
    (place,) = {
        project.hosts["web"].service_host
        for project in map(record.applied, record.generations)
        if project is not None
    }
    return place


def web(course: Newcomer) -> Host:
    return course.hosts()[WEB]


def stayed(watch: Watch, server: str) -> None:
    """Expect that it has been alive on *server* all the time, and nothing of it is anywhere else."""
    never_twice(watch.sights)
    assert all(sight.alive in ((server,), ()) for sight in watch.sights)
    assert (watch.sights[-1].alive, watch.sights[-1].present) == ((server,), (server,))
    assert active_on(watch.course, WEB) == {server}


def test_the_target_fails_to_receive(moving: Newcomer) -> None:
    """Its xl gets some of the memory, and then no more."""
    fault = 'head -c 20000000 | /usr/sbin/xl "$@"; exit'
    before = moving.ask(web(moving))
    with receiver(moving.lab, moving.lab.server(2), fault), Watch(moving, web(moving)) as watch:
        said = deploy(moving, status=3)
        goes_on(before, moving.ask(web(moving)))
    assert AS_BEFORE in said
    stayed(watch, "xen1")


def test_the_connection_of_a_migration_is_cut(moving: Newcomer) -> None:
    before = moving.ask(web(moving))
    with Watch(moving, web(moving)) as watch:
        deployment = Deployment(moving)
        watch.until("xen2")
        command(moving.lab, moving.lab.server(1), "pkill -f '[s]sh .*migrate-receive'")
        status, said = deployment.end()
        goes_on(before, moving.ask(web(moving)))
    assert (status, AS_BEFORE in said) == (3, True), said
    stayed(watch, "xen1")


def test_the_target_has_no_memory(moving: Newcomer) -> None:
    """First it runs out of memory on the way, then it says so before anything is begun."""
    lab, target = moving.lab, moving.lab.server(2)
    before = moving.ask(web(moving))
    with ballast(lab, target, 40) as takes, Watch(moving, web(moving)) as watch:
        with receiver(lab, target, takes):
            assert AS_BEFORE in deploy(moving, status=3)
        assert "stop something there, or move less to it" in deploy(moving, status=3)
        goes_on(before, moving.ask(web(moving)))
    stayed(watch, "xen1")


def test_the_target_loses_its_power_on_the_way(moving: Newcomer) -> None:
    """It has memory again now, but stays off after this."""
    before = moving.ask(web(moving))
    with Watch(moving, web(moving)) as watch:
        deployment = Deployment(moving)
        watch.until("xen2")
        machine.cut_power(moving.lab.server(2))
        status, said = deployment.end()
        assert (status, "xen2 cannot be asked where web is; here it is up" in said) == (3, True), said
        goes_on(before, moving.ask(web(moving)))
    assert watch.sights[-1].present == ("xen1",)


def test_what_ran_on_a_server_that_is_off_runs_elsewhere_once_it_is_fenced(deployed: Newcomer) -> None:
    edit(deployed, "lab3.mln", ("$base_server = xen2", "$base_server = xen1"))
    assert "--fence xen2" in deploy(deployed, "--project", "lab3", status=3)
    deploy(deployed, "--project", "lab3", "--fence", "xen2", status=3)
    deployed.invoke("start", "--project", "lab3", "--fence", "xen2", "--wait", "300")
    assert deployed.ask(deployed.hosts()[BASE]) is not None


def test_a_server_comes_back(deployed: Newcomer) -> None:
    """It starts nothing that has gone elsewhere, and the move that failed so often comes to its end."""
    before = deployed.ask(web(deployed))
    deployed.follow(UP)
    command(deployed.lab, deployed.lab.server(2), "systemctl is-system-running --wait || :", seconds=400)
    with Watch(deployed, deployed.hosts()[BASE], "xen1") as fenced, Watch(deployed, web(deployed)) as watch:
        fenced.until("xen1")
        deploy(deployed)
        goes_on(before, deployed.ask(web(deployed)))
    assert {sight.alive for sight in fenced.sights} == {("xen1",)}
    assert active_on(deployed, BASE) == active_on(deployed, f"{BASE}.swap") == {"xen1"}
    never_twice(watch.sights)
    settled(deployed, "xen2")


def test_no_disk_has_suffered(deployed: Newcomer) -> None:
    """The last of all tests: it stops every machine, and none is started again."""
    deployed.invoke("stop")
    servers = {server.name: server for server in deployed.lab.servers()}

    def read(host: Host) -> list[tuple[int, int]]:
        return log(deployed.lab, servers[host.service_host], f"san_vg/{host.domain}")

    with ThreadPoolExecutor() as pool:
        for written in pool.map(read, deployed.hosts().values()):
            assert gaps(written) == []
