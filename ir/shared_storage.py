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
from mlnc.output.artifact import Refusal

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
    together = _together(course)

    def exchange(one: str, other: str) -> bool:
        return (one, other) in together or bool(shared_storage(servers[one], servers[other]))

    return _peers(servers, exchange)


def differences(course: Course) -> list[Refusal]:
    """What makes a migration between two servers of *course* fail, as far as the site declares it.

    Codes ``toolstack-differs``, ``xen-version-differs``, ``storage-differs``, each at the second of two servers
    (by name) in ``site/service_hosts``.
    """
    servers = course.site.service_hosts
    together = _together(course)
    refusals = []
    for one, other in combinations(sorted(servers), 2):
        shared = shared_storage(servers[one], servers[other])
        if shared:
            refusals += _mismatches(one, servers[one], other, servers[other], shared)
        elif (one, other) in together:
            refusals += _unshared(one, servers[one], other, servers[other])
    return refusals


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


def _together(course: Course) -> set[tuple[str, str]]:
    """Each two servers, in the order of their names, on which one project has Xen domains."""
    pairs: set[tuple[str, str]] = set()
    for project in course.projects.values():
        used = {host.service_host for host in project.hosts.values() if host.platform == "xen"}
        pairs |= set(combinations(sorted(used), 2))
    return pairs


def _mismatches(
    one: str, first: ServiceHost, other: str, second: ServiceHost, shared: frozenset[str]
) -> list[Refusal]:
    """The refusals for two servers that share the storage *shared*."""
    refusals = []
    if first.toolstack != second.toolstack:
        why = f"one runs {first.toolstack}, the other {second.toolstack}; no domain moves between them alive"
        refusals.append(_differ("toolstack-differs", one, other, why, "give both the same toolstack"))
    versions = first.xen_version, second.xen_version
    if None not in versions and versions[0] != versions[1]:
        why = f"Xen {versions[0]} and {versions[1]}; a domain may move to the newer one but not back"
        refusals.append(_differ("xen-version-differs", one, other, why, "bring both to the same version"))
    groups = {first.volume_group, second.volume_group}
    if len(groups) > 1 and groups & shared:
        why = f"lvm_vg is {first.volume_group} here and {second.volume_group} there"
        hint = "give both the same lvm_vg, or name lvm_vg in each host"
        refusals.append(_differ("storage-differs", one, other, why, hint))
    return refusals


def _unshared(one: str, first: ServiceHost, other: str, second: ServiceHost) -> list[Refusal]:
    """The refusal for two servers of one project that both have shared storage, but none in common."""
    if not first.san_paths or not second.san_paths:
        return []
    why = f"san_path is {', '.join(first.san_paths)} here and {', '.join(second.san_paths)} there"
    return [_differ("storage-differs", one, other, why, "use the same name for storage that both see")]


def _differ(code: str, one: str, other: str, why: str, hint: str) -> Refusal:
    message = f"{one} and {other} exchange virtual machines but differ: {why}"
    return Refusal(code, f"site/service_hosts/{other}", message, hint)
