"""Live migration by the real xl, with its own protocol: after every fault the domain is on exactly one server.

The hosts are pretended, see ``real_xl``.
"""

import json
import subprocess
from pathlib import Path

import pytest
from pair import DOMAIN, TAGS, UUID, Pair, pair, said
from real_xl import RealXl, cut, domains, nap


class Hosts:
    """Two simulated hosts with a shared folder, and a domain that runs on the first."""

    def __init__(self, folder: Path, xl: RealXl) -> None:
        self.pair: Pair = pair(folder)
        self.xl = xl
        self.image = folder / "shared/web"
        self.image.parent.mkdir()
        self.image.write_bytes(bytes(1 << 20))
        self.mark = self.image.with_name("web.mlnc")
        self.mark.write_text("\n".join([*TAGS.split(","), "mlnc.server=one", ""]))
        for server in ("one", "two"):
            self.fail(server, "")
            nap(folder / server / "bin/sleep")
        kernel = folder / "kernel"
        kernel.touch()
        self.config = folder / "web.cfg"
        self.config.write_text(
            f'name = "{DOMAIN[1]}"\nuuid = "{UUID}"\ntype = "pv"\nkernel = "{kernel}"\nmemory = 64\n'
            f'disk = ["format=raw,vdev=xvda1,access=rw,target={self.image}"]\n'
            'vif = ["mac=00:16:3e:00:00:01,bridge=xenbr0"]\n'
        )
        subprocess.run([folder / "one/bin/xl", "create", "-q", self.config], check=True)
        self.call = ("migrate_live", *DOMAIN, "two", "two", "22", "file", str(self.image), "-", "root")

    def fail(self, server: str, call: str) -> None:
        """Make the toolstack of a server fail at a call."""
        here = self.pair.folder / server
        self.xl.put(here / "bin/xl", here / "xen", call)

    def cut(self, at: str) -> None:
        """Interrupt the next migration from the first server."""
        cut(self.pair.folder / "one/bin/ssh", self.pair.folder / "two/bin/ssh", at)

    def places(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Return by server the state and UUID of each domain except the first, by name."""
        return {server: domains(self.pair.folder / server / "bin/xl") for server in ("one", "two")}


@pytest.fixture
def hosts(tmp_path: Path, real_xl: RealXl) -> Hosts:
    return Hosts(tmp_path, real_xl)


RUNS = {DOMAIN[1]: ("-b----", UUID)}
HERE = {"one": RUNS, "two": {}}
THERE = {"one": {}, "two": RUNS}


def test_a_domain_migrates_and_back(hosts: Hosts) -> None:
    said(hosts.pair.step(hosts.call))
    assert hosts.places() == THERE
    assert "mlnc.server=two" in hosts.mark.read_text()
    said(hosts.pair.step(hosts.call, mode="undo"))
    assert hosts.places() == HERE
    assert "mlnc.server=one" in hosts.mark.read_text()


def test_a_moved_card_arrives_on_its_new_bridge(hosts: Hosts) -> None:
    """xl has a record of the first bridge only, so it gets the present domain file."""
    here = hosts.pair.folder / "one"
    known, link, current = (
        "xenstore/local/domain/0/backend/vif/1/0/bridge",
        "links/vif1.0",
        "root/demo/current/web.cfg",
    )
    texts = {
        known: "xenbr0\n",
        link: "3: vif1.0: <UP> master lan state UP\n",
        current: hosts.config.read_text().replace("xenbr0", "lan"),
    }
    for name, text in texts.items():
        (here / name).parent.mkdir(parents=True)
        (here / name).write_text(text)
    said(hosts.pair.step(hosts.call))
    assert hosts.places() == THERE
    xl = hosts.pair.folder / "two/bin/xl"
    (found,) = json.loads(subprocess.run([xl, "list", "-l"], capture_output=True, check=True).stdout)
    assert [card["bridge"] for card in found["config"]["nics"]] == ["lan"]


def test_a_migration_continues_when_nobody_reads_the_output_of_xl(hosts: Hosts) -> None:
    done = hosts.pair.begin(hosts.call)
    assert done.stdout is not None
    assert done.stdout.readline().startswith("migration target: Ready to receive domain")
    done.stdout.close()
    done.wait(60)
    assert hosts.places() == THERE


@pytest.mark.parametrize(("server", "fault"), [("one", "suspend"), ("two", "restore"), ("two", "unpause")])
def test_a_failed_migration_leaves_the_domain_on_the_source(hosts: Hosts, server: str, fault: str) -> None:
    hosts.fail(server, fault)
    assert "it runs here as before" in said(hosts.pair.step(hosts.call), 1)
    assert hosts.places() == HERE
    assert "mlnc.server=one" in hosts.mark.read_text()


@pytest.mark.parametrize("at", ["ready", "go", "report"])
def test_a_lost_connection_leaves_the_domain_on_one_server(hosts: Hosts, at: str) -> None:
    hosts.cut(at)
    if at == "ready":
        assert "it runs here as before" in said(hosts.pair.step(hosts.call), 1)
        assert hosts.places() == HERE
    else:
        said(hosts.pair.step(hosts.call))
        assert hosts.places() == THERE
    (hosts.pair.folder / "one/bin/ssh").write_text(f'#!/bin/sh\nexec {hosts.pair.folder}/two/bin/ssh "$@"\n')
    said(hosts.pair.step(hosts.call))
    assert hosts.places() == THERE
