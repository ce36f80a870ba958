"""Lowering of the disks of a host: the volumes that mlnc creates, and the disks of the domain."""

from collections.abc import Mapping
from typing import Literal

from mlnc.compiler import naming
from mlnc.compiler.disk_devices import SEED, Devices
from mlnc.compiler.typed_model import TypedBlock
from mlnc.ir.model import Disk, DomainType, Mount, Role, ServiceHost, Volume

SEED_BYTES = 4 * 1024 * 1024
"""Size of a seed volume in bytes; guest-seed.sh creates a FAT file system of exactly this size."""


def volumes(
    host: TypedBlock, name: str, project: str, kind: DomainType, server: ServiceHost
) -> dict[Role, Volume]:
    """Return the volumes of host *name* by role: root, swap if stated, seed for cloud-init."""
    root = _root(host, name, project, kind, server)
    swap: int = host.get("swap", 0)
    found: dict[Role, Volume] = {"root": root}
    if swap and kind != "hvm":
        found["swap"] = _beside(root, "swap", naming.swap_volume(name, project), swap)
    if host.get("guest") == "cloud-init":
        found["seed"] = _beside(root, "seed", naming.seed_volume(name, project), SEED_BYTES)
    return found


def _root(host: TypedBlock, name: str, project: str, kind: DomainType, server: ServiceHost) -> Volume:
    volume = naming.domain(name, project)
    lvm = host.flag("lvm")
    group = host.get("lvm_vg", server.volume_group) if lvm else None
    template: str = host.get("template", server.default_template)
    snapshot = lvm and host.flag("lvm_snapshot")
    free, size = host.get("free_space"), host.get("size")
    path = f"/dev/{group}/{volume}" if lvm else f"{_folder(host, project, server)}/{volume}"
    return Volume(
        role="root",
        name=volume,
        kind="lvm" if lvm else "file",
        path=path,
        volume_group=group,
        sizing="free" if free is not None else "exact" if size is not None else "template",
        size_bytes=server.default_size_bytes if size is None else size,
        free_space_bytes=free or 0,
        template=template,
        resize="none" if snapshot or kind == "hvm" else _resize(template),
        snapshot=snapshot,
        lock=host.get("lvm") == "lock",
        shared=is_shared(path, group, server),
    )


def _beside(root: Volume, role: Literal["swap", "seed"], name: str, size: int) -> Volume:
    path = f"{root.path.rpartition('/')[0]}/{name}"
    return Volume(
        role=role,
        name=name,
        kind=root.kind,
        path=path,
        volume_group=root.volume_group,
        sizing="exact",
        size_bytes=size,
        free_space_bytes=0,
        template=None,
        resize="none",
        snapshot=False,
        lock=root.lock,
        shared=root.shared,
    )


def _folder(host: TypedBlock, project: str, server: ServiceHost) -> str:
    folder: str = host.get("filepath", f"{server.projects}/{project}/images")
    return folder.rstrip("/")


def _resize(template: str) -> Literal["ext", "fat32", "none"]:
    ending = template.rpartition(".")[2]
    if ending in ("ext2", "ext3", "ext4"):
        return "ext"
    return "fat32" if ending == "fat32" else "none"


def is_shared(path: str, group: str | None, server: ServiceHost) -> bool:
    """Return True if *server* shares the volume group *group*, by either of its names, or a folder above *path*."""
    if group is not None and {group, f"/dev/{group}"} & set(server.san_paths):
        return True
    return any(path == shared or path.startswith(shared.rstrip("/") + "/") for shared in server.san_paths)


def mounts(host: TypedBlock, names: Devices) -> tuple[Mount, ...]:
    """Return the additional disks of *host* with their devices."""
    return tuple(
        Mount(
            source=record["source"],
            device=f"/dev/{device}",
            mountpoint=record["mountpoint"],
            fstype=record["fstype"],
            options=record["options"] or "defaults",
        )
        for record, device in zip(host.records.get("mount", ()), names.mounts, strict=False)
    )


def disks(volumes: Mapping[Role, Volume], attached: tuple[Mount, ...], names: Devices) -> tuple[Disk, ...]:
    """Return the disks in the order of the domain file: root, swap, seed, mounts."""
    device = {"root": names.root, "swap": names.swap, "seed": SEED}
    own = [Disk(device[role], role, _backend(volume.path), volume.path) for role, volume in volumes.items()]
    return (*own, *(_attached(mount) for mount in attached))


def _attached(mount: Mount) -> Disk:
    return Disk(mount.device.removeprefix("/dev/"), "mount", _backend(mount.source), mount.source)


def _backend(path: str) -> Literal["phy", "file"]:
    return "phy" if path.startswith("/dev/") else "file"
