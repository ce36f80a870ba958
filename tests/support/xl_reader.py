"""Reads domain files and disk specifications with Xen's own library, libxlutil, of any Xen 4."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from functools import cache
from typing import Any

import pytest

Value = str | list["Value"]


class Disk(ctypes.Structure):
    """The beginning of ``libxl_device_disk``, the same since Xen 4.2, and more room than the rest takes."""

    _fields_ = (
        ("backend_domid", ctypes.c_uint32),
        ("backend_domname", ctypes.c_char_p),
        ("pdev_path", ctypes.c_char_p),
        ("vdev", ctypes.c_char_p),
        ("backend", ctypes.c_int),
        ("format", ctypes.c_int),
        ("script", ctypes.c_char_p),
        ("removable", ctypes.c_int),
        ("readwrite", ctypes.c_int),
        ("is_cdrom", ctypes.c_int),
        ("rest", ctypes.c_char * 4096),
    )


@cache
def library() -> Any:
    """libxlutil, or None where it is not installed."""
    found = find_library("xlutil")
    if found is None:
        return None
    loaded = ctypes.CDLL(found)
    loaded.xlu_cfg_init.restype = ctypes.c_void_p
    loaded.xlu_cfg_get_listitem2.restype = ctypes.c_void_p
    return loaded


@contextmanager
def _config() -> Iterator[Any]:
    """A configuration for libxlutil to read into; what it reports is dropped."""
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    report = ctypes.c_void_p(libc.fopen(b"/dev/null", b"w"))
    config = ctypes.c_void_p(library().xlu_cfg_init(report, b"domain file"))
    try:
        yield config
    finally:
        library().xlu_cfg_destroy(config)
        libc.fclose(report)


needs_libxlutil = pytest.mark.skipif(
    library() is None, reason="libxlutil (Debian: libxenmisc4.17 or libxen-dev) is not installed"
)


def accepts(text: str) -> bool:
    """Whether libxlutil reads *text* without an error."""
    data = text.encode()
    with _config() as config:
        return bool(library().xlu_cfg_readdata(config, data, len(data)) == 0)


def read(text: str, keys: set[str]) -> dict[str, Value]:
    """The values that libxlutil finds for *keys* in *text*; a key it does not find is left out."""
    data = text.encode()
    with _config() as config:
        assert library().xlu_cfg_readdata(config, data, len(data)) == 0, text
        found = {key: _look_up(config, key) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def _look_up(config: Any, key: str) -> Value | None:
    entries, size, string = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_char_p()
    if library().xlu_cfg_get_list(config, key.encode(), ctypes.byref(entries), ctypes.byref(size), 1) == 0:
        return _items(config, entries)
    if library().xlu_cfg_get_string(config, key.encode(), ctypes.byref(string), 1) == 0:
        return (string.value or b"").decode()
    return None


def _items(config: Any, entries: Any) -> list[Value]:
    found: list[Value] = []
    while pointer := library().xlu_cfg_get_listitem2(entries, len(found)):
        found.append(_item(config, ctypes.c_void_p(pointer)))
    return found


def _item(config: Any, value: Any) -> Value:
    entries, string = ctypes.c_void_p(), ctypes.c_char_p()
    if library().xlu_cfg_value_get_list(config, value, ctypes.byref(entries), 1) == 0:
        return _items(config, entries)
    assert library().xlu_cfg_value_get_string(config, value, ctypes.byref(string), 1) == 0
    return (string.value or b"").decode()


def disk(specification: str) -> tuple[str, str, bool]:
    """Device, path and whether it may be written; AssertionError where it is no disk specification."""
    parsed, text = Disk(), (ctypes.c_char_p * 1)(specification.encode())
    with _config() as config:
        assert library().xlu_disk_parse(config, 1, text, ctypes.byref(parsed)) == 0, specification
    return parsed.vdev.decode(), parsed.pdev_path.decode(), bool(parsed.readwrite)
