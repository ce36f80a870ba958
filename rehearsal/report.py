"""What a person reads at the end of a rehearsal."""

from collections.abc import Iterable, Sequence

from mlnc.rehearsal.server_state import Facts, count

_KINDS = {"domain": "domains", "volume": "volumes", "bridge": "bridges", "guest": "guests"}
_SHOWN = 50
"""So many differences are printed."""


def table(wanted: Facts, found: Facts, servers: Iterable[str]) -> list[str]:
    """A line a server: how many things of each kind it has, ``had/wanted`` where these are not equal."""
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
    """The differences, a line each, the number of those that are left out, and the verdict."""
    left_out = len(differences) - _SHOWN
    return [
        *differences[:_SHOWN],
        *([f"and {left_out} more"] if left_out > 0 else []),
        f"{len(differences)} differences from the IR" if differences else "the servers are as the IR says",
    ]


def _cell(found: int, wanted: int) -> str:
    return f"{found}" if found == wanted else f"{found}/{wanted}"
