"""The shell library of a service host: what its scripts share, written once a server.

A script sources a part by ``. "${MLNC_LIB:-$(dirname "$0")/../_server/lib}/NAME.sh"``: the layout on the
server equals the one below ``out/hosts/<service host>/``.
"""

from mlnc.compiler.ir import Course, ServiceHost
from mlnc.targets.artifact import Artifact, Emitted, server_folder
from mlnc.targets.render import render

PARTS: tuple[str, ...] = (
    *("common", "secrets", "volumes", "storage", "removal", "network", "life", "preflight"),
    *("guest", "guest-files", "guest-disk", "guest-accounts", "guest-network", "guest-boot", "guest-seed"),
)
"""The parts of the library; each is the template ``lib/<part>.sh.j2``, filled with ``server``."""


def emit(course: Course) -> Emitted:
    """The library of every service host of *course*, one file a part."""
    servers = sorted(course.site.service_hosts.items())
    return Emitted([_part(name, server, part) for name, server in servers for part in PARTS])


def _part(name: str, server: ServiceHost, part: str) -> Artifact:
    """One library file of the service host *name*."""
    return Artifact(f"{server_folder(name)}/lib/{part}.sh", render(f"lib/{part}.sh.j2", server=server))
