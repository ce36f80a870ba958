"""Projects that start and stop with their server: a script and two systemd units for each service host.

One unit starts projects at boot. The other one has nothing to start, so nothing keeps it from being active, and stops
all of them when the server does: an inactive unit stops nothing, and xendomains(8) would save the domains. The script
is an init script too (it has an LSB header), for a server without systemd. All name the place where the runner keeps
what it brings to a server, :func:`deployed_folder`.
"""

import re
from collections.abc import Iterable

from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course, Project, ServiceHost
from mlnc.output.artifact import SERVER_ROOM, Artifact, Emitted, Refusal, server_folder
from mlnc.targets.render import render
from mlnc.targets.shell.project_script import starting_order

_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./@+-]*")
_HOUR_SECONDS = 3600
_MARGIN_SECONDS = 300
"""What hooks, networks and the toolstack may take beside the waiting for domains, for all projects together."""
_AT_ONCE = 8
"""So many projects are stopped at the same time."""


def emit(course: Course) -> Emitted:
    """``mlnc-projects.sh`` and its two units below ``_server`` of every service host.

    Code: ``projects-folder`` (error), a ``projects`` folder that a unit of systemd could not name.
    """
    emitted = Emitted()
    for name, server in sorted(course.site.service_hosts.items()):
        if _PLAIN_PATH.fullmatch(server.projects):
            emitted.artifacts += _server(course, name, server)
        else:
            message = (
                f"projects {server.projects!r} is not an absolute path of letters, digits and _ . / @ + -"
            )
            emitted.refusals.append(
                Refusal("projects-folder", f"site/service_hosts/{name}/projects", message)
            )
    return emitted


def deployed_folder(server: ServiceHost, project: str) -> str:
    """The folder on *server* where the current files of *project* (or ``SERVER_ROOM``) stand."""
    return f"{server.projects}/{project}/current"


def _server(course: Course, name: str, server: ServiceHost) -> list[Artifact]:
    """Script and units of one service host."""
    here = [project for _, project in sorted(course.projects.items()) if name in project_servers(project)]
    context = {
        "projects": [project.project for project in here if project.autostart],
        "root": server.projects,
        "script": f"{deployed_folder(server, SERVER_ROOM)}/mlnc-projects.sh",
        "stop_seconds": _stop_seconds(name, here),
        "at_once": _AT_ONCE,
    }
    return [
        Artifact(
            f"{server_folder(name)}/{file}",
            render(f"autostart/{file}.j2", **context),
            executable=file.endswith(".sh"),
        )
        for file in ("mlnc-projects.sh", "mlnc-projects.service", "mlnc-shutdown.service")
    ]


def _stop_seconds(server: str, projects: Iterable[Project]) -> int:
    """The longest that stopping *projects* takes: each boot order of each waits for its domains by itself.

    In whole hours, so that the unit stays as it is when projects come and go.
    """
    each = [_project_seconds(server, project) for project in projects]
    seconds = _MARGIN_SECONDS + sum(each) // _AT_ONCE + max(each, default=0)
    return -(-seconds // _HOUR_SECONDS) * _HOUR_SECONDS


def _project_seconds(server: str, project: Project) -> int:
    orders = {host.boot_order for _, host in starting_order(project, server)}
    return len(orders) * project.stop_timeout_seconds
