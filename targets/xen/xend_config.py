r"""What xend must know so that domains can move: a fragment of xend-config.sxp, and the script that merges it.

A fragment is written for each service host that takes part in migrations: it shares storage with another, or its
site allows a sender. Only a server of toolstack xm reads it, so only there is a script beside it; on a server of
toolstack xl the preflight script does the same service over ssh (see :mod:`mlnc.targets.xen.migration_preflight`).

In a string of xend, ``\.`` loses its dot (xen-formats.md, section 3); :func:`quote_sxp` doubles each backslash.
"""

import re

from mlnc.ir.model import Course, ServiceHost
from mlnc.ir.shared_storage import migration_peers
from mlnc.output.artifact import Artifact, Emitted, Refusal, server_folder
from mlnc.targets.render import render
from mlnc.targets.xen.xend_relocation import hosts_allow


def emit(course: Course) -> Emitted:
    """``_server/xend-config.sxp`` of each server that takes part in migrations, with ``xend-merge.sh`` for xm.

    Besides the codes of :func:`mlnc.targets.xen.xend_relocation.hosts_allow`: ``relocation-address-syntax`` (error).
    """
    emitted = Emitted()
    peers = migration_peers(course)
    for name, server in sorted(course.site.service_hosts.items()):
        if peers[name] or server.relocation_allow:
            _server(course, name, server, emitted)
    return emitted


def quote_sxp(text: str) -> str:
    """*text* (printable ASCII) as a string of an S-expression that xend reads back as it is."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _server(course: Course, name: str, server: ServiceHost, emitted: Emitted) -> None:
    """Add the fragment of one server, its merge script and its refusals to *emitted*."""
    allow = hosts_allow(course, name)
    emitted.refusals += allow.refusals
    if not re.fullmatch(r"[!-~]*", server.relocation_address):
        emitted.refusals.append(_bad_address(name, server.relocation_address))
        return
    folder = server_folder(name)
    fragment = render(
        "xend_config/xend-config.sxp.j2",
        toolstack=server.toolstack,
        port=server.relocation_port,
        address=quote_sxp(server.relocation_address),
        hosts_allow=quote_sxp(" ".join(allow.expressions)),
    )
    emitted.artifacts.append(Artifact(f"{folder}/xend-config.sxp", fragment))
    if server.toolstack == "xm":
        script = render("xend_config/xend-merge.sh.j2")
        emitted.artifacts.append(Artifact(f"{folder}/xend-merge.sh", script, executable=True))


def _bad_address(name: str, address: str) -> Refusal:
    """The refusal of a listening address that no file of xend can hold."""
    message = f"relocation_address {address!r} is neither an address nor the name of an interface"
    return Refusal("relocation-address-syntax", f"site/service_hosts/{name}/relocation_address", message)
