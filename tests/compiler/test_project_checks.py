"""The checks of one project: each with what must be said of it, and with what must not."""

import pytest
from projects import Sources

SERVERS = "service_host atlas { address 192.0.2.2 }\nservice_host boreas { address 192.0.2.3 }\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("memory 512M; maxmem 512M; vcpus 2; maxvcpus 2", []),
        ("maxmem 128M; maxvcpus 1", []),
        ("memory 512M; maxmem 256M", ["conflicting-directives 256M"]),
        ("vcpus 4; maxvcpus 2", ["conflicting-directives 2"]),
        ("maxmem 64M", ["conflicting-directives 64M"]),
    ],
)
def test_what_a_host_starts_with_is_within_its_limits(body: str, found: list[str], sources: Sources) -> None:
    assert sources.marked(f"host web {{ {body} }}") == found


def test_the_memory_of_the_server_counts_where_the_host_has_none(sources: Sources) -> None:
    site = "service_host atlas { address 192.0.2.2; default_memory 1G }"
    text = "host web { service_host 192.0.2.2; maxmem 512M }"
    assert sources.messages(text, site=site) == ["maxmem is 512 MiB, and memory 1024 MiB"]


def card(body: str) -> str:
    return f"host web {{ xen; network eth0 {{ {body} }} }}"


def long_chain(length: int) -> str:
    return "a" * length


@pytest.mark.parametrize("name", ["group07", "a.b", "my-lab_2", "7", long_chain(63), "sites"])
def test_names_of_projects(name: str, sources: Sources) -> None:
    assert sources.codes(f"global {{ project {name} }}\nhost web {{ xen }}\n") == []


@pytest.mark.parametrize("name", ["-lab", ".lab", "a/b", "lab!", "größe", long_chain(64), "site"])
def test_no_names_of_projects(name: str, sources: Sources) -> None:
    assert sources.marked(f"global {{ project {name} }}\nhost web {{ xen }}\n")[0] == f"invalid-name {name}"


@pytest.mark.parametrize("name", ["web", "Web-1", "a.b", "7", "node_01", long_chain(63)])
def test_names_of_hosts(name: str, sources: Sources) -> None:
    assert sources.codes(f"host {name} {{ xen }}\n") == []


@pytest.mark.parametrize(
    "name",
    [
        "-web",
        "web-",
        "web.",
        ".web",
        "a/b",
        '"my web"',
        "web!",
        "größe",
        long_chain(64),
        "snapshot1",
        "pvmove0",
        "web.cfg",
        "storage.sh",
    ],
)
def test_no_names_of_hosts(name: str, sources: Sources) -> None:
    assert sources.marked(f"host {name} {{ xen }}\n") == [f"invalid-name {name}"]


def test_a_name_that_no_volume_can_have(sources: Sources) -> None:
    host, project = "h" * 63, "p" * 63
    assert sources.messages(f"global {{ project {project} }}\nhost {host} {{ xen }}\n") == [
        f"{host}.{project} is no name for a volume: it has 132 characters and LVM takes 127"
    ]


@pytest.mark.parametrize("name", ["eth0", "e" * 15, "lan.7"])
def test_names_of_cards(name: str, sources: Sources) -> None:
    assert sources.codes(f"host web {{ xen; network {name} {{ address dhcp }} }}\n") == []


@pytest.mark.parametrize("name", ["0", "e" * 16, "eth/0", "$card"])
def test_no_names_of_cards(name: str, sources: Sources) -> None:
    assert sources.marked(f"host web {{ xen; network {name} {{ address dhcp }} }}\n") == [
        f"invalid-name {name}"
    ]


@pytest.mark.parametrize("name", ["lan", "lan-7.a_b", "operating-systems"])
def test_names_of_switches(name: str, sources: Sources) -> None:
    assert sources.codes(f"switch {name} {{ }}\nhost web {{ xen }}\n") == []


@pytest.mark.parametrize("name", ["-lan", "lan/7", "größe"])
def test_no_names_of_switches(name: str, sources: Sources) -> None:
    assert sources.marked(f"switch {name} {{ }}\nhost web {{ xen }}\n") == [f"invalid-name {name}"]


@pytest.mark.parametrize(
    "host",
    [
        "host web { xen; service_host atlas }",
        "host web { xen; service_host 192.0.2.3 }",
        "superclass small { service_host boreas }\nhost web { xen; superclass small }",
        "switch lan { service_host atlas }\nhost web { xen; service_host atlas; network eth0 { switch lan } }",
    ],
)
def test_declared_servers_are_found_by_name_and_address(host: str, sources: Sources) -> None:
    assert sources.codes(host, site=SERVERS) == []


