"""Questions and output of ``retired`` and ``purge``: volumes of removed hosts."""

from mlnc.ir.quantity import counted
from mlnc.output.errors import Refused
from mlnc.runner.console.command_output import confirm, print_json
from mlnc.runner.deploy.retired_volumes import Retired, belonging
from mlnc.runner.deploy.retired_volumes import as_data as retired_data
from mlnc.runner.results import Result, as_data


def confirm_purge(name: str, volumes: list[Retired], given: str) -> None:
    """Ask for *name*, unless *given* is that name, to delete *volumes*. Raises Refused for another answer."""
    places = ", ".join(f"{each.place} on {each.server}" for each in volumes)
    confirm(name, f"This permanently deletes, with all data: {places}.", given)


def require_retired(volumes: list[Retired], silent: list[Result], name: str) -> None:
    """Raise Refused unless *volumes* holds one of *name*; the message names the *silent* servers."""
    if not belonging(volumes, name):
        unknown = ", ".join(f"{each.server} ({each.message})" for each in silent)
        raise Refused(
            f"{name} has no retired volumes"
            + (f" on the servers that answered; no answer from {unknown}" if silent else "")
        )


def print_retired(volumes: list[Retired], silent: list[Result], machine: bool) -> None:
    """Print a line for each of *volumes* and of the *silent* servers, as JSON if *machine*."""
    if machine:
        print_json({"retired": list(map(retired_data, volumes)), "silent": list(map(as_data, silent))})
        return
    for each in volumes:
        size = f"{each.size_bytes / 2**20:.0f} MiB"
        print(
            f"{each.project}/{each.host}  {each.role}  {each.server} {each.place}  {size}  since {each.date}"
        )
    for result in silent:
        print(f"{result.server}: {result.message}")
    count = counted(len(volumes), "retired volume")
    print(f"{count}; delete those of a host with invoke purge PROJECT/HOST" if volumes else count)
