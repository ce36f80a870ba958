"""Autostart: a script and two systemd units for each service host, which start and stop projects with the server.

One unit starts projects at boot. The other unit starts nothing, so it is always active, and stops all projects when
the server shuts down: systemd stops active units only, and xendomains(8) would save the domains that still run. The
script has an LSB header, so it is the init script of a server without systemd. The files name the folders into which
the runner deploys, :func:`deployed_folder`.
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
"""Time for hooks, networks and the toolstack of all projects, besides the wait for domains."""
_AT_ONCE = 8
"""Number of projects that are stopped in parallel."""


def emit(course: Course) -> Emitted:
    """Return ``mlnc-projects.sh`` and its two units in ``_server`` of every service host.

    Diagnostic code: ``projects-folder`` (error), a ``projects`` folder that a systemd unit cannot name.
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
    """Return the folder on *server* with the current files of *project* (or ``SERVER_ROOM``)."""
    return f"{server.projects}/{project}/current"


def _server(course: Course, name: str, server: ServiceHost) -> list[Artifact]:
    """Return script and units of the service host *name*."""
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
    """Return the maximum time to stop *projects*, in seconds. Each boot order of a project waits separately.

    The result is a multiple of an hour, so that the unit rarely changes when projects are added or removed.
    """
    each = [_project_seconds(server, project) for project in projects]
    seconds = _MARGIN_SECONDS + sum(each) // _AT_ONCE + max(each, default=0)
    return -(-seconds // _HOUR_SECONDS) * _HOUR_SECONDS


def _project_seconds(server: str, project: Project) -> int:
    orders = {host.boot_order for _, host in starting_order(project, server)}
    return len(orders) * project.stop_timeout_seconds
