"""Source positions of the items of the IR, by IR path."""

from collections.abc import Iterable

from mlnc.compiler.source_map import Origins
from mlnc.compiler.typed_model import SiteModel, TypedBlock, TypedRecord, TypedSetting
from mlnc.ir.model import Host

_FIELDS = {
    "memory": "memory_mib",
    "maxmem": "maxmem_mib",
    "maxvcpus": "max_vcpus",
    "extra": "kernel_arguments",
    "term": "console",
    "color": "console_color",
    "vncdisplay": "vnc/display",
    "vncpasswd": "vnc/password",
    "vnckeymap": "vnc/keymap",
    "vnclisten": "vnc/listen",
    "hvm": "type",
    "pvh": "type",
    "guest": "guest/mode",
    "root_passwd": "guest/root_password",
    "nameserver": "guest/nameservers",
    "internalswap": "guest/internal_swap_bytes",
    "startup": "guest/startup",
    "shutdown": "guest/shutdown",
    "user_data": "guest/user_data",
    "stop_timeout": "stop_timeout_seconds",
    "project_password": "password",
}
"""IR field of each directive whose name differs."""

_RECORDS = {
    "files": ("guest/files", None),
    "sshkey": ("guest/ssh_keys", None),
    "users": ("guest/users", "user"),
    "modules": ("guest/modules", "module"),
    "mount": ("guest/mounts", None),
}
"""IR path of each list of records, and the field by which the IR removes duplicates."""

_SERVER_FIELDS = {
    "memory": "memory_mib",
    "xen_kernel": "kernel",
    "xen_ramdisk": "ramdisk",
    "xen_modules": "modules",
    "xen_bridge": "bridge",
    "lvm_vg": "volume_group",
    "san_path": "san_paths",
    "lvm_execute_server": "lvm_execute_servers",
    "default_size": "default_size_bytes",
    "default_memory": "default_memory_mib",
}
"""IR field of each directive of a server whose name differs."""


def site_origins(site: SiteModel) -> Origins:
    """Return the source positions of the settings of the declared servers."""
    origins = Origins()
    for name, server in site.service_hosts.items():
        origins.set(f"service_hosts/{name}", server.origin)
        for directive, found in server.scalars.items():
            field = f"service_hosts/{name}/{_SERVER_FIELDS.get(directive, directive)}"
            origins.set(field, found[-1].origin)
            for number, setting in enumerate(_distinct(found)):
                origins.set(f"{field}/{number}", setting.origin)
    return origins


def _distinct(found: list[TypedSetting]) -> Iterable[TypedSetting]:
    first: dict[object, TypedSetting] = {}
    for setting in found:
        first.setdefault(setting.value, setting)
    return first.values()


def trace(origins: Origins, path: str, settings: TypedBlock) -> None:
    """Record the source position of each value of the block at *path* of the IR (empty: the project)."""
    base = f"{path}/" if path else ""
    for name, found in settings.scalars.items():
        origins.set(f"{base}{_FIELDS.get(name, name)}", found[-1].origin)
    for name, lines in settings.scripts.items():
        field = _FIELDS.get(name, name if path else f"hooks/{name}")
        origins.set(f"{base}{field}", settings.where(name))
        for number, entry in enumerate(lines):
            origins.set(f"{base}{field}/{number}", entry.origin)


def trace_host(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Record the source positions of everything in *host*, which was lowered to *made*."""
    origins.set(path, host.origin)
    trace(origins, path, host)
    for name, records in host.records.items():
        field, key = _RECORDS[name]
        for number, record in enumerate(_kept(records, key)):
            origins.set(f"{path}/{field}/{number}", record.entry.origin)
    for group, block in host.named.get("groups", {}).items():
        origins.set(f"{path}/guest/groups/{group}", block.origin)
    for card, block in host.named.get("network", {}).items():
        origins.set(f"{path}/interfaces/{card}", block.origin)
        trace(origins, f"{path}/interfaces/{card}", block)
    _trace_disks(origins, path, host, made)


def _kept(records: list[TypedRecord], key: str | None) -> Iterable[TypedRecord]:
    """Return the records as in the IR: of those with the same *key* the last, at the position of the first."""
    return {record[key]: record for record in records}.values() if key else records


def _trace_disks(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Record one directive per volume: of the directives that shape it, the most specific one."""
    directives = {
        "root": ("lvm",) if host.get("lvm") == "lock" else ("template", "lvm_vg", "filepath", "size", "lvm"),
        "swap": ("swap",),
        "seed": ("guest",),
    }
    for role in made.volumes:
        named = next((name for name in directives[role] if host.setting(name)), None)
        if named is not None:
            origins.set(f"{path}/volumes/{role}", host.where(named))
    mounted = [number for number, disk in enumerate(made.disks) if disk.role == "mount"]
    for number, record in zip(mounted, host.records.get("mount", ()), strict=False):
        origins.set(f"{path}/disks/{number}", record.entry.origin)
