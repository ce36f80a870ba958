"""The shell library of a service host: what its scripts share, written once a server.

A script sources a part by ``. "${MLNC_LIB:-$(dirname "$0")/../_server/lib}/NAME.sh"``: the layout on the
server equals the one below ``out/hosts/<service host>/``.
"""

from mlnc.ir.model import Course, ServiceHost
from mlnc.output.artifact import Artifact, Emitted, server_folder
from mlnc.targets.render import render
from mlnc.targets.storage.storage_lock import site_locks

PARTS: tuple[str, ...] = (
    *(
        "common",
        "secrets",
        "volumes",
        "domains",
        "servers",
        "templates",
        "storage",
        "removal",
        "network",
        "life",
        "preflight",
    ),
    *(
        "upgrade",
        "upgrade-there",
        "upgrade-preflight",
        "upgrade-hosts",
        "upgrade-volumes",
        "upgrade-move",
        "upgrade-copy",
    ),
    *("upgrade-live", "retired"),
    *("guest", "guest-files", "guest-disk", "guest-accounts", "guest-network", "guest-boot", "guest-seed"),
)
"""The parts of the library; each is the template ``lib/<part>.sh.j2``, filled with the server's
name and facts, and those of all servers of the site."""


def emit(course: Course) -> Emitted:
    """The library of every service host of *course*, one file a part."""
    site = course.site
    servers = sorted(site.service_hosts.items())
    shared = {"servers": servers, "locks": site_locks(site)}
    return Emitted([_part(name, server, part, shared) for name, server in servers for part in PARTS])


def _part(name: str, server: ServiceHost, part: str, shared: dict[str, object]) -> Artifact:
    """One library file of the service host *name*; *shared* is what all servers are told alike."""
    text = render(f"lib/{part}.sh.j2", name=name, server=server, **shared)
    return Artifact(f"{server_folder(name)}/lib/{part}.sh", text)
