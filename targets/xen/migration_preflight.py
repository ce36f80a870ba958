"""The preflight script of an xl server: can it send its domains to each server with which it shares storage?

``xl migrate`` runs ``ssh HOST xl migrate-receive`` as root, so what xend asks of its relocation settings, xl asks of
ssh: a known host key and root's key accepted, without a question. The script only looks. Here the differences
between the servers are reported too, because they concern servers of either toolstack.
"""

from mlnc.ir.model import Course
from mlnc.ir.shared_storage import Peers, migration_peers, shared_storage
from mlnc.output.artifact import Artifact, Emitted, server_folder
from mlnc.targets.render import render
from mlnc.targets.xen.migration_checks import differences


def emit(course: Course) -> Emitted:
    """``hosts/<service host>/_server/preflight.sh`` of each xl server that shares storage with another xl server.

    Codes: those of :func:`mlnc.ir.shared_storage.differences`.
    """
    peers = migration_peers(course)
    servers = course.site.service_hosts
    senders = [name for name in sorted(servers) if servers[name].toolstack == "xl"]
    scripts = [_script(course, name, peers) for name in senders]
    return Emitted([script for script in scripts if script is not None], differences(course))


def _script(course: Course, name: str, peers: Peers) -> Artifact | None:
    """The script of the server *name*; None where it has no peer that xl could send to."""
    servers = course.site.service_hosts
    receivers = [
        {
            "name": peer,
            "address": servers[peer].address,
            "port": servers[peer].port or 22,
            "volume_groups": _volume_groups(shared_storage(servers[name], servers[peer])),
        }
        for peer in peers[name]
        if servers[peer].toolstack == "xl"
    ]
    if not receivers:
        return None
    text = render("preflight/preflight.sh.j2", receivers=receivers)
    return Artifact(f"{server_folder(name)}/preflight.sh", text, executable=True)


def _volume_groups(storage: frozenset[str]) -> list[str]:
    """The volume groups among *storage*, sorted; the rest are paths, which a server may mount when it likes."""
    return sorted(each for each in storage if "/" not in each)
