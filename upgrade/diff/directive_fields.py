"""Directive of each field of a host in the IR, from the directive table: plans name differences by directive."""

from functools import cache

from mlnc.schemas.language import Change, Directive, load

_WITHOUT_ROW = {"platform": "xen", "foreign": None}
"""Fields that no row of the table owns alone. A host of another platform has directives of that platform."""


@cache
def host_fields() -> dict[str, str | None]:
    """Directive by IR path below a host, volumes by role; the path of a network card is not part of it."""
    return {path: entry.name for path, entry in _rows("host").items()} | _WITHOUT_ROW


@cache
def interface_fields() -> dict[str, str]:
    """Directive by field of a network card."""
    return {path: entry.name for path, entry in _rows("network").items()}


def directive(path: str) -> str | None:
    """Return the directive of *path* of the IR, below a host: that of ``volumes/root/size_bytes`` is ``size``.

    A path without a directive has that of the nearest path around it. Raises KeyError for no field of a host.
    """
    first, *rest = path.split("/")
    if first == "interfaces" and len(rest) > 1:
        return interface_fields()[rest[1]]
    fields = host_fields()
    while path not in fields and "/" in path:
        path = path.rpartition("/")[0]
    return fields[path]


def table_class(path: str) -> Change:
    """Return the cost that the directive table gives to a change of *path* of a running virtual machine."""
    name = directive(path)
    block = "network" if path.startswith("interfaces/") and path.count("/") > 1 else "host"
    entry = load().get(block, name) if name else None
    return entry.change or "nothing" if entry else "nothing"


@cache
def _rows(block: str) -> dict[str, Directive]:
    """Rows of *block* by IR path; of two rows for one path the first in the table."""
    found: dict[str, Directive] = {}
    for entry in load().directives:
        if block in entry.blocks and entry.support == "xen":
            for path in entry.ir_paths:
                found.setdefault(path, entry)
    return found
