"""The network scripts as text, and the switches that cannot be built."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from bundles import check_shell, codes, lay_course, run, texts
from courses import SERVER, course, host, project, service_host, switch
from golden_files import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.bridges import server_bridges
from mlnc.ir.model import Course, Member, Switch
from mlnc.targets.network import network_target

BOTH = (SERVER, "two")
SERVERS = {SERVER: service_host(address="10.0.0.1"), "two": service_host(address="10.0.0.2", uplink="eth1")}


def with_switches(servers: dict[str, Any] = SERVERS, **switches: Switch) -> Course:
    return course(project(switches=switches), service_hosts=servers)


def spread(**changes: Any) -> Switch:
    return switch(service_hosts=BOTH, **changes)


def named(bridge: str, **changes: Any) -> Switch:
    return switch(bridge=bridge, own_bridge=False, **changes)


CASES = {
    "plain": with_switches(lan=switch(), wan=named("teachnet")),
    "vlan": with_switches(lan=spread(vlan=120)),
    "vxlan": with_switches(lan=spread(vxlan=7)),
    "uplink": with_switches(public=named("xenbr0")),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(golden: Golden, name: str) -> None:
    made = network_target.emit(CASES[name])
    assert made.refusals == []
    golden(f"network/{name}.sh", texts(made)[f"hosts/{SERVER}/demo/network.sh"])


@pytest.mark.parametrize("name", CASES)
def test_readers_of_shell_agree(tmp_path: Path, name: str) -> None:
    check_shell(lay_course(tmp_path, CASES[name], network_target.emit(CASES[name])), "network")


def test_vlan_stands_on_the_uplink_of_each_server() -> None:
    scripts = texts(network_target.emit(CASES["vlan"]))
    assert "link xenbr0 type vlan id 120" in scripts[f"hosts/{SERVER}/demo/network.sh"]
    assert "link eth1 type vlan id 120" in scripts["hosts/two/demo/network.sh"]


def test_tunnel_leads_to_exactly_the_other_servers_of_the_switch() -> None:
    servers = {**SERVERS, "three": service_host(address="10.0.0.3"), "four": service_host(address="10.0.0.4")}
    lan = switch(service_hosts=(SERVER, "two", "three"), vxlan=7)
    made = with_switches(servers, lan=lan)
    (bridge,) = server_bridges(made.site, made.projects["demo"], "three")
    assert bridge.carrier is not None
    assert bridge.carrier.peers == ("10.0.0.1", "10.0.0.2")
    assert bridge.carrier.arguments[-1] == "10.0.0.3"


def test_tunnel_with_one_end_is_none() -> None:
    (script,) = texts(network_target.emit(with_switches(lan=switch(vxlan=7)))).values()
    assert "vxlan" not in script


def test_no_script_without_switches_and_for_those_of_other_platforms() -> None:
    assert network_target.emit(with_switches()).artifacts == []
    lan = switch(members=(Member("linux", "eth0"),))
    other = project(switches={"lan": lan}, hosts={"linux": host(platform="kvm")})
    assert network_target.emit(course(other)).artifacts == []


@pytest.mark.parametrize(
    ("code", "lan"),
    [
        ("switch-spans-servers", spread()),
        ("switch-spans-servers", spread(bridge="teachnet", own_bridge=False)),
        ("switch-two-carriers", spread(vlan=1, vxlan=2)),
        ("switch-on-uplink", named("xenbr0", vlan=1)),
        ("bridge-name", switch(bridge="sixteen-letters.")),
        ("bridge-name", switch(bridge="lan%d")),
        ("bridge-name", switch(bridge="-lan")),
    ],
)
def test_refused(code: str, lan: Switch) -> None:
    made = network_target.emit(with_switches(lan=lan))
    assert codes(made) == [(code, "demo/switches/lan")]
    assert made.artifacts == []


def test_bridge_of_every_server_may_span_them() -> None:
    servers = {SERVER: service_host(), "two": service_host(uplink="xenbr0", bridge="other")}
    assert (
        codes(network_target.emit(with_switches(servers, lan=spread(bridge="xenbr0", own_bridge=False))))
        == []
    )


def test_vm_on_a_server_without_its_switch() -> None:
    hosts = {"linux": host(service_host="two")}
    lan = switch(members=(Member("linux", "eth0"),))
    made = course(project(hosts=hosts, switches={"lan": lan}), service_hosts=SERVERS)
    assert codes(network_target.emit(made)) == [("switch-not-on-server", "demo/switches/lan")]


@pytest.mark.parametrize("address", ["two.example.org", "2001:db8::2", "2001:DB8::2", "10.0.0.02"])
def test_tunnel_needs_addresses_of_one_family(address: str) -> None:
    servers = {SERVER: service_host(address="10.0.0.1"), "two": service_host(address=address)}
    assert codes(network_target.emit(with_switches(servers, lan=spread(vxlan=7)))) == [
        ("vxlan-needs-address", "demo/switches/lan")
    ]


def test_bridge_that_would_join_two_networks() -> None:
    one = project(project="a", switches={"lan": named("teachnet", vlan=1)})
    two = project(project="b", switches={"lan": named("teachnet", vlan=2)})
    assert codes(network_target.emit(course(one, two))) == [("bridge-two-carriers", "b/switches/lan")]
    assert codes(network_target.emit(course(one, project(project="b", switches=dict(one.switches))))) == []


ANY_NAME = st.one_of(
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,14}", fullmatch=True),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=15),
    st.text(min_size=1, max_size=16),
)
PRINTING = 'bridge_up() { printf \'%s\\0\' "$@"; }\ncarrier_up() { bridge_up "$@"; }\nneed_link() { :; }'
"""A library that prints what the script gives it."""


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_NAME, min_size=3, max_size=3))
def test_any_name_is_refused_or_arrives(words: list[str]) -> None:
    bridge, name, uplink = words
    servers = {SERVER: service_host(uplink=uplink)}
    made = network_target.emit(with_switches(servers, **{name: switch(bridge=bridge, vlan=5)}))
    assert bool(made.refusals) != bool(made.artifacts)
    for script in texts(made).values():
        with TemporaryDirectory() as folder:
            (Path(folder) / "network.sh").write_text(f"{PRINTING}\nnetwork_run() {{ up; }}\n")
            (Path(folder) / "script").write_text(script)
            printed = run("sh", Path(folder) / "script", MLNC_LIB=folder).stdout.split("\0")
        assert printed[:2] == [bridge, f"mlnc:demo/{name}"]
        assert printed[-9:-1] == [bridge, f"mlnc:demo/{name}", "link", uplink, "type", "vlan", "id", "5"]