def test_where_none_is_declared_any_server_will_do(sources: Sources) -> None:
    assert sources.codes("host web { xen; service_host atals }\n") == []


def test_undeclared_servers(sources: Sources) -> None:
    hosts = "switch lan { service_host gone }\nhost web { xen; service_host atals }\n"
    found = sources.findings(hosts, site=SERVERS)
    assert [each.code for each in found] == ["undeclared-service-host"] * 2
    assert [each.hint for each in found] == ["declared are atlas, boreas", "did you mean 'atlas'?"]


def test_a_host_without_a_server_goes_to_localhost(sources: Sources) -> None:
    assert sources.marked("host web { xen }\n", site=SERVERS) == ["no-service-host web"]
    assert sources.codes("host web { xen }\n", site="service_host localhost { }\n") == []
    assert sources.host("xen", site=SERVERS).service_host == "localhost"


def test_switches(sources: Sources) -> None:
    assert sources.codes("switch lan { }\n" + card("switch lan")) == []
    assert sources.marked("switch lan { }\n" + card("switch lna")) == ["undefined-switch lna"]
    assert sources.marked(card("switch lan")) == ["undefined-switch lan"]


ADDRESSES = {
    "address 10.0.0.2/24": [],
    "address 10.0.0.2; netmask 255.255.255.0": [],
    "address 10.0.0.2/24; netmask /24": [],
    "address 10.0.0.2/24; gateway 10.0.0.1; broadcast 10.0.0.255": [],
    "address 10.0.0.0/31": [],
    "address 10.0.0.255/32": [],
    "address dhcp": [],
    "address6 2001:db8::2/64; gateway6 2001:db8::1": [],
    "address6 2001:db8::2/64; gateway6 fe80::1": [],
    "address6 auto": [],
    "address 10.0.0.2": ["missing-netmask 10.0.0.2"],
    "address 10.0.0.2/24; netmask 255.255.0.0": ["address-conflict 255.255.0.0"],
    "address 10.0.0.0/24": ["address-conflict 10.0.0.0/24"],
    "address 10.0.0.255/24": ["address-conflict 10.0.0.255/24"],
    "address 224.0.0.1/24": ["address-conflict 224.0.0.1/24"],
    "address 127.0.0.1/8": ["address-conflict 127.0.0.1/8"],
    "address 0.0.0.0/32": ["address-conflict 0.0.0.0/32"],
    "address 10.0.0.2/24; gateway 10.0.1.1": ["address-conflict 10.0.1.1"],
    "address 10.0.0.2/24; gateway 10.0.0.2": ["address-conflict 10.0.0.2"],
    "address 10.0.0.2/24; broadcast 10.0.1.255": ["address-conflict 10.0.1.255"],
    "address dhcp; netmask 255.255.255.0": ["without-effect netmask 255.255.255.0"],
    "gateway 10.0.0.1": ["without-effect gateway 10.0.0.1"],
    "address6 2001:db8::2/64; gateway6 2001:db9::1": ["address-conflict 2001:db9::1"],
    "address6 ff02::1/64": ["address-conflict ff02::1/64"],
    "address6 ::1/128": ["address-conflict ::1/128"],
    "address6 auto; gateway6 fe80::1": ["without-effect gateway6 fe80::1"],
    "gateway6 fe80::1": ["without-effect gateway6 fe80::1"],
    "bridge br0; switch lan": ["without-effect switch lan"],
}


@pytest.mark.parametrize("body", ADDRESSES)
def test_addresses(body: str, sources: Sources) -> None:
    assert sources.marked("switch lan { }\n" + card(body)) == ADDRESSES[body]


def test_a_netmask_from_a_superclass_is_no_mistake_of_a_host_without_address(sources: Sources) -> None:
    shared = "superclass small { xen; network eth0 { netmask 255.255.255.0 } }\n"
    assert sources.codes(shared + "host web { superclass small; network eth0 { address dhcp } }\n") == []


