"""The shell library of a service host: functions that its scripts share, and the facts of the server.

The library is plain shell, ``library/*.sh``. ``out/lib/`` holds it once; the facts of each server are generated as
``hosts/SERVER/_server/lib/server.sh``. The bundle of a server holds both in its folder ``lib``, and a script sources a
part by ``. "$MLNC_LIB/NAME.sh"``.
"""

from importlib.resources import files

from mlnc.ir.model import Course
from mlnc.output.artifact import LIBRARY, Artifact, Emitted, server_folder
from mlnc.targets.render import render
from mlnc.targets.storage.storage_lock import site_locks

FACTS = "server.sh"


def emit(course: Course) -> Emitted:
    """Return the library files, and ``server.sh`` of every service host of *course*."""
    site = course.site
    servers = sorted(site.service_hosts.items())
    emitted = Emitted([Artifact(f"{LIBRARY}/{file}", text) for file, text in library_files().items()])
    for name, server in servers:
        facts = render(
            "shell/server.sh.j2", name=name, server=server, servers=servers, locks=site_locks(site)
        )
        emitted.artifacts.append(Artifact(f"{server_folder(name)}/{LIBRARY}/{FACTS}", facts))
    return emitted


def library_files() -> dict[str, str]:
    """Return the text of each file of the library, by its name."""
    folder = files("mlnc.targets.shell").joinpath("library")
    names = sorted(each.name for each in folder.iterdir())
    return {name: folder.joinpath(name).read_text(encoding="utf-8") for name in names}
