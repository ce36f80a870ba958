"""The names of a domain's disks: outside in the domain file, inside in the guest's fstab, always in step."""

from dataclasses import dataclass
from string import ascii_lowercase

from mlnc.compiler.typed_model import TypedBlock
from mlnc.ir.model import DomainType

SEED = "xvdz"
"""The disk that cloud-init configures a guest from; it is found by its label, not by its name."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Names of virtual disks (xen-vbd-interface(7)), without ``/dev/``; ``root_device`` is what the kernel mounts."""

    root: str
    root_device: str
    swap: str
    mounts: tuple[str, ...]


def _letters(first: str) -> tuple[str, ...]:
    return tuple(f"xvd{letter}" for letter in ascii_lowercase[ascii_lowercase.index(first) : -1])


_HVM = Devices("hda", "/dev/hda", "", ("hdb", "hdc", "hdd", *_letters("e")))
"""A fully virtual domain: four disks of an emulated controller, then paravirtual ones."""

_PARTITIONS = Devices(
    "xvda1", "/dev/xvda1", "xvda2", (*(f"xvda{number}" for number in range(3, 16)), *_letters("b"))
)
"""A template is a file system: the volumes appear as the partitions of a disk, of which Linux knows 15."""

_WHOLE = Devices("xvda", "/dev/xvda1", "xvdb", _letters("c"))
"""A cloud image is a disk with partitions of its own, the root file system on the first."""


def devices(host: TypedBlock, kind: DomainType) -> Devices:
    """The names for the disks of *host*; its ``mount`` disks take ``mounts`` in order."""
    if kind == "hvm":
        return _HVM
    return _WHOLE if host.get("guest") == "cloud-init" else _PARTITIONS
