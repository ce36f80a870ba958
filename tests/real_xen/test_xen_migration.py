"""A running machine goes to the other server by one word, and back again; a client polls it all the time."""

import pytest
from faults import Deployment, deploy_when_free
from moves import active_on, commit, goes_on, place_web
from newcomer import MOVE, Newcomer
from watch import Sight, Watch

from mlnc.lab.guests import gaps

pytestmark = pytest.mark.lab
WEB = "web.lab1"


def never_twice(sights: list[Sight]) -> None:
    """Expect that at each look the machine was alive on one server at most, its disk being active there."""
    assert sights
    for sight in sights:
        assert len(sight.alive) < 2, f"alive on two servers: {sight}"
        assert sight.present, f"on no server: {sight}"
        assert set(sight.alive) <= set(sight.active), f"alive without its disk: {sight}"


def settled(course: Newcomer, server: str) -> None:
    """Expect that the machine is on *server* alone, and so is its disk, on which nothing is missing."""
    host = course.hosts()[WEB]
    assert host.service_host == server
    assert {vm["server"] for vm in course.data("status", "--project", "lab1") if vm["host"] == "web"} == {
        server
    }
    assert active_on(course, WEB) == {server}
    assert gaps(course.ticks(host)) == []


def test_a_machine_moves_by_one_word_while_it_serves(deployed: Newcomer, measured: dict[str, float]) -> None:
    host = deployed.hosts()[WEB]
    before = deployed.ask(host)
    with Watch(deployed, host, "xen2") as watch:
        deployed.follow(MOVE)
        goes_on(before, deployed.ask(host))
    measured["longest silence of a guest that moved to xen2"] = watch.silence
    never_twice(watch.sights)
    settled(deployed, "xen2")
    commit(deployed, "deployed")


def test_it_comes_back_though_the_desk_is_killed(deployed: Newcomer, measured: dict[str, float]) -> None:
    """What the servers have begun goes on by itself, and another deployment brings it to its end."""
    before = deployed.ask(deployed.hosts()[WEB])
    place_web(deployed, "xen1")
    with Watch(deployed, deployed.hosts()[WEB], "xen1") as watch:
        deployment = Deployment(deployed)
        watch.until("xen1")
        deployment.kill()
        deploy_when_free(deployed)
        goes_on(before, deployed.ask(deployed.hosts()[WEB]))
    measured["longest silence of a guest that moved to xen1"] = watch.silence
    never_twice(watch.sights)
    settled(deployed, "xen1")
    commit(deployed, "deployed")
