"""What is configured inside the guests: static files to review, and one script a guest that lays them.

A guest of mode ``mount`` is configured through its mounted root disk (``guest/configure.sh``), one of mode
``cloud-init`` through a seed on a further disk (``guest/seed.sh``); a guest of mode ``none`` is left alone. The
scripts use ``guest.sh`` of the server's library. Secrets come on their standard input, see ``lib/secrets.sh``.
"""

from collections.abc import Iterator

from mlnc.ir.model import Course, Host, Project
from mlnc.output.artifact import Artifact, Emitted, host_folder
from mlnc.targets.guest import guest_disk, guest_seed
from mlnc.targets.guest.guest_checks import WARNINGS, refusals
from mlnc.targets.guest.guest_hosts_file import HostsFiles


def emit(course: Course) -> Emitted:
    """The files of every Xen guest that is configured. A guest with an error is left out of them."""
    emitted = Emitted()
    for _, project in sorted(course.projects.items()):
        hosts_files = HostsFiles(project)
        for name, host in project.xen_hosts().items():
            if host.guest.mode != "none":
                found = refusals(project.project, name, host, course.site.service_hosts[host.service_host])
                emitted.refusals += found
                if all(each.code in WARNINGS for each in found):
                    emitted.artifacts += _artifacts(course, project, name, hosts_files)
    return emitted


def _artifacts(course: Course, project: Project, name: str, hosts_files: HostsFiles) -> list[Artifact]:
    host = project.hosts[name]
    folder = f"{host_folder(host.service_host, project.project)}/{name}/guest"
    return [
        Artifact(f"{folder}/{file}", text, executable=file.endswith(".sh"))
        for file, text in _files(course, project, host, hosts_files.text(name))
    ]


def _files(course: Course, project: Project, host: Host, hosts_file: str) -> Iterator[tuple[str, str]]:
    if host.guest.mode == "cloud-init":
        return guest_seed.files(project.project, host, hosts_file)
    server = course.site.service_hosts[host.service_host]
    return guest_disk.files(project.project, host, server, hosts_file)
