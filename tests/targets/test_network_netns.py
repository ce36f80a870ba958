"""The network scripts at work: bridges, VLANs and tunnels in network namespaces of their own, by the real ip."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from bundles import lay_course, needs_root, run, stub
from courses import course, project, service_host, switch

from mlnc.ir.model import Course, Switch
from mlnc.targets.network import network_target

_NUMBERS = count()


@dataclass(frozen=True)
class Server:
    """A service host: a network namespace with the files of a course."""

    name: str
    namespace: str
    folder: Path

    def ip(self, *words: str, status: int = 0) -> str:
        return run("ip", "-n", self.namespace, *words, status=status).stdout

    def script(self, verb: str, project: str = "demo", status: int = 0) -> str:
        """Run the network script of *project*; what it says, messages and errors."""
        file = self.folder / "hosts" / self.name / project / "network.sh"
        words = ("ip", "netns", "exec", self.namespace, file, verb)
        variables = {"MLNC_LOCK_DIR": str(self.folder), "MLNC_PORT_SECONDS": "0"}
        done = run(*words, path=[self.folder / "bin"], status=status, **variables)
        return done.stdout + done.stderr

    def links(self) -> set[str]:
        """The names of all network devices but the loopback."""
        rows = self.ip("-br", "link").splitlines()
        return {row.split()[0].split("@")[0] for row in rows} - {"lo"}

    def plug(self, port: str, bridge: str) -> None:
        """A card of a domain, so to say: one more port of *bridge*."""
        self.ip("link", "add", port, "type", "veth", "peer", "name", f"{port}p")
        self.ip("link", "set", port, "master", bridge)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    """Makes servers by name, and removes them after the test."""
    needs_root()
    if subprocess.run(["ip", "netns", "list"], capture_output=True, check=False).returncode:
        pytest.skip("needs network namespaces")
    made = []

    def make(name: str) -> Server:
        each = Server(name, f"mlnc{os.getpid()}n{next(_NUMBERS)}", tmp_path / name)
        if subprocess.run(
            ["ip", "netns", "add", each.namespace], capture_output=True, check=False
        ).returncode:
            pytest.skip("network namespaces cannot be made here")
        made.append(each.namespace)
        each.folder.mkdir()
        return each

    yield make
    for namespace in made:
        run("ip", "netns", "del", namespace)


def built(server: Server, made: Course) -> Server:
    """*server* with the files of the course."""
    emitted = network_target.emit(made)
    assert emitted.refusals == []
    lay_course(server.folder, made, emitted)
    return server


def of(*projects_: dict[str, Switch], servers: int = 1) -> Course:
    """A course of projects demo, demo2 … with these switches, on the servers one, two …"""
    names = ["demo", *(f"demo{n}" for n in range(2, len(projects_) + 1))]
    site = {
        name: service_host(address=f"10.9.9.{n}", bridge="br0") for n, name in enumerate(NAMES[:servers], 1)
    }
    projects = [
        project(project=name, switches=each, hosts={}) for name, each in zip(names, projects_, strict=True)
    ]
    return course(*projects, service_hosts=site)


NAMES = ("one", "two", "three")


def on(*servers: str, **changes: object) -> Switch:
    return switch(service_hosts=servers or ("one",), **changes)


def test_up_twice_is_up_once(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on(), "wan": on(bridge="wan.demo")}))
    assert one.script("up") == "mlnc: made lan.demo\nmlnc: made wan.demo\n"
    once = alike(one)
    assert one.script("up") == "mlnc: unchanged lan.demo\nmlnc: unchanged wan.demo\n"
    assert alike(one) == once
    before = one.ip("-d", "link")
    assert "alias mlnc:demo/lan" in before
    assert before.count("stp_state 0 ") == before.count("forward_delay 0 ") == 2
    assert "UP" in one.ip("-br", "link", "show", "dev", "lan.demo")


def test_down_leaves_nothing_and_may_be_repeated(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on()}))
    one.script("up")
    assert one.script("down") == "mlnc: removed lan.demo\n"
    assert one.script("down") == "mlnc: absent lan.demo\n"
    assert one.links() == set()


def test_bridge_with_a_port_is_kept(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on(), "wan": on(bridge="wan.demo")}))
    one.script("up")
    one.plug("vif1.0", "lan.demo")
    assert one.script("down") == "mlnc: kept lan.demo, which has ports: vif1.0\nmlnc: removed wan.demo\n"
    one.ip("link", "del", "vif1.0")
    one.script("down")
    assert one.links() == set()


def test_bridge_of_others_is_used_and_never_touched(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on()}))
    one.ip("link", "add", "lan.demo", "type", "bridge")
    one.ip("link", "add", "other", "type", "bridge")
    assert "was not made by mlnc" in one.script("up")
    assert one.script("down") == "mlnc: kept lan.demo, which was not made for mlnc:demo/lan\n"
    assert one.links() == {"lan.demo", "other"}


def test_device_that_is_no_bridge_stops(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on()}))
    one.ip("link", "add", "lan.demo", "type", "veth", "peer", "name", "p")
    assert "exists on this server, but it is not a bridge" in one.script("up", status=1)


def test_bridge_of_another_switch_stops(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on()}, {"lan": on(bridge="lan.demo")}))
    one.script("up")
    assert "was made for another switch: mlnc:demo/lan" in one.script("up", "demo2", status=1)
    assert "kept lan.demo" in one.script("down", "demo2")
    assert one.links() == {"lan.demo"}


def test_bridge_that_projects_share(server: Callable[[str], Server]) -> None:
    shared = {"net": on(bridge="teachnet", own_bridge=False)}
    one = built(server("one"), of(shared, shared))
    assert one.script("up") == "mlnc: made teachnet\n"
    assert one.script("up", "demo2") == "mlnc: unchanged teachnet\n"
    one.plug("vif1.0", "teachnet")
    assert "kept teachnet" in one.script("down")
    one.ip("link", "del", "vif1.0")
    assert one.script("down", "demo2") == "mlnc: removed teachnet\n"


def test_bridge_of_the_server_is_asked_for_and_left_alone(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"net": on(bridge="br0", own_bridge=False), "lan": on()}))
    assert "no network device br0" in one.script("up", status=1)
    assert one.links() == set()
    one.ip("link", "add", "br0", "type", "bridge")
    one.script("up")
    one.script("down")
    assert one.links() == {"br0"}


def test_interrupted_anywhere_and_run_again(server: Callable[[str], Server], tmp_path: Path) -> None:
    """ip fails at its n-th call, for every n: run again, the links are the same as undisturbed."""
    one = built(server("one"), of({"lan": on("one", "two", vxlan=9)}, servers=2))
    one.script("up")
    expected = alike(one)
    one.script("down")
    real = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
    failures = 0
    for n in range(1, 60):
        counter = tmp_path / "count"
        counter.write_text("")
        stub(
            one.folder / "bin",
            "ip",
            f'echo >>{counter}; [ "$(wc -l <{counter})" -ne {n} ] || kill -9 $PPID; exec {real} "$@"',
        )
        file = one.folder / "hosts/one/demo/network.sh"
        variables = {
            "PATH": f"{one.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "MLNC_LOCK_DIR": str(one.folder),
        }
        words = ["ip", "netns", "exec", one.namespace, str(file), "up"]
        killed = subprocess.run([str(real), *words[1:]], env=variables, capture_output=True, check=False)
        failures += killed.returncode != 0
        (one.folder / "bin/ip").unlink()
        one.script("up")
        assert alike(one) == expected
        one.script("down")
        assert one.links() == set()
        if killed.returncode == 0:
            break
    assert failures > 10


def alike(server: Server) -> list[list[str]]:
    """The links of *server* with their marks and masters, without what is random or settles only after a while."""
    rows = [re.sub(r"^\d+: | state \w+|<.*?>", "", row) for row in server.ip("-o", "link").splitlines()]
    return sorted([*row.split(" link/")[0].split(), *row.split("alias ")[1:]] for row in rows)


def wired(one: Server, two: Server, link: str) -> None:
    """A cable between two servers: *link* on both."""
    one.ip("link", "add", link, "type", "veth", "peer", "name", link, "netns", two.namespace)
    for n, each in enumerate((one, two), 1):
        each.ip("link", "set", link, "up")
        each.ip("addr", "add", f"10.9.9.{n}/24", "dev", link)


def guest(made: Server, server: Server, address: str) -> Server:
    """A guest of *server* in *made*, a namespace of its own: its card eth0 is a port of lan.demo."""
    made.ip("link", "add", "eth0", "type", "veth", "peer", "name", "vif1.0", "netns", server.namespace)
    made.ip("addr", "add", f"{address}/24", "dev", "eth0")
    made.ip("link", "set", "eth0", "up")
    server.ip("link", "set", "vif1.0", "up")
    server.ip("link", "set", "vif1.0", "master", "lan.demo")
    return made


TALK = """
import socket, sys
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.settimeout(3)
talk.bind((sys.argv[1], 5000))
if len(sys.argv) > 2:
    talk.sendto(b"ping", (sys.argv[2], 5000))
