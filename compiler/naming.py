"""Names and identifiers that stay the same between builds: domains, volumes, UUIDs, MACs, bridges. Pure functions."""

import hashlib
import re
import uuid

_NAMESPACE = uuid.UUID("6f1c2b52-9b0e-5d8e-8a53-0c1d5a7e6d11")
"""Namespace of the UUIDs of all mlnc domains. A change of it would change the identity of every domain."""

LONGEST_BRIDGE = 15
"""Characters of a Linux interface name (IFNAMSIZ less the final NUL, net/if.h)."""

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

_RESERVED = re.compile(
    r"\A(?:snapshot|pvmove)|_(?:mlog|mimage|rimage|rmeta|tdata|tmeta|cdata|cmeta|cvol|wcorig|corig|pmspare|vorigin|vdata)"
)
"""Names that LVM reserves (lvm(8), NAMES)."""


def domain(host: str, project: str) -> str:
    """Return the name of the domain and of its root volume."""
    return f"{host}.{project}"


def swap_volume(host: str, project: str) -> str:
    """Return the name of the swap volume."""
    return f"{host}.{project}.swap"


def seed_volume(host: str, project: str) -> str:
    """Return the name of the seed volume of cloud-init."""
    return f"{host}.{project}.seed"


def domain_uuid(host: str, project: str) -> str:
    """Return the UUID of a domain (version 5, RFC 9562). It changes only if the host or the project is renamed."""
    return str(uuid.uuid5(_NAMESPACE, f"{project}/{host}"))


def mac(host: str, project: str, interface: str) -> str:
    """Return the MAC address of a card, in Xen's range 00:16:3e (xl-network-configuration(5))."""
    digest = hashlib.sha256(f"{project}/{host}/{interface}".encode()).digest()
    return "00:16:3e:" + ":".join(f"{octet:02x}" for octet in digest[:3])


def bridge(switch: str, project: str) -> str:
    """Return ``SWITCH.PROJECT``; if that is too long, the start of the switch, the end of the project and a digest.

    The digest has 20 bits; the checks of the course report a remaining collision. The end of the project's name is
    kept because the names of groups differ there.
    """
    full = f"{switch}.{project}"
    if len(full) <= LONGEST_BRIDGE:
        return full
    bits = int.from_bytes(hashlib.sha256(full.encode()).digest()[:4]) >> 12
    code = "".join(_BASE32[bits >> shift & 31] for shift in (15, 10, 5, 0))
    head = switch[:4]
    return f"{head}.{project[-(LONGEST_BRIDGE - len(head) - 1 - 5) :]}-{code}"


def volume_trouble(name: str) -> str | None:
    """Return the reason why LVM refuses *name* as a logical volume; None if it accepts it (lvm(8), NAMES)."""
    if not re.fullmatch(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]*", name) or name in (".", ".."):
        return "it holds characters that LVM does not take"
    if len(name) > 127:
        return f"it has {len(name)} characters and LVM takes 127"
    if _RESERVED.search(name):
        return "LVM keeps such names to itself"
    return None


def interface_order(name: str) -> tuple[str, int, str]:
    """Return the sort key of an interface name: letters, then number, so that eth2 sorts before eth10."""
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or "0"), name
