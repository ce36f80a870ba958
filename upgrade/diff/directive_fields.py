"""Which directive stands for each field of the IR, so that a difference can be told in the author's words."""

from mlnc.schemas.language import Change, load

HOST = {
    "domain": "renamed_from",
    "uuid": "renamed_from",
    "platform": "xen",
    "type": "hvm",
    "service_host": "service_host",
    "boot_order": "boot_order",
    "memory_mib": "memory",
    "maxmem_mib": "maxmem",
    "vcpus": "vcpus",
    "max_vcpus": "maxvcpus",
    "cpus": "cpus",
    "kernel": "kernel",
    "ramdisk": "ramdisk",
    "kernel_arguments": "extra",
    "vnc": "vncdisplay",
    "console": "term",
    "console_color": "color",
    "owner": "owner",
    "group": "group",
    "renamed_from": "renamed_from",
    "xen_extra": "xen_extra",
    "volumes": "size",
    "disks": "mount",
    "interfaces": "network",
    "guest": "guest",
    "foreign": None,
}
"""Field of a host to directive; None where no directive of a Xen host says it."""

VNC = {"listen": "vnclisten", "display": "vncdisplay", "keymap": "vnckeymap", "password": "vncpasswd"}

VOLUME = {
    "role": "size",
    "name": "renamed_from",
    "kind": "lvm",
    "path": "filepath",
    "volume_group": "lvm_vg",
    "sizing": "size",
    "size_bytes": "size",
    "free_space_bytes": "free_space",
    "template": "template",
    "resize": "template",
    "snapshot": "lvm_snapshot",
    "lock": "lvm",
    "shared": "lvm",
}
"""Field of a root volume to directive; all of a swap volume is ``swap``, all of a seed is ``guest``."""

DISK = {"device": "mount", "role": "mount", "kind": "mount", "path": "mount"}

INTERFACE = {
    "mac": "mac",
    "bridge": "bridge",
    "switch": "switch",
    "mode": "address",
    "auto": "auto",
    "address": "address",
    "prefix_length": "netmask",
    "netmask": "netmask",
    "broadcast": "broadcast",
    "gateway": "gateway",
    "mode6": "address6",
    "address6": "address6",
    "prefix_length6": "address6",
    "gateway6": "gateway6",
}

GUEST = {
    "mode": "guest",
    "hostname": "renamed_from",
    "root_device": "hvm",
    "swap_device": "swap",
    "nameservers": "nameserver",
    "root_password": "root_passwd",
    "users": "users",
    "groups": "groups",
    "ssh_keys": "sshkey",
    "files": "files",
    "modules": "modules",
    "mounts": "mount",
    "internal_swap_bytes": "internalswap",
    "startup": "startup",
    "shutdown": "shutdown",
    "user_data": "user_data",
}

_OF_ROLE = {"swap": "swap", "seed": "guest"}


def directive(path: str) -> str | None:
    """The directive that stands for *path* of the IR, below a host: ``volumes/root/size_bytes`` is ``size``."""
    first, *rest = path.split("/")
    if first == "vnc" and rest:
        return VNC[rest[0]]
    if first == "volumes" and rest:
        return _OF_ROLE.get(rest[0]) or VOLUME[rest[1] if len(rest) > 1 else "role"]
    if first == "interfaces" and len(rest) > 1:
        return INTERFACE[rest[1]]
    if first == "guest" and rest:
        return GUEST[rest[0]]
    return HOST[first]


def table_class(path: str) -> Change:
    """What the directive table says a change of *path* costs a running virtual machine."""
    name = directive(path)
    block = "network" if path.startswith("interfaces/") and path.count("/") > 1 else "host"
    entry = load().get(block, name) if name else None
    return entry.change or "nothing" if entry else "nothing"
