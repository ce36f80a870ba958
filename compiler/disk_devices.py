"""Device names of a domain's disks, the same in the domain file and in the guest's fstab."""

from dataclasses import dataclass
from string import ascii_lowercase

from mlnc.compiler.typed_model import TypedBlock
from mlnc.ir.model import DomainType

SEED = "xvdz"
"""The seed disk of cloud-init, which finds it by its label, not by its device name."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Names of virtual disks (xen-vbd-interface(7)), without ``/dev/``; ``root_device`` is mounted by the kernel."""

    root: str
    root_device: str
    swap: str
    mounts: tuple[str, ...]


def _letters(first: str) -> tuple[str, ...]:
    return tuple(f"xvd{letter}" for letter in ascii_lowercase[ascii_lowercase.index(first) : -1])


_HVM = Devices("hda", "/dev/hda", "", ("hdb", "hdc", "hdd", *_letters("e")))
"""An HVM domain: four disks of an emulated controller, then paravirtual disks."""

_PARTITIONS = Devices(
    "xvda1", "/dev/xvda1", "xvda2", (*(f"xvda{number}" for number in range(3, 16)), *_letters("b"))
)
"""A template is a file system, so volumes are partitions of one disk; Linux supports 15 partitions."""

_WHOLE = Devices("xvda", "/dev/xvda1", "xvdb", _letters("c"))
"""A cloud image is a partitioned disk with the root file system on the first partition."""


def devices(host: TypedBlock, kind: DomainType) -> Devices:
    """Return the device names for *host*; its ``mount`` disks use ``mounts`` in order."""
    if kind == "hvm":
        return _HVM
    return _WHOLE if host.get("guest") == "cloud-init" else _PARTITIONS
