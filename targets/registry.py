"""The targets, in the order in which they run."""

from collections.abc import Callable

from mlnc.ir.model import Course
from mlnc.output.artifact import Emitted
from mlnc.targets.ansible import ansible_target
from mlnc.targets.guest import guest_target
from mlnc.targets.mlnd import mln_conf
from mlnc.targets.network import network_target
from mlnc.targets.shell import autostart, project_script, shell_library
from mlnc.targets.storage import storage_target
from mlnc.targets.xen import migration_preflight, xen_target, xend_config

Emit = Callable[[Course], Emitted]

TARGETS: tuple[tuple[str, Emit], ...] = (
    ("xen", xen_target.emit),
    ("storage", storage_target.emit),
    ("guest", guest_target.emit),
    ("network", network_target.emit),
    ("life", project_script.emit),
    ("lib", shell_library.emit),
    ("autostart", autostart.emit),
    ("mln_conf", mln_conf.emit),
    ("xend_config", xend_config.emit),
    ("preflight", migration_preflight.emit),
    ("ansible", ansible_target.emit),
)
"""Name and function of every target; a new one is a line here."""


def emit_all(course: Course) -> Emitted:
    """What all targets yield for *course*, in the order of the table.

    Raises ValueError where two artifacts have one path: two targets that disagree about who owns a file.
    """
    everything = Emitted()
    owners: dict[str, str] = {}
    for name, emit in TARGETS:
        emitted = emit(course)
        for artifact in emitted.artifacts:
            if artifact.path in owners:
                raise ValueError(f"targets {owners[artifact.path]} and {name} both write {artifact.path}")
            owners[artifact.path] = name
        everything.artifacts += emitted.artifacts
        everything.refusals += emitted.refusals
    return everything
