"""How a virtual machine moves to another service host, and why not in a better way."""

from collections.abc import Collection
from dataclasses import dataclass

from mlnc.ir.model import Interface, ServiceHost, Site, Volume
from mlnc.ir.shared_storage import shared_storage
from mlnc.output.plan_model import Way
from mlnc.upgrade.diff import value_format
from mlnc.upgrade.diff.host_diff import Pair, same_folder


@dataclass(frozen=True, slots=True)
class MigrationChoice:
    """The way, and what stands in the way of a better one, in sentences without an end."""

    way: Way
    reasons: tuple[str, ...]


def same_place(pair: Pair, old: Volume, new: Volume) -> bool:
    """Whether *new* lies where *old* does, in the same volume group or folder, perhaps under another name."""
    if old.kind != new.kind or old.volume_group != new.volume_group:
        return False
    return old.kind == "lvm" or same_folder(pair, old, new)


def on_shared(path: str, shared: frozenset[str]) -> bool:
    """Whether *path* of a disk stands on one of the storages *shared*, named as ``targets.migration`` names them."""
    return any(path.startswith((f"/dev/{name}" if "/" not in name else name) + "/") for name in shared)


def move(pair: Pair, site: Site, stops: str | None) -> MigrationChoice:
    """How *pair* moves. *stops* says what makes a restart necessary anyway, if anything does."""
    one, other = (site.service_hosts[host.service_host] for host in (pair.old, pair.new))
    shared = shared_storage(one, other)
    apart = _apart(pair, shared)
    if apart is not None:
        return MigrationChoice("copy", (apart,))
    reasons = [stops] if stops else []
    if one.toolstack != other.toolstack:
        reasons.append(
            f"{pair.old.service_host} runs {one.toolstack}, {pair.new.service_host} {other.toolstack}"
        )
    if not _versions_agree(one, other):
        reasons.append(f"Xen is {one.xen_version} there and {other.xen_version} here")
    reasons += [
        f"{disk.path} is not on storage that both servers share: {pair.new.service_host} must have its own"
        for disk in pair.new.disks
        if disk.role == "mount" and not on_shared(disk.path, shared)
    ]
    reasons += _bridges(pair)
    return MigrationChoice("cold" if reasons else "live", tuple(reasons))


def _apart(pair: Pair, shared: frozenset[str]) -> str | None:
    """Why the root disk has to be copied, if it has to."""
    old, new = pair.old.volumes["root"], pair.new.volumes["root"]
    if not same_place(pair, old, new):
        return f"its root disk goes from {value_format.folder(old)} to {value_format.folder(new)}"
    if not on_shared(old.path, shared):
        return f"{value_format.folder(old)} is not on storage that both servers share"
    return None


def _bridges(pair: Pair) -> list[str]:
    """Cards that would arrive on a bridge of another name than the one they leave."""
    return [
        f"{name} is on the bridge {old.bridge} there and {new.bridge} here"
        for name, old in pair.old.interfaces.items()
        if (new := pair.new.interfaces.get(name)) is not None and new.bridge != old.bridge
    ]


def thirds(pair: Pair, site: Site, stands: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """The servers over which *pair*, which moves live, could go, live all the way, sorted.

    *stands* are servers and bridges of the project that stand there before and afterwards.
    """
    ends = (pair.old.service_host, pair.new.service_host)
    return tuple(
        name
        for name, third in sorted(site.service_hosts.items())
        if name not in ends
        and all(_passes(pair, site.service_hosts[end], third) for end in ends)
        and all(_plugs(name, third, card, stands) for card in pair.new.interfaces.values())
    )


def _plugs(name: str, third: ServiceHost, card: Interface, stands: Collection[tuple[str, str]]) -> bool:
    """Whether the bridge of *card* stands on the server *name* anyway."""
    return card.bridge == third.bridge or (name, card.bridge) in stands


def _passes(pair: Pair, end: ServiceHost, third: ServiceHost) -> bool:
    """Whether *pair* moves live between one of its servers and a *third* one."""
    shared = shared_storage(end, third)
    alike = end.toolstack == third.toolstack and _versions_agree(end, third)
    return alike and all(on_shared(disk.path, shared) for disk in pair.old.disks)


def _versions_agree(one: ServiceHost, other: ServiceHost) -> bool:
    return None in (one.xen_version, other.xen_version) or one.xen_version == other.xen_version
