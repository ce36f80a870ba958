"""The free texts of a host that enter its domain file, and what a domain file cannot hold.

A *text* stands alone in a string: anything a person can see may be in it. A *word* stands in a specification
such as ``mac=..,bridge=..``, which xl and xm cut at commas and trim: a comma would smuggle in a further key.
"""

import re
from collections.abc import Iterator

from mlnc.ir.model import Host
from mlnc.output.artifact import Refusal
from mlnc.schemas.secret_placeholder import OPENING
from mlnc.schemas.xen_keys import Toolstack

Found = tuple[str, str]
"""A value of a host: the path of its field below the host, and the value."""

Objection = tuple[str, str | None]
"""Message and hint."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control, format and surrogate characters: readers stop at them, or reviewers do not see them."""

_LISTEN = re.compile(r"[0-9A-Za-z.-]+")
_CPUS = {
    "xl": re.compile(r"(all|\^?(nodes?:)?\d+(-\d+)?)(,(all|\^?(nodes?:)?\d+(-\d+)?))*", re.ASCII),
    "xm": re.compile(r"(\^?\d+|\d+-\d+)(,(\^?\d+|\d+-\d+))*", re.ASCII),
}


def refuse_words(host: Host, toolstack: Toolstack, where: str) -> list[Refusal]:
    """The values of *host* that its domain file cannot hold; *where* is the IR path of the host."""
    words = list(_words(host))
    faults = [(field, fault) for field, text in [*_texts(host), *words] if (fault := _text_fault(text))]
    faults += [(field, fault) for field, word in words if (fault := _word_fault(word))]
    faults += _form_faults(host, toolstack)
    return [Refusal("xen-unwritable", f"{where}/{field}", message, hint) for field, (message, hint) in faults]


def _texts(host: Host) -> Iterator[Found]:
    yield "domain", host.domain
    yield "kernel", host.kernel or ""
    yield "ramdisk", host.ramdisk or ""
    yield "guest/root_device", host.guest.root_device
    yield "kernel_arguments", host.kernel_arguments
    for number, line in enumerate(host.xen_extra):
        yield f"xen_extra/{number}", line.replace("\t", " ")


def _words(host: Host) -> Iterator[Found]:
    for number, disk in enumerate(host.disks):
        yield f"disks/{number}/device", disk.device
        yield f"disks/{number}/path", disk.path
    for name, interface in host.interfaces.items():
        yield f"interfaces/{name}/mac", interface.mac
        yield f"interfaces/{name}/bridge", interface.bridge
    if host.vnc is not None and host.vnc.keymap is not None:
        yield "vnc/keymap", host.vnc.keymap


def _text_fault(text: str) -> Objection | None:
    hidden = _INVISIBLE.search(text)
    if hidden:
        return f"a domain file cannot hold the character U+{ord(hidden.group()):04X}", None
    if OPENING in text:
        return f"{OPENING} marks the place of a secret and cannot stand in other text", None
    return None


def _word_fault(word: str) -> Objection | None:
    if "," in word:
        return f"{word!r} has a comma, at which Xen would begin a further setting", None
    if not word or word != word.strip():
        return f"{word!r} is empty or has a blank at an end, which Xen would drop", None
    return None


def _form_faults(host: Host, toolstack: Toolstack) -> Iterator[tuple[str, Objection]]:
    """Values that are well written but that the toolstack would misread."""
    if host.cpus is not None and not _CPUS[toolstack].fullmatch(host.cpus):
        yield "cpus", (f"{host.cpus!r} is no list of processors for {toolstack}", "write it as in 0-3,^1,5")
    if host.vnc is not None and not _LISTEN.fullmatch(host.vnc.listen):
        hint = "Xen takes what follows a : for the display"
        yield "vnc/listen", (f"{host.vnc.listen!r} is no IPv4 address", hint)
