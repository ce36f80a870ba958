"""Every field of a host in the IR has a directive, so that a plan names each difference by the author's word."""

from dataclasses import fields
from typing import Any

import pytest

from mlnc.ir.model import Guest, Host, Interface, Project, ServiceHost, Switch, Vnc, Volume
from mlnc.schemas.language import load
from mlnc.upgrade.diff.directive_fields import directive, host_fields, interface_fields, table_class

PARTS = [(Vnc, "vnc"), (Volume, "volumes/root"), (Guest, "guest")]


def names(cls: Any) -> set[str]:
    return {field.name for field in fields(cls)}


def test_every_field_of_a_host_has_a_directive() -> None:
    assert names(Host) - {"volumes"} <= set(host_fields())


@pytest.mark.parametrize(("cls", "path"), PARTS, ids=lambda each: getattr(each, "__name__", ""))
def test_every_field_of_a_part_of_a_host_has_a_directive(cls: Any, path: str) -> None:
    assert {f"{path}/{name}" for name in names(cls)} <= set(host_fields())


def test_every_field_of_a_network_card_has_a_directive() -> None:
    assert names(Interface) <= set(interface_fields())


def test_every_path_of_the_table_is_a_field_of_the_ir() -> None:
    known = {
        "global": names(Project) | {f"hooks/{name}" for name in load().script_blocks()},
        "host": names(Host) | {f"{path}/{name}" for cls, path in PARTS for name in names(cls)},
        "network": names(Interface),
        "switch": names(Switch),
        "service_host": names(ServiceHost),
    }
    known["host"] |= {"volumes/root", "volumes/swap", "volumes/seed"}
    for entry in load().directives:
        for block in known.keys() & set(entry.blocks) if entry.ir is not None else ():
            assert set(entry.ir_paths) <= known[block], entry.name


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("memory_mib", "memory"),
        ("domain", "renamed_from"),
        ("uuid", "renamed_from"),
        ("platform", "xen"),
        ("type", "hvm"),
        ("console", "term"),
        ("on_crash", "on_crash"),
        ("volumes/root/size_bytes", "size"),
        ("volumes/root/name", "renamed_from"),
        ("volumes/root/shared", "lvm"),
        ("volumes/root", "size"),
        ("volumes/swap/size_bytes", "swap"),
        ("volumes/seed", "guest"),
        ("disks/xvdb", "mount"),
        ("interfaces/eth0", "network"),
        ("interfaces/eth0/mac", "mac"),
        ("interfaces/eth0/mode", "address"),
        ("interfaces/eth0/prefix_length", "netmask"),
        ("interfaces/eth0/prefix_length6", "address6"),
        ("guest/users", "users"),
        ("guest/root_device", "hvm"),
        ("guest/swap_device", "swap"),
        ("guest/mounts", "mount"),
        ("vnc", "vncdisplay"),
        ("vnc/password", "vncpasswd"),
        ("foreign", None),
    ],
)
def test_a_path_has_the_directive_of_the_nearest_path_in_the_table(path: str, word: str | None) -> None:
    assert directive(path) == word


def test_the_class_of_a_path_is_that_of_its_directive() -> None:
    assert table_class("kernel") == "reboot"
    assert table_class("interfaces/eth0/address") == "reboot"
    assert table_class("service_host") == "migrate"
    assert table_class("foreign") == "nothing"
