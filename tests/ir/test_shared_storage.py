"""Service hosts that share storage or exchange virtual machines."""

from typing import Any

import pytest
from bundles import codes
from courses import SERVER, course, host, project, service_host
from hypothesis import given
from hypothesis import strategies as st

from mlnc.ir.model import Course
from mlnc.ir.shared_storage import exchange_peers, migration_peers, storage_name
from mlnc.targets.xen import migration_preflight


def sharing(one: dict[str, Any], two: dict[str, Any], *hosts_on: str) -> Course:
    """A course with servers one and two, and a project with a host on each of *hosts_on*."""
    hosts = {f"h{n}": host(service_host=server) for n, server in enumerate(hosts_on)}
    servers = {"one": service_host(**one), "two": service_host(**two)}
    return course(project(hosts=hosts), service_hosts=servers)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("san_vg", "san_vg"),
        ("/dev/san_vg", "san_vg"),
        ("/dev/san_vg/", "san_vg"),
        ("/srv/nfs/", "/srv/nfs"),
        ("/", "/"),
    ],
)
def test_storage_names_are_normalized(path: str, name: str) -> None:
    assert storage_name(path) == name


def test_a_path_below_a_folder_of_dev_is_not_a_volume_group() -> None:
    assert storage_name("/dev/disk/by-path/ip-10.0.0.9") == "/dev/disk/by-path/ip-10.0.0.9"


def test_peers_share_storage_or_a_project() -> None:
    shared = {"san_paths": ("san_vg",)}
    apart = {"san_paths": ("local",)}
    assert migration_peers(sharing(shared, {"san_paths": ("/dev/san_vg/",)})) == {
        "one": ("two",),
        "two": ("one",),
    }
    assert migration_peers(sharing(shared, apart, "one", "two")) == {"one": (), "two": ()}
    assert exchange_peers(sharing(shared, apart, "one", "two")) == {"one": ("two",), "two": ("one",)}
    assert exchange_peers(sharing(shared, apart, "one", "one")) == {"one": (), "two": ()}


def test_hosts_of_other_platforms_do_not_make_servers_peers() -> None:
    hosts = {"a": host(), "b": host(service_host="two", platform="kvm")}
    servers = {SERVER: service_host(), "two": service_host()}
    assert exchange_peers(course(project(hosts=hosts), service_hosts=servers))["two"] == ()


SAN = {"san_paths": ("san_vg",)}


@pytest.mark.parametrize(
    ("one", "two", "found"),
    [
        ({"toolstack": "xl"}, {"toolstack": "xm"}, ["toolstack-differs"]),
        ({"xen_version": "4.17"}, {"xen_version": "4.14"}, ["xen-version-differs"]),
        ({"xen_version": "4.17"}, {"xen_version": None}, []),
        ({"volume_group": "san_vg"}, {"volume_group": "local"}, ["storage-differs"]),
        ({"volume_group": "a"}, {"volume_group": "b"}, []),
        ({}, {}, []),
    ],
)
def test_differences_of_servers_that_share_storage(
    one: dict[str, Any], two: dict[str, Any], found: list[str]
) -> None:
    made = sharing({**SAN, **one}, {**SAN, **two})
    assert codes(migration_preflight.emit(made)) == [(code, "site/service_hosts/two") for code in found]


def test_two_spellings_of_a_volume_group_are_shared_storage() -> None:
    one, two = {"san_paths": ("san_vg",)}, {"san_paths": ("san-vg",)}
    assert codes(migration_preflight.emit(sharing(one, two, "one", "two"))) == [
        ("storage-differs", "site/service_hosts/two")
    ]
    assert codes(migration_preflight.emit(sharing(one, two, "one"))) == []
    assert codes(migration_preflight.emit(sharing(one, {}, "one", "two"))) == []


@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=2, max_size=5))
def test_peers_are_mutual_and_sorted(stores: list[set[str]]) -> None:
    servers = {f"s{n}": service_host(san_paths=tuple(store)) for n, store in enumerate(stores)}
    peers = migration_peers(course(service_hosts=servers))
    for name, others in peers.items():
        assert list(others) == sorted(others)
        assert all(name in peers[other] for other in others)
        assert name not in others
