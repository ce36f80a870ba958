"""Where the content of a volume lies in the folder of a rehearsal."""

from pathlib import Path

from mlnc.ir.model import Volume
from mlnc.rehearsal.rehearsal_paths import Folder


def image(folder: Folder, server: str, volume: Volume) -> Path | None:
    """The file that holds the content of *volume* on *server*, active or not; None where there is none."""
    if volume.volume_group is None:
        place = folder.on(server, volume.path)
    else:
        link = folder.state(server) / "groups" / volume.volume_group
        place = folder.followed(link) / "data" / volume.name
    return place if place.exists() else None