else:
    print("ready", flush=True)
data, peer = talk.recvfrom(10)
if len(sys.argv) == 2:
    talk.sendto(data, peer)
print(data.decode())
"""
"""A guest that answers (one argument), or that asks another and waits for the answer."""


def answers(asking: Server, answering: Server) -> bool:
    """Whether the guest 10.1.1.1 reaches the guest 10.1.1.2."""

    def words(guest: Server, *addresses: str) -> list[str]:
        return ["ip", "netns", "exec", guest.namespace, sys.executable, "-c", TALK, *addresses]

    listen = words(answering, "10.1.1.2")
    with subprocess.Popen(listen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == b"ready\n"
        ask = words(asking, "10.1.1.1", "10.1.1.2")
        return subprocess.run(ask, capture_output=True, check=False).stdout == b"ping\n"


def test_tunnel_joins_two_servers(server: Callable[[str], Server]) -> None:
    made = of({"lan": on("one", "two", vxlan=42)}, servers=2)
    one, two = built(server("one"), made), built(server("two"), made)
    wired(one, two, "eth0")
    for each in (one, two):
        each.script("up")
    first, second = guest(server("first"), one, "10.1.1.1"), guest(server("second"), two, "10.1.1.2")
    assert answers(first, second)
    for each in (one, two):
        each.script("up")
    assert answers(first, second)
    one.ip("link", "del", "vif1.0")
    assert one.script("down") == "mlnc: removed mlnc-x42\nmlnc: removed lan.demo\n"
    assert one.links() == {"eth0"}


def test_tunnel_leads_where_the_switch_is_now(server: Callable[[str], Server]) -> None:
    first = of({"lan": on("one", "two", vxlan=42)}, servers=3)
    one = built(server("one"), first)
    one.script("up")
    built(one, of({"lan": on("one", "three", vxlan=42)}, servers=3))
    one.script("up")
    table = run("ip", "netns", "exec", one.namespace, "bridge", "fdb", "show", "dev", "mlnc-x42").stdout
    assert [row.split()[2] for row in table.splitlines() if row.startswith("00:00:00:00:00:00")] == [
        "10.9.9.3"
    ]


def test_tunnel_with_another_address_is_made_anew(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on("one", "two", vxlan=42)}, servers=2))
    one.script("up")
    script = one.folder / "hosts/one/demo/network.sh"
    script.write_text(script.read_text().replace("local 10.9.9.1", "local 10.9.9.7"))
    assert "removed mlnc-x42, whose settings have changed" in one.script("up")
    assert "local 10.9.9.7" in one.ip("-d", "link", "show", "dev", "mlnc-x42")


def test_number_that_another_switch_has_stops(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on("one", "two", vxlan=42)}, servers=2))
    one.ip("link", "add", "mlnc-x42", "type", "bridge")
    assert "mlnc-x42 exists on this server, but not for mlnc:demo/lan" in one.script("up", status=1)
    assert "mlnc-x42" in one.links()


def test_vlan_joins_two_servers(server: Callable[[str], Server]) -> None:
    made = of({"lan": on("one", "two", vlan=120)}, servers=2)
    one, two = built(server("one"), made), built(server("two"), made)
    probe = ("link", "add", "probe", "link", "lo", "type", "vlan", "id", "1")
    if subprocess.run(["ip", "-n", one.namespace, *probe], capture_output=True, check=False).returncode:
        pytest.skip("the kernel has no VLANs (802.1Q)")
    one.ip("link", "del", "probe")
    wired(one, two, "eth0")
    for each in (one, two):
        each.ip("link", "add", "br0", "type", "bridge")
        each.ip("link", "set", "br0", "up")
        each.ip("link", "set", "eth0", "master", "br0")
        each.script("up")
    first, second = guest(server("first"), one, "10.1.1.1"), guest(server("second"), two, "10.1.1.2")
    assert answers(first, second)
    one.ip("link", "del", "vif1.0")
    one.script("down")
    assert one.links() == {"eth0", "br0"}


def test_vlan_on_a_kernel_without(server: Callable[[str], Server]) -> None:
    """Everything but the VLAN itself: ip makes another device in its place."""
    one = built(server("one"), of({"lan": on("one", "two", vlan=120)}, servers=2))
    real = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
    stub(
        one.folder / "bin",
        "ip",
        f'case "$*" in "link add dev mlnc-making link br0 type vlan id 120") '
        f'exec {real} link add dev mlnc-making type veth peer name far ;; *) exec {real} "$@" ;; esac',
    )
    assert "no network device br0" in one.script("up", status=1)
    one.ip("link", "add", "br0", "type", "bridge")
    assert one.script("up") == "mlnc: made lan.demo\nmlnc: made mlnc-v120\n"
    assert "master lan.demo" in one.ip("link", "show", "dev", "mlnc-v120")
    assert one.script("up") == "mlnc: unchanged lan.demo\n"
    assert one.script("down") == "mlnc: removed mlnc-v120\nmlnc: removed lan.demo\n"
    assert one.links() == {"br0"}


def test_no_address_of_the_server_in_the_guests_network(server: Callable[[str], Server]) -> None:
    one = built(server("one"), of({"lan": on()}))
    one.script("up")
    assert "inet" not in one.ip("addr", "show", "dev", "lan.demo")
