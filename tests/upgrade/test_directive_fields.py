"""Every field of the IR has its directive, so that no difference is told without the author's word for it."""

from dataclasses import fields
from typing import Any

import pytest

from mlnc.ir.model import Disk, Guest, Host, Interface, Vnc, Volume
from mlnc.schemas.language import load
from mlnc.upgrade.diff import directive_fields as tables
from mlnc.upgrade.diff.directive_fields import directive, table_class

COVERED = [
    (Host, tables.HOST),
    (Vnc, tables.VNC),
    (Volume, tables.VOLUME),
    (Disk, tables.DISK),
    (Interface, tables.INTERFACE),
    (Guest, tables.GUEST),
]


@pytest.mark.parametrize(("cls", "table"), COVERED, ids=lambda each: getattr(each, "__name__", ""))
def test_every_field_has_its_directive(cls: Any, table: dict[str, str | None]) -> None:
    assert set(table) == {field.name for field in fields(cls)}


@pytest.mark.parametrize("table", [table for _, table in COVERED])
def test_every_directive_is_one(table: dict[str, str | None]) -> None:
    block = "network" if table is tables.INTERFACE else "host"
    assert all(word is None or load().get(block, word) for word in table.values())


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("memory_mib", "memory"),
        ("volumes/root/size_bytes", "size"),
        ("volumes/root", "size"),
        ("volumes/swap/size_bytes", "swap"),
        ("volumes/seed", "guest"),
        ("disks/xvdb", "mount"),
        ("interfaces/eth0", "network"),
        ("interfaces/eth0/prefix_length", "netmask"),
        ("guest/users", "users"),
        ("vnc", "vncdisplay"),
        ("vnc/password", "vncpasswd"),
        ("foreign", None),
    ],
)
def test_a_path_and_its_directive(path: str, word: str | None) -> None:
    assert directive(path) == word


def test_the_class_of_the_table() -> None:
    assert table_class("kernel") == "reboot"
    assert table_class("interfaces/eth0/address") == "reboot"
    assert table_class("service_host") == "migrate"
    assert table_class("foreign") == "nothing"
