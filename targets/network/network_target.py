"""Network scripts: create and remove the bridges of a project's switches on each service host.

The library file ``network.sh`` holds the commands; :mod:`mlnc.ir.bridges` computes the bridges.
"""

from mlnc.ir.bridges import server_bridges, switch_servers
from mlnc.ir.model import Course
from mlnc.output.artifact import Artifact, Emitted, host_folder
from mlnc.targets.network.network_checks import project_refusals, shared_bridges
from mlnc.targets.render import render


def emit(course: Course) -> Emitted:
    """Return ``hosts/<service host>/<project>/network.sh`` for each service host with switches of the project.

    Diagnostic codes: see :mod:`mlnc.targets.network.network_checks`. A project with a refused switch has no scripts.
    """
    emitted = Emitted(refusals=shared_bridges(course))
    for name, project in sorted(course.projects.items()):
        refusals = project_refusals(course.site, project)
        emitted.refusals += refusals
        if not refusals:
            emitted.artifacts += [_script(course, name, server) for server in switch_servers(project)]
    return emitted


def _script(course: Course, name: str, server: str) -> Artifact:
    """Return the script of the project *name* for *server*."""
    bridges = server_bridges(course.site, course.projects[name], server)
    carriers = [bridge.carrier for bridge in bridges if bridge.carrier is not None]
    needed = {bridge.name for bridge in bridges if bridge.provided}
    needed |= {carrier.uplink for carrier in carriers if carrier.uplink is not None}
    text = render("network/network.sh.j2", needed=sorted(needed), bridges=bridges)
    return Artifact(f"{host_folder(server, name)}/network.sh", text, executable=True)
