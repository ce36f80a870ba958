"""Preflight script of an xl server: checks that it can send domains to each server with which it shares storage.

``xl migrate`` runs ``ssh HOST xl migrate-receive`` as root. It needs a known host key and an accepted key of root,
without a prompt; xend has relocation settings for the same purpose. The script changes nothing. This target also
reports differences between servers that share storage, for both toolstacks.
"""

from mlnc.ir.model import Course
from mlnc.ir.shared_storage import Peers, migration_peers, shared_storage
from mlnc.output.artifact import Artifact, Emitted, server_folder
from mlnc.targets.render import render
from mlnc.targets.xen.migration_checks import differences


def emit(course: Course) -> Emitted:
    """Return ``hosts/<service host>/_server/preflight.sh`` of each xl server that shares storage with another one.

    Diagnostic codes: those of :func:`mlnc.ir.shared_storage.differences`.
    """
    peers = migration_peers(course)
    servers = course.site.service_hosts
    senders = [name for name in sorted(servers) if servers[name].toolstack == "xl"]
    scripts = [_script(course, name, peers) for name in senders]
    return Emitted([script for script in scripts if script is not None], differences(course))


def _script(course: Course, name: str, peers: Peers) -> Artifact | None:
    """Return the script of the server *name*, None if it has no peer to which xl can migrate."""
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
    """Return the volume groups of *storage*, sorted. The rest are paths, which may be mounted later."""
    return sorted(each for each in storage if "/" not in each)
