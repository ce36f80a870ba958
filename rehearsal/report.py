"""Report at the end of a rehearsal, as text."""

from collections.abc import Iterable, Sequence

from mlnc.rehearsal.server_state import Facts, count

_KINDS = {"domain": "domains", "volume": "volumes", "bridge": "bridges", "guest": "guests"}
_MAX_SHOWN = 50
"""Number of differences to print at most."""


def table(wanted: Facts, found: Facts, servers: Iterable[str]) -> list[str]:
    """Table with a line for each server: number of items of each kind, as ``found/wanted`` if these differ."""
    rows = [["server", *_KINDS.values()]]
    for server in servers:
        rows.append(
            [server, *(_cell(count(found, server, kind), count(wanted, server, kind)) for kind in _KINDS)]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(map(str.rjust, row[1:], widths[1:]))]).rstrip() for row in rows
    ]


def difference_lines(differences: Sequence[str]) -> list[str]:
    """Differences, one line each, the number of omitted ones, and a summary."""
    left_out = len(differences) - _MAX_SHOWN
    return [
        *differences[:_MAX_SHOWN],
        *([f"and {left_out} more"] if left_out > 0 else []),
        f"{len(differences)} differences from the IR" if differences else "the servers match the IR",
    ]


def _cell(found: int, wanted: int) -> str:
    return f"{found}" if found == wanted else f"{found}/{wanted}"
