"""Image files of volumes in the folder of a rehearsal."""

from pathlib import Path

from mlnc.ir.model import Volume
from mlnc.rehearsal.rehearsal_paths import Folder


def image(folder: Folder, server: str, volume: Volume) -> Path | None:
    """File with the content of *volume* on *server*, active or not; None if it does not exist."""
    if volume.volume_group is None:
        file = folder.on(server, volume.path)
    else:
        link = folder.state(server) / "groups" / volume.volume_group
        file = folder.followed(link) / "data" / volume.name
    return file if file.exists() else None
