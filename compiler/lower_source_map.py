"""Where each item of the IR was written: the directives of the sources under the names that the IR gives them."""

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
"""The IR's names of directives that are called differently there."""

_RECORDS = {
    "files": ("guest/files", None),
    "sshkey": ("guest/ssh_keys", None),
    "users": ("guest/users", "user"),
    "modules": ("guest/modules", "module"),
    "mount": ("guest/mounts", None),
}
"""The IR's names of lists of records, and the field of which the IR keeps one record each."""

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
"""The IR's names of the facts of a server that are called differently there."""


def site_origins(site: SiteModel) -> Origins:
    """Where each fact of the declared servers was written."""
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
    """Notes where the block at *path* of the IR (empty: the project) and each of its values was written."""
    base = f"{path}/" if path else ""
    for name, found in settings.scalars.items():
        origins.set(f"{base}{_FIELDS.get(name, name)}", found[-1].origin)
    for name, lines in settings.scripts.items():
        field = _FIELDS.get(name, name if path else f"hooks/{name}")
        origins.set(f"{base}{field}", settings.value_origin(name))
        for number, entry in enumerate(lines):
            origins.set(f"{base}{field}/{number}", entry.origin)


def trace_host(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Notes where everything of *host*, which became *made*, was written."""
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
    """The records as the IR has them: of those with one *key* the last, in the place of the first."""
    return {record[key]: record for record in records}.values() if key else records


def _trace_disks(origins: Origins, path: str, host: TypedBlock, made: Host) -> None:
    """Volumes come from several directives: what is said of one is said of the most telling one."""
    telling = {
        "root": ("lvm",) if host.get("lvm") == "lock" else ("template", "lvm_vg", "filepath", "size", "lvm"),
        "swap": ("swap",),
        "seed": ("guest",),
    }
    for number, volume in enumerate(made.volumes):
        named = next((name for name in telling[volume.role] if host.setting(name)), None)
        if named is not None:
            origins.set(f"{path}/volumes/{number}", host.value_origin(named))
    mounted = [number for number, disk in enumerate(made.disks) if disk.role == "mount"]
    for number, record in zip(mounted, host.records.get("mount", ()), strict=False):
        origins.set(f"{path}/disks/{number}", record.entry.origin)
