"""Steps that stop and start a host, and that make and remove bridges."""

from pathlib import Path

import pytest
from pair import DOMAIN, Pair, pair, said

STOP = ("stop_host", *DOMAIN, "0")
START = ("start_host", *DOMAIN)
NEW_BRIDGE = ("bridges_up", "lan", "mlnc:demo/lan", "-")
OLD_BRIDGE = ("bridge_gone", "dmz", "mlnc:demo/dmz", "-")
OLD_CARRIER = ("carrier_gone", "vx7", "mlnc:demo/dmz")


@pytest.fixture
def server(tmp_path: Path) -> Pair:
    """Return two servers; the first has a bridge ``dmz`` with a tunnel, and generations that log their calls."""
    made = pair(tmp_path)
    here = tmp_path / "one"
    for generation in ("generations/old", "generations/new", "current"):
        for script in ("project.sh", "network.sh"):
            path = here / "root/demo" / generation / script
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'#!/bin/sh\necho {generation} {script} "$@" >>"$SITE/log"\n')
            path.chmod(0o755)
    (here / "links").mkdir()
    for link, alias in (
        ("dmz", "mlnc:demo/dmz"),
        ("vx7", "mlnc:demo/dmz type vxlan"),
        ("lan", "mlnc:demo/lan"),
    ):
        (here / "links" / link).write_text(f"3: {link}: <UP> state UP\n    alias {alias}\n")
    return made


def links(server: Pair) -> list[str]:
    """Return the links of the first server."""
    return sorted(path.name for path in (server.folder / "one/links").iterdir())


def test_a_stopped_host_is_started_by_the_generation_in_force(server: Pair) -> None:
    server.put("one", "web.demo")
    assert "@mlnc\tran\tweb" in said(server.step(STOP))
    assert server.domains("one") == {}
    said(server.step(START))
    assert server.log()[-1] == "current project.sh start web"


def test_undo_of_a_stop_starts_the_host_by_the_earlier_generation(server: Pair) -> None:
    server.put("one", "web.demo")
    said(server.step(STOP))
    said(server.step(STOP, mode="undo"))
    assert server.log()[-1] == "generations/old project.sh start web"


def test_undo_of_a_start_stops_the_host(server: Pair) -> None:
    server.put("one", "web.demo")
    said(server.step(START, mode="undo"))
    assert server.log()[-1] == "current project.sh stop web"


def test_a_host_that_did_not_run_is_not_started(server: Pair) -> None:
    assert "unchanged web, which is down" in said(server.step(STOP))
    assert "unchanged web, which did not run" in said(server.step(START))
    assert "unchanged web" in said(server.step(STOP, mode="undo"))
    assert server.log() == []


def test_a_guest_that_does_not_shut_down_is_destroyed(server: Pair) -> None:
    server.put("one", "web.demo")
    (server.folder / "one/stubborn").touch()
    assert "destroyed web" in said(server.step(STOP))
    assert server.domains("one") == {}


def test_new_bridges_come_from_the_new_generation_and_undo_removes_them(server: Pair) -> None:
    said(server.step(NEW_BRIDGE))
    assert server.log() == ["generations/new network.sh up"]
    assert "removed lan" in said(server.step(NEW_BRIDGE, mode="undo"))
    assert links(server) == ["dmz", "vx7"]


@pytest.mark.parametrize(
    ("command", "gone"), [(OLD_BRIDGE, "dmz"), (OLD_CARRIER, "vx7")], ids=lambda each: str(each[0])
)
def test_an_old_bridge_or_tunnel_is_removed_and_undo_restores_it(
    server: Pair, command: tuple[str, ...], gone: str
) -> None:
    assert f"removed {gone}" in said(server.step(command))
    assert gone not in links(server)
    assert f"absent {gone}" in said(server.step(command))
    said(server.step(command, mode="undo"))
    assert server.log()[-1] == "generations/old network.sh up"
