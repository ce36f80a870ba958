"""Choose live, cold or copy migration for a virtual machine, and explain the choice."""

from collections.abc import Collection
from dataclasses import dataclass

from mlnc.ir.model import Host, Interface, ServiceHost, Site, Volume
from mlnc.ir.shared_storage import shared_storage
from mlnc.output.plan_model import MigrationMode
from mlnc.upgrade.diff.host_diff import HostPair, mounts, same_folder, volume_location


@dataclass(frozen=True, slots=True)
class MigrationChoice:
    """Mode of a migration, and the reasons against a better mode, as clauses without a full stop."""

    mode: MigrationMode
    reasons: tuple[str, ...]


def same_location(pair: HostPair, old: Volume, new: Volume) -> bool:
    """Return True if both volumes are in one volume group or folder, perhaps under different names."""
    if old.kind != new.kind or old.volume_group != new.volume_group:
        return False
    return old.kind == "lvm" or same_folder(pair, old, new)


def on_shared_storage(path: str, shared: frozenset[str]) -> bool:
    """Return True if *path* of a disk is on one of the storages *shared*, as ``shared_storage`` names them."""
    return any(path.startswith((f"/dev/{name}" if "/" not in name else name) + "/") for name in shared)


def choose_migration(pair: HostPair, site: Site, stop_reason: str | None) -> MigrationChoice:
    """Return the migration of *pair*. *stop_reason* says what needs a restart in any case, if anything does."""
    old_server, new_server = (site.service_hosts[host.service_host] for host in (pair.old, pair.new))
    shared = shared_storage(old_server, new_server)
    copy_reason = _copy_reason(pair, shared)
    if copy_reason is not None:
        return MigrationChoice("copy", (copy_reason,))
    source, target = pair.old.service_host, pair.new.service_host
    reasons = [stop_reason] if stop_reason else []
    if old_server.toolstack != new_server.toolstack:
        reasons.append(f"{source} runs {old_server.toolstack}, {target} runs {new_server.toolstack}")
    if not _versions_agree(old_server, new_server):
        reasons.append(
            f"{source} runs Xen {old_server.xen_version}, {target} runs Xen {new_server.xen_version}"
        )
    reasons += [
        f"{path} is not on storage that both servers share" for path in _local_mounts(pair.new, shared)
    ]
    reasons += _bridge_reasons(pair)
    return MigrationChoice("cold" if reasons else "live", tuple(reasons))


def left_behind(pair: HostPair, site: Site) -> tuple[str, ...]:
    """Return the paths of mounted disks that do not move with *pair*: a path that both servers have, each its own."""
    servers = (site.service_hosts[host.service_host] for host in (pair.old, pair.new))
    shared = shared_storage(*servers)
    before = mounts(pair.old)
    return tuple(path for path in _local_mounts(pair.new, shared) if pair.moves and path in before)


def _local_mounts(host: Host, shared: frozenset[str]) -> list[str]:
    """Return the paths of the mounted disks of *host* that are on none of the storages *shared*."""
    return [path for path in mounts(host) if not on_shared_storage(path, shared)]


def _copy_reason(pair: HostPair, shared: frozenset[str]) -> str | None:
    """Return why the root disk must be copied; None if it need not be."""
    old, new = pair.old.volumes["root"], pair.new.volumes["root"]
    if not same_location(pair, old, new):
        return f"its root disk moves from {volume_location(old)} to {volume_location(new)}"
    if not on_shared_storage(old.path, shared):
        return f"{volume_location(old)} is not on storage that both servers share"
    return None


def _bridge_reasons(pair: HostPair) -> list[str]:
    """Return a reason for each card whose bridge has another name on the target: migration keeps the name."""
    source, target = pair.old.service_host, pair.new.service_host
    return [
        f"{name} is on bridge {old.bridge} on {source}, on bridge {new.bridge} on {target}"
        for name, old in pair.old.interfaces.items()
        if (new := pair.new.interfaces.get(name)) is not None and new.bridge != old.bridge
    ]


def third_servers(pair: HostPair, site: Site, bridges: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """Return the servers through which *pair*, which migrates live, could migrate live twice, sorted.

    *bridges* are servers and bridges of the project that exist before and after the upgrade.
    """
    ends = (pair.old.service_host, pair.new.service_host)
    return tuple(
        name
        for name, third in sorted(site.service_hosts.items())
        if name not in ends
        and all(_migrates_live(pair, site.service_hosts[end], third) for end in ends)
        and all(_has_bridge(name, third, card, bridges) for card in pair.new.interfaces.values())
    )


def _has_bridge(name: str, third: ServiceHost, card: Interface, bridges: Collection[tuple[str, str]]) -> bool:
    """Return True if the bridge of *card* exists on the server *name* without this upgrade."""
    return card.bridge == third.bridge or (name, card.bridge) in bridges


def _migrates_live(pair: HostPair, end: ServiceHost, third: ServiceHost) -> bool:
    """Return True if *pair* can migrate live between *end*, one of its servers, and *third*."""
    shared = shared_storage(end, third)
    compatible = end.toolstack == third.toolstack and _versions_agree(end, third)
    return compatible and all(on_shared_storage(disk.path, shared) for disk in pair.old.disks)


def _versions_agree(one: ServiceHost, other: ServiceHost) -> bool:
    return None in (one.xen_version, other.xen_version) or one.xen_version == other.xen_version
