"""The targets, in the order in which they run."""

from collections.abc import Callable

from mlnc.ir.model import Course
from mlnc.output.artifact import Emitted
from mlnc.targets import (
    ansible,
    autostart,
    guest,
    lib,
    life,
    mln_conf,
    network,
    preflight,
    storage,
    xen,
    xend_config,
)

Emit = Callable[[Course], Emitted]

TARGETS: tuple[tuple[str, Emit], ...] = (
    ("xen", xen.emit),
    ("storage", storage.emit),
    ("guest", guest.emit),
    ("network", network.emit),
    ("life", life.emit),
    ("lib", lib.emit),
    ("autostart", autostart.emit),
    ("mln_conf", mln_conf.emit),
    ("xend_config", xend_config.emit),
    ("preflight", preflight.emit),
    ("ansible", ansible.emit),
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
