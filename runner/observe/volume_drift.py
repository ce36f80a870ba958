"""Volumes reported by a service host, and their differences from the IR."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Project, Volume
from mlnc.runner.connect.protocol import Answer

_FILE_UNIT = 1
"""Unit of the size of an image file in bytes; that of a logical volume is its extent."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A volume that exists; *size* and *unit* in bytes."""

    size: int
    unit: int
    tags: frozenset[str]


def questions(project: Project, server: str) -> Iterator[str]:
    """Request lines for *server* about the volumes of *project*; it reports its logical volumes without a request."""
    for _, volume in _volumes(project, server):
        if not volume.volume_group:
            yield f"image {volume.path}\n"
        if volume.sizing != "exact" and volume.template and not volume.snapshot:
            yield f"sized {_place(volume)} {volume.sizing} {_number(volume)} {volume.template}\n"


class Volumes:
    """Logical volumes and image files in the *answer* of one server."""

    def __init__(self, answer: Answer) -> None:
        logical = {f"{words[0]}/{words[1]}": _found(*words[2:5]) for words in answer.told("volume")}
        images = {words[0]: _found(words[1], str(_FILE_UNIT), words[2]) for words in answer.told("image")}
        self._found = logical | images
        self._logical = logical
        self._wanted = {words[0]: (int(words[1]), words[2]) for words in answer.told("wanted")}

    def differences(self, project: Project, server: str) -> Iterator[str]:
        """Differences of the volumes of *project* on *server*, including volumes that no host uses."""
        for host, volume in _volumes(project, server):
            volume_name = f"{'volume' if volume.volume_group else 'image'} {_place(volume)}"
            for text in self._differences(project.project, host, volume):
                yield f"{volume_name}: {text}"
        places = _places(project, server)
        for place, found in sorted(self._logical.items()):
            if f"mlnc.project={project.project}" in found.tags and place not in places:
                yield f"volume {place}: of this project, but of none of its hosts on this server"

    def _differences(self, project: str, host: str, volume: Volume) -> Iterator[str]:
        found = self._found.get(_place(volume))
        if found is None:
            yield "absent"
            return
        if "mlnc.incomplete" in found.tags:
            yield "incomplete"
        elif (
            not {"mlnc", f"mlnc.project={project}", f"mlnc.host={host}", f"mlnc.role={volume.role}"}
            <= found.tags
        ):
            yield "its tags are not those of this host's volume"
        size = self._size(volume, found)
        if size != found.size:
            yield f"has {found.size} bytes, not {size}"

    def _size(self, volume: Volume, found: _Found) -> int:
        """Required size of *volume* in bytes; the size of *found* if the required one cannot be determined."""
        if volume.snapshot:
            return self._snapshot_size(volume, found)
        if volume.sizing == "exact" or volume.template is None:
            return _rounded(_number(volume), found.unit)
        wanted, template = self._wanted.get(_place(volume), (found.size, "-"))
        if f"mlnc.template={template}" in found.tags:
            return _rounded(wanted, found.unit)
        least = _rounded(volume.size_bytes, found.unit) if volume.sizing == "template" else 0
        # The template is missing or was replaced since the volume was created.
        return max(least, found.size)

    def _snapshot_size(self, volume: Volume, found: _Found) -> int:
        """Size as computed by ``want_snapshot`` of the storage scripts: LVM limits a snapshot to what it can use."""
        origin = self._found.get(f"{volume.volume_group}/{volume.template}")
        if origin is None:
            return found.size
        whole = origin.size + origin.size // 128 + origin.unit
        number = _number(volume)
        wanted = {"exact": number, "free": whole + number, "template": max(whole, number)}[volume.sizing]
        enough = min(found.size, wanted) >= origin.size
        return found.size if enough else _rounded(wanted, found.unit)


def _found(size: str, unit: str, tags: str) -> _Found:
    return _Found(int(size), int(unit), frozenset(tags.split(",")))


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _number(volume: Volume) -> int:
    """Bytes given in the project: the whole size, or the free space in addition to the template."""
    return volume.free_space_bytes if volume.sizing == "free" else volume.size_bytes


def _place(volume: Volume) -> str:
    return f"{volume.volume_group}/{volume.name}" if volume.volume_group else volume.path


def _places(project: Project, server: str) -> set[str]:
    """Places of the volumes of *project* that *server* may have: its own, and those on shared storage."""
    volumes = (each for host in project.hosts.values() for each in host.volumes.values())
    return {_place(each) for each in volumes if each.shared} | {
        _place(each) for _, each in _volumes(project, server)
    }


def _volumes(project: Project, server: str) -> Iterator[tuple[str, Volume]]:
    for name, host in project.xen_hosts(server).items():
        for volume in host.volumes.values():
            yield name, volume
