"""Checks of what makes a migration between two servers fail, from the facts that the site declares."""

from itertools import combinations

from mlnc.ir.model import Course, ServiceHost
from mlnc.ir.shared_storage import shared_projects, shared_storage
from mlnc.output.artifact import Refusal


def differences(course: Course) -> list[Refusal]:
    """What makes a migration between two servers of *course* fail, as far as the site declares it.

    Codes ``toolstack-differs``, ``xen-version-differs``, ``storage-differs``, each at the second of two servers
    (by name) in ``site/service_hosts``.
    """
    servers = course.site.service_hosts
    together = shared_projects(course)
    refusals = []
    for one, other in combinations(sorted(servers), 2):
        shared = shared_storage(servers[one], servers[other])
        if shared:
            refusals += _mismatches(one, servers[one], other, servers[other], shared)
        elif (one, other) in together:
            refusals += _unshared(one, servers[one], other, servers[other])
    return refusals


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