KINDS = {
    "xen; hvm": [],
    "pvh": [],
    "hvm; pvh": ["conflicting-directives pvh"],
    "hvm off; pvh": [],
    "xen off; hvm": ["conflicting-directives off"],
    "xen off; pvh": ["conflicting-directives off"],
    "hvm; kernel /boot/vmlinuz": ["without-effect kernel /boot/vmlinuz"],
    "hvm; swap 1G": ["without-effect swap 1G"],
    "hvm; root_passwd @secret": ["without-effect root_passwd @secret"],
    "hvm; guest cloud-init; root_passwd @secret": [],
    "hvm; users { bob }": ["without-effect users"],
    "hvm; groups { staff { bob } }": ["without-effect groups"],
    "hvm; startup { }": [],
    "hvm; guest cloud-init; startup { echo }": [],
    "xen; user_data { echo }": ["user-data-unused user_data"],
    "xen; guest cloud-init; user_data { echo }": [],
}


@pytest.mark.parametrize("body", KINDS)
def test_kinds(body: str, sources: Sources) -> None:
    assert sources.marked(f"host web {{ {body} }}\n") == KINDS[body]


def test_what_a_superclass_brings_is_no_mistake_of_an_hvm_host(sources: Sources) -> None:
    shared = "superclass all { swap 1G; users { bob }; root_passwd @secret; groups { staff { bob } } }\n"
    assert sources.codes(shared + "host web { hvm; superclass all }\n") == []
    own = "host web { hvm; superclass all; users { eve } }\n"
    assert sources.marked(shared + own) == ["without-effect users"]


STORAGE = {
    "lvm; lvm_snapshot; template base": [],
    "lvm_snapshot": ["conflicting-directives lvm_snapshot"],
    "lvm; lvm_vg san_vg": [],
    "lvm_vg san_vg": ["without-effect lvm_vg san_vg"],
    "filepath /srv/nfs": [],
    "lvm; filepath /srv/nfs": ["without-effect filepath /srv/nfs"],
    "size 4G": [],
    "free_space 1G": [],
    "size 4G; free_space 1G": ["without-effect size 4G"],
}


@pytest.mark.parametrize("body", STORAGE)
def test_storage(body: str, sources: Sources) -> None:
    assert sources.marked(f"host web {{ xen; {body} }}\n") == STORAGE[body]


@pytest.mark.parametrize(
    ("kind", "most"), [("xen", 37), ("pvh", 37), ("hvm", 24), ("xen; guest cloud-init", 23)]
)
def test_as_many_disks_as_there_are_names(kind: str, most: int, sources: Sources) -> None:
    def disks(number: int) -> str:
        lines = "; ".join(f"/srv/d{each} /mnt/d{each} ext4" for each in range(number))
        return f"host web {{ {kind}; mount {{ {lines} }} }}\n"

    assert sources.codes(disks(most)) == []
    assert sources.marked(disks(most + 1)) == ["invalid-value mount"]
    assert sources.messages(disks(most + 1)) == [f"more disks than the {most} that can be attached here"]


def test_numbers_of_users(sources: Sources) -> None:
    assert sources.codes("host web { xen; users { bob x /home/bob 1001; eve x /home/eve 1002 } }\n") == []
    twice = "host web { xen; users { bob x /home/bob 1001; eve x /home/eve 1001 } }\n"
    assert sources.marked(twice) == ["conflicting-directives 1001"]


def test_a_line_of_the_host_replaces_that_of_its_superclass(sources: Sources) -> None:
    shared = "superclass all { xen; users { bob x /home/bob 1001 } }\n"
    own = "host web { superclass all; users { eve x /home/eve 1001; bob x /home/bob 1002 } }\n"
    assert sources.codes(shared + own) == []


@pytest.mark.parametrize("server", ["atlas", "a.example.org", "192.0.2.2", "2001:db8::2"])
def test_names_of_servers(server: str, sources: Sources) -> None:
    site = f"service_host {server} {{ address 192.0.2.9 }}\n"
    assert sources.codes(f"host web {{ xen; service_host {server} }}\n", site=site) == []


def test_no_name_of_a_server(sources: Sources) -> None:
    assert sources.marked(
        "host web { xen; service_host x }\n", site="service_host a/b { }\nservice_host x { }\n"
    ) == ["invalid-name a/b"]


def test_an_address_is_that_of_one_server(sources: Sources) -> None:
    site = "service_host atlas { address 192.0.2.2 }\nservice_host boreas { address 192.0.2.2 }\n"
    assert sources.marked("host web { xen; service_host atlas }\n", site=site) == [
        "conflicting-directives 192.0.2.2"
    ]
