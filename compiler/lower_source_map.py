"""Source map of the IR: the origin of each statement under the IR path that the directive table gives it."""

from collections.abc import Iterable

from mlnc.compiler.source_map import Origins
from mlnc.compiler.typed_model import SiteModel, TypedBlock, TypedRecord, TypedSetting
from mlnc.ir.model import Host
from mlnc.schemas.language import load

_RECORD_KEYS = {"users": "user", "modules": "module"}
"""Field of a record list of which the IR keeps one record each."""


def site_origins(site: SiteModel) -> Origins:
    """Origins of all facts of the declared servers."""
    origins = Origins()
    for name, server in site.service_hosts.items():
        origins.set(f"service_hosts/{name}", server.origin)
        for directive, found in server.scalars.items():
            field = f"service_hosts/{name}/{_ir_path('service_host', directive)}"
            origins.set(field, found[-1].origin)
            for number, setting in enumerate(_distinct(found)):
                origins.set(f"{field}/{number}", setting.origin)
    return origins


def _ir_path(block: str, name: str) -> str:
    """IR path of the value of directive *name* of *block*, below the IR item of the block."""
    directive = load().get(block, name)
    return directive.ir_paths[0] if directive else name


def _distinct(found: list[TypedSetting]) -> Iterable[TypedSetting]:
    first: dict[object, TypedSetting] = {}
    for setting in found:
        first.setdefault(setting.value, setting)
    return first.values()


def trace(origins: Origins, block: str, path: str, settings: TypedBlock) -> None:
    """Record the origin of each value of *settings*, a *block* that became the item *path* of the IR (empty: the
    project). Volumes, which come from several directives, are left out: see ``trace_host``.
    """
    base = f"{path}/" if path else ""
    for name, found in settings.scalars.items():
        field = _ir_path(block, name)
        if not field.startswith("volumes/"):
            origins.set(f"{base}{field}", found[-1].origin)
    for name, lines in settings.scripts.items():
        field = f"{base}{_ir_path(block, name)}"
        origins.set(field, settings.value_origin(name))
        for number, entry in enumerate(lines):
            origins.set(f"{field}/{number}", entry.origin)


def trace_host(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Record the origins of all of *host*, which became *made* at *path* of the IR."""
    origins.set(path, host.origin)
    trace(origins, "host", path, host)
    for name, records in host.records.items():
        field = f"{path}/{_ir_path('host', name)}"
        for number, record in enumerate(_kept(records, _RECORD_KEYS.get(name))):
            origins.set(f"{field}/{number}", record.entry.origin)
    for name, blocks in host.named.items():
        for item, block in blocks.items():
            item_path = f"{path}/{_ir_path('host', name)}/{item}"
            origins.set(item_path, block.origin)
            trace(origins, name, item_path, block)
    _trace_disks(origins, path, host, made)


def _kept(records: list[TypedRecord], key: str | None) -> Iterable[TypedRecord]:
    """Records as the IR has them: the last one of each *key*, in the place of the first; all of them without a key."""
    return {record[key]: record for record in records}.values() if key else records


def _trace_disks(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Record an origin for each volume: the first of the directives that shape it which is written."""
    directives = {
        "root": ("lvm",) if host.get("lvm") == "lock" else ("template", "lvm_vg", "filepath", "size", "lvm"),
        "swap": ("swap",),
        "seed": ("guest",),
    }
    for role in made.volumes:
        named = next((name for name in directives[role] if host.setting(name)), None)
        if named is not None:
            origins.set(f"{path}/volumes/{role}", host.value_origin(named))
    mounted = [number for number, disk in enumerate(made.disks) if disk.role == "mount"]
    for number, record in zip(mounted, host.records.get("mount", ()), strict=False):
        origins.set(f"{path}/disks/{number}", record.entry.origin)
