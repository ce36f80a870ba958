"""autoenum: the hosts it makes, their addresses, users and servers, and what it cannot use."""

import pytest
from mln_texts import Project, check, expand


def made(block: str, rest: str = "superclass s { }", name: str = "autoenum") -> Project:
    """A project with an autoenum *block* for the superclass ``s``."""
    return expand(f"global {{ project p; $n = 3; {name} {{ superclass s; {block} }} }}\n{rest}")


def hosts(project: Project) -> list[str]:
    assert project.expanded
    return list(project.expanded.hosts)


def addresses(project: Project) -> list[str]:
    return [project.value(f"host/{name}/network/eth0/address") for name in hosts(project)]


@pytest.mark.parametrize(
    ("block", "names"),
    [
        ("numhosts 3", ["node1", "node2", "node3"]),
        ("numhosts $n; hostprefix web-", ["web-1", "web-2", "web-3"]),
        ("numhosts 1; hostprefix $project", ["p1"]),
        ("numhosts 10", [f"node{number:02}" for number in range(1, 11)]),
        ("numhosts 1000", [f"node{number:04}" for number in range(1, 1001)]),
    ],
)
@pytest.mark.parametrize("name", ["autoenum", "autoenum0", "autoenum5"])
def test_names_are_padded_to_one_width(block: str, names: list[str], name: str) -> None:
    project = made(block, name=name)
    assert hosts(project) == names
    assert project.found == []


def test_several_blocks_stand_together_each_with_its_own_settings() -> None:
    project = expand(
        """
        global {
            project p
            autoenum { superclass s; numhosts 1; net 10.0.0.0; address auto }
            autoenum1 { superclass s; numhosts 2; hostprefix a; net 10.0.1.0; address auto; addresses_begin 7 }
            autoenum2 { superclass s; numhosts 1; hostprefix b; net 10.0.2.0; address auto; autouser h }
        }
        superclass s { }
        """
    )
    assert dict(zip(hosts(project), addresses(project), strict=True)) == {
        "node1": "10.0.0.1",
        "a1": "10.0.1.7",
        "a2": "10.0.1.8",
        "b1": "10.0.2.1",
    }
    assert [name for name in hosts(project) if "users" in project.node(f"host/{name}").blocks] == ["b1"]


@pytest.mark.parametrize(
    ("net", "count", "begin", "found"),
    [
        ("10.0.5.0", 2, "", ["10.0.5.1", "10.0.5.2"]),
        ("10.0.5", 1, "addresses_begin 5", ["10.0.5.5"]),
        ("10.0.5.100", 2, "addresses_begin 0", ["10.0.5.100", "10.0.5.101"]),
        ("10.0.5.0/24", 1, "addresses_begin 254", ["10.0.5.254"]),
        ("10.0.0.0/16", 2, "addresses_begin 255", ["10.0.0.255", "10.0.1.0"]),
        ("10.1.0.0", 2, "addresses_begin 255", ["10.1.0.255", "10.1.1.0"]),
        ("10.0.5.0/31", 2, "addresses_begin 0", ["10.0.5.0", "10.0.5.1"]),
    ],
)
def test_addresses_count_up_and_carry(net: str, count: int, begin: str, found: list[str]) -> None:
    project = made(f"numhosts {count}; net {net}; address auto; {begin}")
    assert addresses(project) == found
    assert project.found == []


@pytest.mark.parametrize(
    ("net", "count", "begin", "mask"),
    [
        ("10.0.5.0", 255, 1, ""),
        ("10.0.5.0", 1, 0, ""),
        ("10.0.5.254", 3, 1, ""),
        ("10.0.5.0/30", 3, 1, ""),
        ("10.1.0.0", 2, 254, "netmask 255.255.255.0"),
        ("255.255.255.0", 10, 250, ""),
        ("255.255.255.254/31", 3, 0, ""),
        ("255.255.255.255/32", 1, 5, ""),
        ("10.0.5.0/32", 2, 0, ""),
    ],
)
def test_addresses_never_leave_their_net(net: str, count: int, begin: int, mask: str) -> None:
    rest = f"superclass base {{ network eth0 {{ {mask} }} }} superclass s {{ superclass base }}"
    project = made(f"numhosts {count}; net {net}; address auto; addresses_begin {begin}", rest)
    assert project.codes == ["autoenum-overflow"]
    assert hosts(project) == []


@pytest.mark.parametrize("netmask", ["255.255.252.0", "/22"])
def test_the_superclass_bounds_the_net(netmask: str) -> None:
    rest = f"superclass s {{ network eth0 {{ netmask {netmask} }} }}"
    project = made("numhosts 2; net 10.0.4.0; address auto; addresses_begin 255", rest)
    assert addresses(project) == ["10.0.4.255", "10.0.5.0"]


