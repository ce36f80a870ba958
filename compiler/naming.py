"""The names that outlive a build: domains, volumes, UUIDs, MAC addresses, bridges. Pure functions of names alone."""

import hashlib
import re
import uuid

_NAMESPACE = uuid.UUID("6f1c2b52-9b0e-5d8e-8a53-0c1d5a7e6d11")
"""Root of all UUIDs of mlnc domains; changing it would change every domain's identity."""

LONGEST_BRIDGE = 15
"""Characters of a Linux interface name (IFNAMSIZ less the final NUL, net/if.h)."""

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

_RESERVED = re.compile(
    r"\A(?:snapshot|pvmove)|_(?:mlog|mimage|rimage|rmeta|tdata|tmeta|cdata|cmeta|cvol|wcorig|corig|pmspare|vorigin|vdata)"
)
"""Names that LVM keeps to itself (lvm(8), NAMES)."""


def domain(host: str, project: str) -> str:
    """The name of the domain and of its root volume."""
    return f"{host}.{project}"


def swap_volume(host: str, project: str) -> str:
    """The name of the volume for swap, beside the root volume."""
    return f"{host}.{project}.swap"


def seed_volume(host: str, project: str) -> str:
    """The name of the volume for the seed of cloud-init, beside the root volume."""
    return f"{host}.{project}.seed"


def domain_uuid(host: str, project: str) -> str:
    """The UUID of a domain (version 5, RFC 9562): it changes only when host or project are renamed."""
    return str(uuid.uuid5(_NAMESPACE, f"{project}/{host}"))


def mac(host: str, project: str, interface: str) -> str:
    """The MAC address of a card in Xen's range 00:16:3e (xl-network-configuration(5))."""
    digest = hashlib.sha256(f"{project}/{host}/{interface}".encode()).digest()
    return "00:16:3e:" + ":".join(f"{octet:02x}" for octet in digest[:3])


def bridge(switch: str, project: str) -> str:
    """``SWITCH.PROJECT``; where that is too long, the beginning of both and a digest of the whole.

    Short enough for Linux, the same each time, and told apart by 20 bits of digest; a collision that remains is
    found by the checks of the course. The end of a project's name is kept: groups differ there.
    """
    full = f"{switch}.{project}"
    if len(full) <= LONGEST_BRIDGE:
        return full
    bits = int.from_bytes(hashlib.sha256(full.encode()).digest()[:4]) >> 12
    code = "".join(_BASE32[bits >> shift & 31] for shift in (15, 10, 5, 0))
    head = switch[:4]
    return f"{head}.{project[-(LONGEST_BRIDGE - len(head) - 1 - 5) :]}-{code}"


def volume_trouble(name: str) -> str | None:
    """Why LVM would refuse *name* as a logical volume; None where it would not (lvm(8), at most 127 characters)."""
    if not re.fullmatch(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]*", name) or name in (".", ".."):
        return "it holds characters that LVM does not take"
    if len(name) > 127:
        return f"it has {len(name)} characters and LVM takes 127"
    if _RESERVED.search(name):
        return "LVM keeps such names to itself"
    return None


def interface_order(name: str) -> tuple[str, int, str]:
    """Sort key of interface names: by their letters, then their number, so that eth2 stands before eth10."""
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or "0"), name
