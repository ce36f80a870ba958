"""The network scripts: the bridges of a project's switches on each service host, made and removed.

What the scripts do with a bridge is in the library part ``network.sh``; what bridges there are is worked out by
:mod:`mlnc.ir.bridges`.
"""

from mlnc.ir.bridges import server_bridges, switch_servers
from mlnc.ir.model import Course
from mlnc.output.artifact import Artifact, Emitted, host_folder
from mlnc.targets.network.network_checks import project_refusals, shared_bridges
from mlnc.targets.render import render


def emit(course: Course) -> Emitted:
    """``hosts/<service host>/<project>/network.sh`` where the project has switches on that service host.

    Codes: see :mod:`mlnc.targets.network.network_checks`. A project with a refused switch has no scripts.
    """
    emitted = Emitted(refusals=shared_bridges(course))
    for name, project in sorted(course.projects.items()):
        refusals = project_refusals(course.site, project)
        emitted.refusals += refusals
        if not refusals:
            emitted.artifacts += [_script(course, name, server) for server in switch_servers(project)]
    return emitted


def _script(course: Course, name: str, server: str) -> Artifact:
    """The script of the project *name* on one service host."""
    bridges = server_bridges(course.site, course.projects[name], server)
    carriers = [bridge.carrier for bridge in bridges if bridge.carrier is not None]
    needed = {bridge.name for bridge in bridges if bridge.provided}
    needed |= {carrier.uplink for carrier in carriers if carrier.uplink is not None}
    text = render("network/network.sh.j2", needed=sorted(needed), bridges=bridges)
    return Artifact(f"{host_folder(server, name)}/network.sh", text, executable=True)