def test_a_wrong_netmask_is_blamed_itself() -> None:
    block = "autoenum { superclass s; numhosts 1; net 10.0.0.0; address auto }"
    found = check(f"global {{ project p; {block} }} superclass s {{ network eth0 {{ netmask wide }} }}")
    assert [each.message for each in found.report.sorted()] == ["netmask: wide is not a netmask"]


@pytest.mark.parametrize(
    ("servers", "found", "codes"),
    [
        ("s1 2; s2", ["s1", "s1", "s2", "localhost"], ["autoenum-unplaced"]),
        ("s1 all", ["s1"] * 4, []),
        ("s1; s2 all; s3", ["s1", "s2", "s2", "s2"], []),
        ("s1 9", ["s1"] * 4, []),
        ("s1 0; s2 4", ["s2"] * 4, []),
        ("", ["localhost"] * 4, ["autoenum-unplaced"]),
    ],
)
def test_servers_take_their_hosts_in_order(servers: str, found: list[str], codes: list[str]) -> None:
    project = made(f"numhosts 4; service_hosts {{ {servers} }}", "superclass s { on $service_host }")
    assert [project.value(f"host/{name}/on") for name in hosts(project)] == found
    assert project.codes == codes


def test_each_host_has_its_user_beside_the_inherited_ones() -> None:
    project = made("numhosts 2; autouser @secret/p", "superclass s { users { admin x } }")
    assert [project.lines(f"host/{name}/users") for name in hosts(project)] == [
        ["admin x", "node1 @secret/p"],
        ["admin x", "node2 @secret/p"],
    ]


def test_what_a_host_says_itself_wins() -> None:
    project = expand(
        """
        global {
            project p
            autoenum { superclass s; numhosts 2; net 10.0.0.0; address auto; autouser h; service_hosts { s1 all } }
        }
        superclass s { memory 1G }
        superclass own { memory 2G }
        host node2 { superclass own; service_host s2; network eth0 { address 10.0.0.99 }; users { node2 mine } }
        """
    )
    assert hosts(project) == ["node2", "node1"]
    assert project.lines("host/node2") == ["memory 2G", "superclass own", "service_host s2"]
    assert project.lines("host/node2/users") == ["node2 mine"]
    assert addresses(project) == ["10.0.0.99", "10.0.0.1"]


def test_hosts_are_there_before_switches_are_resolved() -> None:
    found = check(
        """
        global { project p; autoenum { superclass s; numhosts 2; net 10.0.0.0/24; address auto } }
        superclass s { network eth0 { switch lan; netmask 255.255.255.0 } }
        switch lan { }
        """
    )
    assert found.compiled
    switch = found.compiled.course.projects["p"].switches["lan"]
    assert [member.host for member in switch.members] == ["node1", "node2"]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("hostprefix a", "autoenum has no numhosts"),
        ("numhosts many", "numhosts: 'many' is not a number"),
        ("numhosts 0", "numhosts: 0 is not a number from 1 to 10000"),
        ("numhosts -1", "numhosts: '-1' is not a number"),
        ("numhosts 999999999", "numhosts: 999999999 is not a number from 1 to 10000"),
        ("numhosts", "numhosts needs a number"),
        ("numhosts 1; address 10.0.0.1", "address: '10.0.0.1' is not auto"),
        ("numhosts 1; address auto", "address auto needs a net"),
        ("numhosts 1; address auto; net 10.0.0.256", "is not A.B.C.D"),
        ("numhosts 1; address auto; net 10.0.0.0/33", "is not A.B.C.D"),
        ("numhosts 1; address auto; net $gone", "is not A.B.C.D"),
        ("numhosts 1; address auto; net 10.0.0.0; addresses_begin x", "addresses_begin: 'x' is not a number"),
        ("numhosts 1; service_hosts { s1 some }", "'some' is not a number of hosts"),
    ],
)
def test_what_it_cannot_use_is_said_and_makes_nothing(block: str, words: str) -> None:
    project = made(block)
    (found,) = project.found
    assert found.code == "autoenum-incomplete"
    assert words in found.message
    assert hosts(project) == []


def test_a_block_without_a_superclass_is_incomplete() -> None:
    assert expand("global { project p; autoenum { numhosts 2 } }").codes == ["autoenum-incomplete"]


def test_an_unknown_superclass_is_said_once() -> None:
    assert made("numhosts 3", "host a { }").codes == ["unknown-superclass"] * 3
    assert check("global { project p; autoenum { superclass x; numhosts 3 } }").codes == [
        "unknown-superclass"
    ]
