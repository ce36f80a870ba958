"""Observed state of the servers of a rehearsal, read from their folders and disk images."""

from collections.abc import Iterator
from pathlib import Path

from mlnc.ir.model import Course
from mlnc.rehearsal import guest_observed
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.server_state import Facts, add_item

_MLNC = "mlnc"


def observed(folder: Folder, course: Course) -> Facts:
    """Facts of every domain, of every volume and bridge that mlnc made, and of the guests of *course*."""
    facts: Facts = {}
    for server in folder.servers():
        _add_domains(facts, folder, server)
        _add_bridges(facts, folder, server)
        _add_volumes(facts, folder, course, server)
    guest_observed.add(facts, folder, course)
    return facts


def _add_domains(facts: Facts, folder: Folder, server: str) -> None:
    links = folder.state(server) / "links"
    for file in _files(folder.state(server) / "domains"):
        fields = [line.partition("=")[::2] for line in file.read_text().splitlines()]
        values = {name: value for name, value in fields if name in ("uuid", "memory", "vcpus", "kernel")}
        disks = [value.split("|") for name, value in fields if name == "disk"]
        cards = [value.split("|") for name, value in fields if name == "card"]
        values["disks"] = " ".join(f"{device}={path}" for device, path, _ in disks)
        values["cards"] = " ".join(sorted(f"{mac}@{_master(links / vif)}" for mac, _, vif in cards))
        add_item(facts, server, "domain", file.name, **values)


def _master(link: Path) -> str:
    """Bridge that the vif is connected to; empty if none."""
    return link.read_text().split("|")[2] if link.exists() else ""


def _add_bridges(facts: Facts, folder: Folder, server: str) -> None:
    """Add the bridges with a mark of mlnc and their VLAN or VXLAN links to other servers."""
    state = folder.state(server)
    links = {file.name: file.read_text().rstrip("\n").split("|") for file in _files(state / "links")}
    for name, (kind, up, _, mark, _) in links.items():
        if kind == "bridge" and mark.startswith(f"{_MLNC}:"):
            carriers = [
                _joined(kind, arguments, state / "fdb" / port)
                for port, (kind, up, bridge, _, arguments) in links.items()
                if bridge == name and kind in ("vlan", "vxlan") and up == "up"
            ]
            add_item(facts, server, "bridge", name, mark=mark, state=up, joined=", ".join(carriers))


def _joined(kind: str, arguments: str, peers: Path) -> str:
    words = arguments.split()
    number = words[words.index("id") + 1]
    if kind == "vlan":
        return f"vlan {number} on {words[words.index('link') + 1]}"
    ends = sorted(peers.read_text().split()) if peers.exists() else []
    return f"vxlan {number} to {' '.join(ends)}"


def _add_volumes(facts: Facts, folder: Folder, course: Course, server: str) -> None:
    """Add logical volumes with mlnc's tag and image files with a tag file.

    A shared volume is added for the server of its host. Retired volumes are unused and left out.
    """
    for link in _files(folder.state(server) / "groups"):
        storage = folder.followed(link)
        extent_bytes = int((storage / "group").read_text().split()[0])
        for file in _files(storage / "volumes"):
            extents, origin, tags = file.read_text().rstrip("\n").split("|")
            if _MLNC in tags.split(",") and _belongs_to(course, tags.split(","), server):
                size = f"{int(extents) * extent_bytes}"
                values = {"size": size, "origin": origin, "tags": _tags(tags.split(","))}
                add_item(facts, server, "volume", f"{link.name}/{file.name}", **values)
    for path, mark in _marks(folder, server):
        image, tags_of = mark.with_suffix(""), mark.read_text().split()
        if image.exists() and _belongs_to(course, tags_of, server):
            add_item(facts, server, "volume", path, size=f"{image.stat().st_size}", tags=_tags(tags_of))


def _marks(folder: Folder, server: str) -> Iterator[tuple[str, Path]]:
    """Path of each image file on *server*, and the file with its tags."""
    for root in (folder.root(server), folder.path / "shared"):
        for mark in sorted(root.rglob("*.mlnc")):
            yield f"/{mark.relative_to(root).with_suffix('')}", mark


def _belongs_to(course: Course, tags: list[str], server: str) -> bool:
    """True if the volume with *tags* belongs to a host on *server*, or to no host of the course; False if retired."""
    named = dict(tag.split("=", 1) for tag in tags if "=" in tag)
    if "mlnc.retired" in named:
        return False
    project = course.projects.get(named.get("mlnc.project", ""))
    host = project.hosts.get(named.get("mlnc.host", "")) if project else None
    return host is None or host.service_host == server


def _tags(tags: list[str]) -> str:
    """Tags without those that record the volume's creation or its guest's pending work."""
    other = ("mlnc.template=", "mlnc.from=", "mlnc.grow")
    return " ".join(sorted(tag for tag in tags if not tag.startswith(other)))


def _files(folder: Path) -> Iterator[Path]:
    """Records in *folder*, sorted, without locks and incomplete files."""
    return iter(sorted(each for each in folder.iterdir() if not each.name.startswith(".")))
