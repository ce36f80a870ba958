"""Which projects and servers a command is about: the options ``--project`` and ``--host``."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.errors import Refused

if TYPE_CHECKING:
    from mlnc.runner.run_context import RunContext

Selection = dict[str, dict[str, tuple[str, ...]]]
"""By service host and project: the hosts that were named; none stands for all of them."""


def select(run: "RunContext", projects: Iterable[str] = (), hosts: Iterable[str] = ()) -> Selection:
    """Every project on every service host that it has files for, or had by the record, cut down to what was named.

    *projects* are names. *hosts* are service hosts (``atlas``) or single hosts of a project (``group01/linux``);
    several add up. Raises Refused for a name that nothing has.
    """
    everything = _everything(run)
    for project in projects:
        _expect(project, {name for names in everything.values() for name in names}, "project")
    wanted = set(projects)
    chosen: Selection = {
        server: {name: () for name in sorted(names) if not wanted or name in wanted}
        for server, names in everything.items()
    }
    named = list(hosts)
    return {
        server: found for server, found in (_cut(run, chosen, named) if named else chosen).items() if found
    }


def known_servers(run: "RunContext", names: Iterable[str]) -> frozenset[str]:
    """*names*, which must be service hosts. Raises Refused for one that is not."""
    found = frozenset(names)
    for name in sorted(found):
        _expect(name, set(run.site), "service host")
    return found


def known_hosts(run: "RunContext", names: Iterable[str]) -> frozenset[str]:
    """*names*, which must be ``PROJECT/HOST`` of a plan or a project. Raises Refused for one that is not."""
    found = frozenset(names)
    for name in sorted(found):
        project, _, host = name.partition("/")
        plan = run.plan(project)
        hosts = set(plan.hosts if plan else ())
        hosts |= set(run.project(project).hosts if project in run.manifest.projects else ())
        _expect(host, hosts, f"host of {project}")
    return found


def _everything(run: "RunContext") -> dict[str, set[str]]:
    found = {server: set(bundles) for server, bundles in sorted(run.bundles.items())}
    for record in run.records.values():
        for server in record.generations:
            if server in run.site:
                found.setdefault(server, set()).add(record.project)
    return {server: names - {SERVER_ROOM} for server, names in sorted(found.items())}


def _cut(run: "RunContext", chosen: dict[str, dict[str, tuple[str, ...]]], named: list[str]) -> Selection:
    cut: Selection = {}
    for name in named:
        project, slash, host = name.partition("/")
        if slash:
            server = _server_of(run, project, host)
            if project in chosen.get(server, {}):
                there = cut.setdefault(server, {})
                there[project] = (*there.get(project, ()), host)
        else:
            _expect(name, set(run.site), "service host")
            cut[name] = chosen.get(name, {})
    return cut


def _server_of(run: "RunContext", project: str, host: str) -> str:
    _expect(project, set(run.manifest.projects), "project")
    hosts = run.project(project).hosts
    _expect(host, set(hosts), f"host of {project}")
    return hosts[host].service_host


def _expect(name: str, known: set[str], what: str) -> None:
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise Refused(f"there is no {what} {name!r}" + (f"; did you mean {close[0]}?" if close else ""))
