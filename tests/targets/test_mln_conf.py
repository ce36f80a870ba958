"""mln.conf: what a person reads, and what the original would read."""

from typing import Any

import original_conf
import pytest
from bundles import codes, texts
from courses import SERVER, course, host, project, service_host
from golden_files import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course
from mlnc.targets.mlnd import mln_conf

FULL: dict[str, Any] = {
    "address": "10.0.0.1",
    "memory_mib": 16384,
    "modules": "/lib/modules/6.1-xen",
    "san_paths": ("san_vg", "/dev/other_vg", "/srv/nfs/"),
    "lvm_execute_servers": ("/dev/san_vg two",),
    "daemon_allow": ("^192.168.10.*$",),
    "default_size_bytes": 2 << 30,
}


def of(**changes: Any) -> Course:
    """A course whose server differs from a plain one by *changes*, with a second server beside it."""
    two = service_host(address="10.0.0.2", san_paths=("san_vg",))
    return course(service_hosts={SERVER: service_host(**changes), "two": two})


def conf(made: Course, server: str = SERVER) -> str:
    return texts(mln_conf.emit(made))[f"hosts/{server}/_server/mln.conf"]


def test_golden(golden: Golden) -> None:
    assert mln_conf.emit(of(**FULL)).refusals == []
    golden("mln_conf/mln.conf", conf(of(**FULL)))


def test_every_server_has_one() -> None:
    assert [each.path for each in mln_conf.emit(of()).artifacts] == [
        f"hosts/{SERVER}/_server/mln.conf",
        "hosts/two/_server/mln.conf",
    ]


def test_the_original_reads_what_was_meant() -> None:
    assert original_conf.read(conf(of(**FULL))) == {
        "service_host": [SERVER],
        "templates": ["/opt/mln/templates"],
        "files": ["/opt/mln/files"],
        "projects": ["/opt/mln/projects"],
        "lvm_vg": ["san_vg"],
        "san_path": ["/dev/san_vg", "/dev/other_vg", "/srv/nfs"],
        "lvm_execute_server": ["/dev/san_vg two"],
        "xen_kernel": ["/boot/vmlinuz-xen"],
        "xen_ramdisk": ["/boot/initrd-xen"],
        "xen_modules": ["/lib/modules/6.1-xen"],
        "xen_bridge": ["xenbr0"],
        "default_template": ["debian.ext3"],
        "default_size": ["2G"],
        "default_memory": ["128M"],
        "default_term": ["none"],
        "daemon_max_memory": ["16384M"],
        "daemon_allow": ["^192.168.10.*$", "^10.0.0.2$"],
    }


@given(st.permutations(original_conf.OTHER_KEYS))
def test_in_whichever_order_it_looks_for_keys(order: list[str]) -> None:
    text = conf(of(**FULL))
    assert original_conf.read(text, order) == original_conf.read(text)


def test_no_key_holds_another() -> None:
    known = (*original_conf.FIRST_KEYS, *original_conf.OTHER_KEYS)
    written = [key.name for key in mln_conf.known_keys()]
    assert [(key, other) for key in written for other in known if other in key and other != key] == []
    assert set(written) <= set(known)


def test_the_model_is_as_careless_as_the_original() -> None:
    misread = "#daemon_allow 1.2.3.4\n# daemon_allow 5.6.7.8\ndaemon_projects /p\n lvm_vg x\nfiles $HOME/f\n"
    read = original_conf.read(misread)
    assert read["daemon_allow"] == ["1.2.3.4"]
    assert read["projects"] == ["/p"]
    assert "lvm_vg" not in read
    assert read["files"] != ["$HOME/f"]


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("templates", "/srv/my templates", "templates"),
        ("files", "/srv/$USER", "files"),
        ("kernel", "vmlinuz", "kernel"),
        ("volume_group", "a b", "volume_group"),
        ("san_paths", ("/srv/(nfs", "san_vg"), "san_paths"),
        ("lvm_execute_servers", ("san_vg two",), "lvm_execute_servers"),
        ("default_template", "", "default_template"),
    ],
)
def test_value_that_would_be_misread(field: str, value: Any, key: str) -> None:
    assert codes(mln_conf.emit(of(**{field: value, "address": "10.0.0.1"}))) == [
        ("mln-conf-value", f"site/service_hosts/{SERVER}/{key}")
    ]


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (4 << 30, "4G"),
        (250 << 20, "250M"),
        (3 << 10, "3K"),
        (250 * 10**6, "250MB"),
        (5 * 10**9, "5GB"),
        (7, "1K"),
    ],
)
def test_size_in_a_unit_of_the_original(size_bytes: int, text: str) -> None:
    assert mln_conf.size_text(size_bytes) == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_refused_or_read_back(folder: str, group: str, template: str) -> None:
    changes = {
        "files": f"/{folder}",
        "volume_group": group,
        "default_template": template,
        "address": "10.0.0.1",
    }
    made = of(**changes)
    read = original_conf.read(conf(made))
    refused = {where.rsplit("/")[-1] for _, where in codes(mln_conf.emit(made))}
    for key, field in (
        ("files", "files"),
        ("lvm_vg", "volume_group"),
        ("default_template", "default_template"),
    ):
        assert read.get(key, []) == ([] if field in refused else [changes[field]])


def test_projects_on_both_servers_exchange_vms() -> None:
    hosts = {"a": host(), "b": host(service_host="two")}
    servers = {SERVER: service_host(address="10.0.0.1"), "two": service_host(address="10.0.0.2")}
    made = course(project(hosts=hosts), service_hosts=servers)
    assert original_conf.read(conf(made, "two"))["daemon_allow"] == ["^10.0.0.1$"]
