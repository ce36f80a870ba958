"""Which service hosts exchange virtual machines, and what stands in the way of it.

Two relations, because they open different doors:

* servers *share storage* when both list the same ``san_path``: a domain may move between them while it runs,
  so each lets the other send domains (relocation of xend, ssh of xl);
* servers *exchange VMs* when they share storage or a project has virtual machines on both: the original's
  daemon of one gives orders to that of the other (MLN reference, section 5).
"""

from collections.abc import Callable, Iterable
from itertools import combinations

from mlnc.ir.model import Course, ServiceHost

Peers = dict[str, tuple[str, ...]]


def storage_name(path: str) -> str:
    """A ``san_path`` in one spelling: a volume group as its bare name, a path without its last slash."""
    trimmed = path.rstrip("/") or path
    group = trimmed.removeprefix("/dev/")
    return group if "/" not in group else trimmed


def shared_storage(one: ServiceHost, other: ServiceHost) -> frozenset[str]:
    """The storage both servers list as shared, by :func:`storage_name`."""
    return _storage(one) & _storage(other)


def migration_peers(course: Course) -> Peers:
    """For every service host of *course* the others with which it shares storage, sorted."""
    servers = course.site.service_hosts
    return _peers(servers, lambda one, other: bool(shared_storage(servers[one], servers[other])))


def exchange_peers(course: Course) -> Peers:
    """For every service host of *course* the others with which it shares storage or a project, sorted."""
    servers = course.site.service_hosts
    together = shared_projects(course)

    def exchange(one: str, other: str) -> bool:
        return (one, other) in together or bool(shared_storage(servers[one], servers[other]))

    return _peers(servers, exchange)


def _storage(server: ServiceHost) -> frozenset[str]:
    return frozenset(map(storage_name, server.san_paths))


def _peers(servers: Iterable[str], related: Callable[[str, str], bool]) -> Peers:
    """The relation *related*, which is asked for each two names in their order, as a table."""
    names = sorted(servers)
    pairs = {pair for pair in combinations(names, 2) if related(*pair)}
    return {
        name: tuple(other for other in names if (name, other) in pairs or (other, name) in pairs)
        for name in names
    }


def shared_projects(course: Course) -> set[tuple[str, str]]:
    """Each two servers, in the order of their names, on which one project has Xen domains."""
    pairs: set[tuple[str, str]] = set()
    for project in course.projects.values():
        used = {host.service_host for host in project.xen_hosts().values()}
        pairs |= set(combinations(sorted(used), 2))
    return pairs
