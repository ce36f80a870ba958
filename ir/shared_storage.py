"""Service hosts that share storage or exchange virtual machines.

The two relations grant different access:

* servers *share storage* when both list the same ``san_path``: domains can migrate live between them, so each accepts
  domains from the other (relocation of xend, ssh of xl);
* servers *exchange VMs* when they share storage or a project has virtual machines on both: the MLN 1 daemon of one
  sends commands to that of the other (MLN reference, section 5).
"""

from collections.abc import Callable, Iterable
from itertools import combinations

from mlnc.ir.model import Course, ServiceHost

Peers = dict[str, tuple[str, ...]]


def storage_name(path: str) -> str:
    """Normalize a ``san_path``: a volume group to its bare name, a path to one without a trailing slash."""
    trimmed = path.rstrip("/") or path
    group = trimmed.removeprefix("/dev/")
    return group if "/" not in group else trimmed


def shared_storage(one: ServiceHost, other: ServiceHost) -> frozenset[str]:
    """Return the storage that both servers list as shared, as :func:`storage_name` spells it."""
    return _storage(one) & _storage(other)


def migration_peers(course: Course) -> Peers:
    """Return, for every service host of *course*, the servers with which it shares storage, sorted."""
    servers = course.site.service_hosts
    return _peers(servers, lambda one, other: bool(shared_storage(servers[one], servers[other])))


def exchange_peers(course: Course) -> Peers:
    """Return, for every service host of *course*, the servers with which it shares storage or a project, sorted."""
    servers = course.site.service_hosts
    with_project = shared_projects(course)

    def exchange(one: str, other: str) -> bool:
        return (one, other) in with_project or bool(shared_storage(servers[one], servers[other]))

    return _peers(servers, exchange)


def _storage(server: ServiceHost) -> frozenset[str]:
    return frozenset(map(storage_name, server.san_paths))


def _peers(servers: Iterable[str], related: Callable[[str, str], bool]) -> Peers:
    """Tabulate the symmetric relation *related*, which is called once for each sorted pair of *servers*."""
    names = sorted(servers)
    pairs = {pair for pair in combinations(names, 2) if related(*pair)}
    return {
        name: tuple(other for other in names if (name, other) in pairs or (other, name) in pairs)
        for name in names
    }


def shared_projects(course: Course) -> set[tuple[str, str]]:
    """Return the sorted pairs of servers on which one project has Xen domains."""
    pairs: set[tuple[str, str]] = set()
    for project in course.projects.values():
        used = {host.service_host for host in project.xen_hosts().values()}
        pairs |= set(combinations(sorted(used), 2))
    return pairs
