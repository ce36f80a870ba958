"""Judges the ``xen_extra`` lines of a host, which go into its domain file as they are.

They must be what the toolstack reads, set keys it knows to values of the types it takes, and leave alone what
mlnc sets: xl drops an unknown key, and takes the last of two settings, without a word.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from mlnc.ir.model import Host
from mlnc.output.artifact import Refusal
from mlnc.schemas.xen_keys import Toolstack, Types, xen_keys
from mlnc.targets.xen.cfg_reader import CfgSetting, Value, read_settings

OWNED = {
    "name": "mlnc names the domain HOST.PROJECT",
    "uuid": "mlnc derives it from the names of project and host",
    "type": "use hvm or pvh in the host",
    "builder": "use hvm or pvh in the host",
    "memory": "use memory in the host",
    "vcpus": "use vcpus in the host",
    "kernel": "use kernel in the host",
    "ramdisk": "use ramdisk in the host",
    "root": "mlnc sets it to the root disk",
    "extra": "use extra in the host",
    "cmdline": "it would replace root and extra; use extra in the host",
    "disk": "use mount in the host",
    "vif": "use network in the host",
    "vfb": "use vncdisplay, vncpasswd, vnckeymap or vnclisten in the host",
    "vnc": "use vncdisplay, vncpasswd, vnckeymap or vnclisten in the host",
    "vncunused": "use vncdisplay in the host",
    "vncdisplay": "use vncdisplay in the host",
    "vnclisten": "use vnclisten in the host",
    "vncpasswd": "use vncpasswd in the host",
    "keymap": "use vnckeymap in the host",
}
"""The keys that mlnc decides about, written or left out, and what to do instead of setting them."""

_SECRET_KEYS = frozenset({"spicepasswd"})
_NUMBER = re.compile(r"-?(0x[0-9a-f]+|[0-9]+)")


def extra_keys(host: Host, toolstack: Toolstack) -> frozenset[str]:
    """The keys that the ``xen_extra`` lines of *host* set."""
    settings, _ = read_settings("\n".join(host.xen_extra), toolstack)
    return frozenset(setting.key for setting in settings)


def refuse_extra(host: Host, toolstack: Toolstack, where: str) -> list[Refusal]:
    """What stands against the ``xen_extra`` lines of *host*; *where* is the IR path of the lines.

    A line is cited by its place among them, counted from 0. What follows an unreadable line is not judged.
    """
    settings, fault = read_settings("\n".join(host.xen_extra), toolstack)
    owned = OWNED | {key: f"use {key} in the host" for key in _asked(host)}
    refusals = [
        Refusal(code, f"{where}/{setting.line}", message, hint)
        for setting in settings
        for code, message, hint in _objections(setting, toolstack, owned)
    ]
    if fault is not None:
        message = f"{toolstack} cannot read this line: {fault.message}"
        refusals.append(Refusal("xen-extra-syntax", f"{where}/{fault.line}", message, fault.hint))
    return refusals


def _asked(host: Host) -> Iterator[str]:
    """The keys that mlnc writes for *host* only because it was asked to."""
    if host.cpus is not None:
        yield "cpus"
    if host.on_crash is not None:
        yield "on_crash"
    if host.effective_maxmem_mib > host.memory_mib:
        yield "maxmem"
    if host.effective_max_vcpus > host.vcpus:
        yield "maxvcpus"


def _objections(
    setting: CfgSetting, toolstack: Toolstack, owned: dict[str, str]
) -> Iterator[tuple[str, str, str | None]]:
    """Code, message and hint of the one thing wrong with *setting*, if anything is."""
    key, types = setting.key, xen_keys(toolstack).get(setting.key)
    if key in owned:
        yield "xen-extra-conflict", f"{key} is set by mlnc", owned[key]
    elif types is None:
        yield "xen-extra-unknown-key", f"{toolstack} knows no key {key}", _suggestion(key, toolstack)
    elif key in _SECRET_KEYS:
        yield "xen-extra-secret", f"the value of {key} would stand in the clear in a reviewed file", None
    elif not _fits(setting.value, types):
        yield "xen-extra-type", f"{key} takes {_wanted(types)}", None


def _suggestion(key: str, toolstack: Toolstack) -> str | None:
    other: Toolstack = "xm" if toolstack == "xl" else "xl"
    if key in xen_keys(other):
        return f"{other} knows it, but this service host has {toolstack}"
    near = get_close_matches(key, sorted(xen_keys(toolstack)), n=1)
    return f"did you mean {near[0]}?" if near else None


def _fits(value: Value, types: Types) -> bool:
    if isinstance(value, list):
        flat = all(isinstance(item, str) for item in value)
        return "list" in types or ("strlist" in types and flat)
    return "string" in types or (bool(types & {"int", "bool"}) and _NUMBER.fullmatch(value) is not None)


def _wanted(types: Types) -> str:
    names = {
        "int": "a number",
        "bool": "0 or 1",
        "string": "a text",
        "list": "a list",
        "strlist": "a list of texts",
    }
    return " or ".join(names[each] for each in sorted(types))
