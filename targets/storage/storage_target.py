"""Storage scripts: create and remove the volumes of a project on a service host.

For each project and server, ``storage.sh`` creates absent and unfinished volumes, and ``storage-remove.sh`` removes
exactly the volumes with the tags of the project. Shared functions are in the library (``lib/storage.sh``,
``lib/volumes.sh``, ``lib/removal.sh``).
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from mlnc.ir.model import Course, ServiceHost
from mlnc.output.artifact import Artifact, Emitted, host_folder
from mlnc.targets.render import render
from mlnc.targets.storage.storage_checks import WARNINGS, refusals
from mlnc.targets.storage.storage_lock import group_locks
from mlnc.targets.storage.storage_volume import Wanted, wanted_volumes


def emit(course: Course) -> Emitted:
    """Return both scripts for every service host of every project that has volumes there.

    The scripts omit volumes with an error; the driver writes nothing then.
    """
    refused = refusals(course)
    unsound = {refusal.where for refusal in refused if refusal.code not in WARNINGS}
    emitted = Emitted(refusals=refused)
    for name, project in sorted(course.projects.items()):
        wanted = [each for each in wanted_volumes(project) if each.where not in unsound]
        for server in sorted({each.machine.service_host for each in wanted}):
            here = [each for each in wanted if each.machine.service_host == server]
            emitted.artifacts += _scripts(course, name, server, here)
    return emitted


def _scripts(course: Course, project: str, server: str, wanted: Sequence[Wanted]) -> list[Artifact]:
    """Return the two scripts of *project* for *server*; *wanted* has at least one volume."""
    facts = course.site.service_hosts[server]
    context = {
        "project": project,
        "templates": facts.templates,
        "folders": _own_folders(facts, wanted),
        "locks": group_locks(course.site, server, wanted),
        "domains": sorted({(each.host, each.machine.domain) for each in wanted}),
        "volume_groups": sorted({each.volume_group for each in wanted if each.volume_group}),
        "wanted": wanted,
    }
    folder = host_folder(server, project)
    return [
        Artifact(f"{folder}/{script}", render(f"storage/{script}.j2", **context), executable=True)
        for script in ("storage.sh", "storage-remove.sh")
    ]


def _own_folders(server: ServiceHost, wanted: Sequence[Wanted]) -> list[str]:
    """Return the folders of image files below the server's projects folder, which the script creates.

    Any other folder must exist: an absent one may be a file system that is not mounted.
    """
    folders = {PurePosixPath(each.path).parent for each in wanted if not each.volume_group}
    return sorted(str(each) for each in folders if each.is_relative_to(server.projects))
