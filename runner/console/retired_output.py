"""What is asked and printed about the volumes that removed hosts have left behind."""

from mlnc.output.errors import Refused
from mlnc.runner.console.command_output import confirm, print_json
from mlnc.runner.deploy.retired_volumes import Retired, belonging
from mlnc.runner.deploy.retired_volumes import as_data as retired_data
from mlnc.runner.results import Result, as_data


def confirm_purge(name: str, volumes: list[Retired], given: str) -> None:
    """Ask for *name* unless it was *given*, before *volumes* go for good. Raises Refused for another answer."""
    places = ", ".join(f"{each.place} on {each.server}" for each in volumes)
    confirm(name, f"This removes for good, with all data: {places}.", given)


def expect_retired(volumes: list[Retired], silent: list[Result], name: str) -> None:
    """Raise Refused unless something of *name* is retired; the *silent* servers are named."""
    if not belonging(volumes, name):
        unknown = ", ".join(f"{each.server} ({each.message})" for each in silent)
        raise Refused(
            f"nothing of {name} is retired"
            + (f", as far as is known; not asked: {unknown}" if silent else "")
        )


def print_retired(volumes: list[Retired], silent: list[Result], machine: bool) -> None:
    """Print a line for each of *volumes*, and which servers were *silent*."""
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
    many = "1 volume is" if len(volumes) == 1 else f"{len(volumes)} volumes are"
    print(f"{many} retired; invoke purge PROJECT/HOST removes those of a host for good")
