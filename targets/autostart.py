"""Projects that come back by themselves: a script and a systemd unit for each service host.

The script is an init script too (it has an LSB header), for a server without systemd. Both name the place where
the runner keeps what it brings to a server, :func:`deployed_folder`.
"""

import re
from collections.abc import Iterable

from mlnc.compiler.ir import Course, Project, ServiceHost
from mlnc.targets.artifact import SERVER_ROOM, Artifact, Emitted, Refusal, server_folder
from mlnc.targets.life import project_servers, starting_order
from mlnc.targets.render import render

_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./@+-]*")
_HOUR_SECONDS = 3600
_MARGIN_SECONDS = 300
"""What hooks, networks and the toolstack may take beside the waiting for domains, for all projects together."""


def emit(course: Course) -> Emitted:
    """``mlnc-projects.sh`` and ``mlnc-projects.service`` below ``_server`` of every service host.

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
    """Script and unit of one service host."""
    started = [
        project
        for _, project in sorted(course.projects.items())
        if project.autostart and name in project_servers(project)
    ]
    context = {
        "projects": [project.project for project in started],
        "root": server.projects,
        "script": f"{deployed_folder(server, SERVER_ROOM)}/mlnc-projects.sh",
        "stop_seconds": _stop_seconds(name, started),
    }
    folder = server_folder(name)
    return [
        Artifact(
            f"{folder}/mlnc-projects.sh", render("autostart/mlnc-projects.sh.j2", **context), executable=True
        ),
        Artifact(f"{folder}/mlnc-projects.service", render("autostart/mlnc-projects.service.j2", **context)),
    ]


def _stop_seconds(server: str, projects: Iterable[Project]) -> int:
    """The longest that stopping *projects* takes: each boot order of each waits for its domains by itself.

    In whole hours, so that the unit stays as it is when projects come and go.
    """
    seconds = _MARGIN_SECONDS
    for project in projects:
        orders = {host.boot_order for _, host in starting_order(project, server)}
        seconds += len(orders) * project.stop_timeout_seconds
    return -(-seconds // _HOUR_SECONDS) * _HOUR_SECONDS
