"""Storage scripts: how the volumes of a project come to be on a service host, and how they go.

Each project and server gets ``storage.sh``, which makes what is absent or unfinished, and
``storage-remove.sh``, which removes exactly what carries the project's tags. What they share is in the
server's library (``lib/storage.sh``, ``lib/volumes.sh``, ``lib/removal.sh``).
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
    """Both scripts for every service host of every project that has volumes there.

    A volume with an error is left out of its scripts; the driver writes nothing then.
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
    """The two scripts of *project* on *server*, which wants at least one volume."""
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
    """The folders of image files below the server's projects, which the script makes.

    Any other folder has to be there: an absent one may be a file system that is not mounted.
    """
    folders = {PurePosixPath(each.path).parent for each in wanted if not each.volume_group}
    return sorted(str(each) for each in folders if each.is_relative_to(server.projects))
