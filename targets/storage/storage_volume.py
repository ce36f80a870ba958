"""A volume as words and arguments of the storage scripts, for the templates."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from mlnc.ir.model import Host, Project, Volume

UNITS = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10}
"""Binary units, greatest first, in bytes. LVM reads their first letters the same way, in either case."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A volume of *host* of *project*; ``machine`` is that host, ``where`` the IR path of the volume."""

    where: str
    project: str
    host: str
    machine: Host
    volume: Volume

    @property
    def name(self) -> str:
        """The volume's name, ``HOST.PROJECT`` for a root."""
        return self.volume.name

    @property
    def role(self) -> str:
        """Role of the volume for its host, such as ``root`` or ``swap``."""
        return self.volume.role

    @property
    def volume_group(self) -> str | None:
        """Volume group; None for an image file."""
        return self.volume.volume_group if self.volume.kind == "lvm" else None

    @property
    def path(self) -> str:
        """Path of the device, built from the names that the script checks, or of the image file."""
        return f"/dev/{self.volume_group}/{self.name}" if self.volume_group else self.volume.path

    @property
    def part(self) -> str:
        """Temporary name of an image file while it is created."""
        return f"{self.path}.mlnc-part"

    @property
    def mark(self) -> str:
        """Path of the file with the tags of an image file."""
        return f"{self.path}.mlnc"

    @property
    def origin(self) -> str | None:
        """Logical volume that is the origin of a snapshot."""
        return self.volume.template

    @property
    def grows(self) -> bool:
        """True if the script grows the file system after the copy of the template."""
        return self.volume.resize == "ext" and self.volume.template is not None

    @property
    def swap_uuid(self) -> str | None:
        """UUID of the swap area, derived from the name of the volume; None for other roles."""
        return str(uuid5(NAMESPACE_URL, f"mlnc:{self.name}")) if self.role == "swap" else None

    @property
    def ownership(self) -> str:
        """``OWNER:GROUP`` of an image file for chown; an empty part is not changed."""
        owner, group = self.machine.owner, self.machine.group
        return (owner or "") + (f":{group}" if group else "")

    @property
    def template(self) -> str:
        """Template of the part of the script that creates this volume."""
        if self.volume.snapshot:
            return "snapshot.j2"
        return "lvm.j2" if self.volume_group else "file.j2"

    @property
    def tags(self) -> str:
        """Arguments that tag a new logical volume: made by mlnc, on this server, incomplete."""
        tags = ("mlnc", f"mlnc.project={self.project}", f"mlnc.host={self.host}", f"mlnc.role={self.role}")
        server = f"mlnc.server={self.machine.service_host}"
        return " ".join(f"--addtag {tag}" for tag in (*tags, server, "mlnc.incomplete"))

    @property
    def size(self) -> str:
        """Size argument of ``lvcreate``: the exact size, or the size that the server computes."""
        if self.volume.sizing == "exact":
            return f"-L {lvm_size(self.volume.size_bytes)}"
        return f'-l "$(amount {self.name})"'

    @property
    def want(self) -> str:
        """Call that declares the volume: function, names, place, size and template."""
        kind = "snapshot" if self.volume.snapshot else "lv" if self.volume_group else "file"
        number = self.volume.free_space_bytes if self.volume.sizing == "free" else self.volume.size_bytes
        place = self.volume_group or self.path
        words = [f"want_{kind}", self.name, self.host, self.role, place, self.volume.sizing, str(number)]
        return shlex.join(words + ([self.volume.template] if self.volume.template else []))

    @property
    def title(self) -> str:
        """Description of the volume in one line, for a comment."""
        source = f", {'snapshot of' if self.volume.snapshot else 'from'} {self.volume.template}"
        source = source if self.volume.template else ""
        place = f" in {self.volume_group}" if self.volume_group else ""
        return f"{self.name}: {self.role} of {self.host}, {_size_in_words(self.volume)}{place}{source}"


def wanted_volumes(project: Project) -> Iterator[Wanted]:
    """Yield the volumes of the Xen hosts of *project*, by host and in the order of the IR."""
    for name, host in project.xen_hosts().items():
        for role, volume in host.volumes.items():
            where = f"{project.project}/hosts/{name}/volumes/{role}"
            yield Wanted(where, project.project, name, host, volume)


def lvm_size(size_bytes: int) -> str:
    """Return *size_bytes* for ``lvcreate -L``, in the greatest unit that holds it exactly, else KiB rounded up."""
    number, unit = _in_units(size_bytes)
    return f"{number}{unit[0]}" if unit != "bytes" else f"{-(-size_bytes // 1024)}K"


def _in_units(size_bytes: int) -> tuple[int, str]:
    """Return *size_bytes* as a number of the greatest unit that divides it."""
    fitting = (unit for unit, size in UNITS.items() if size_bytes and size_bytes % size == 0)
    unit = next(fitting, "bytes")
    return size_bytes // UNITS.get(unit, 1), unit


def _size_in_words(volume: Volume) -> str:
    """Return the requested size with its unit."""
    if volume.sizing == "free":
        return f"its template and {_words(volume.free_space_bytes)} free"
    if volume.sizing == "template":
        return "as its template" + (f", at least {_words(volume.size_bytes)}" if volume.size_bytes else "")
    return _words(volume.size_bytes)


def _words(size_bytes: int) -> str:
    number, unit = _in_units(size_bytes)
    return f"{number} {unit}"
