"""Plan of one project as ``out/plan/<project>/plan.yaml`` holds it (``schemas/plan.schema.json``).

Plain, frozen values: the planner makes them, the runner reads them and does not know how they were made.
"""

from dataclasses import dataclass
from typing import Literal

PLAN_VERSION = 1

Action = Literal["create", "keep", "live", "restart", "migrate", "rename", "rebuild", "retire"]
"""Change of a virtual machine; of several changes the dearest."""

MigrationMode = Literal["live", "cold", "copy"]
"""Live migration, a stop and start over shared storage, or a copy of the disks."""

Kind = Literal[
    "preflight",
    "prepare",
    "copy",
    "release",
    "stop",
    "volumes",
    "migrate",
    "apply",
    "live",
    "start",
    "clean",
    "leave",
]
"""Kinds of steps, in the order of their phases: a phase begins when those before it have succeeded."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its IR path below the host, its directive, and its class of the directive table.

    *old* and *new* are short texts. *at* is the place in the sources, FILE:LINE:COLUMN as seen from ``out/``; None if
    no statement stands for it (a default, or something removed).
    """

    path: str
    directive: str | None
    change: Literal["nothing", "live", "reboot", "migrate", "rebuild", "data-loss"]
    old: str | None
    new: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class HostPlan:
    """Upgrade of one virtual machine. *way* is its migration mode, *line* its summary, *notes* the consequences."""

    action: Action
    way: MigrationMode | None
    data_loss: bool
    old_server: str | None
    new_server: str | None
    line: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """A domain that may run on *may_run* only when the step begins; the runner asks all *servers*."""

    host: str
    domain: str
    uuid: str
    servers: tuple[str, ...]
    may_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step, on one server.

    *script* is its path below ``out/``; None for ``apply`` and ``leave``, which the runner executes itself. *hosts* are
    the virtual machines it acts on, *peer* is the other server that takes part. *after* has the steps, ``PROJECT/ID``,
    that must succeed first, besides those of earlier phases. *holds_before*, *holds_after* and *undo* are for people;
    *undo* is None for a step that cannot be undone. *data_loss* names the hosts whose data it destroys.
    """

    id: str
    kind: Kind
    server: str
    hosts: tuple[str, ...]
    peer: str | None
    script: str | None
    after: tuple[str, ...]
    guards: tuple[Guard, ...]
    holds_before: str
    holds_after: str
    undo: str | None
    data_loss: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """Upgrade from *base*, the generation of each server (None: it has none), to the build.

    *switches* has a line for each network that changes, *notes* those on the project as a whole.
    """

    plan_version: int
    project: str
    base: dict[str, str | None]
    hosts: dict[str, HostPlan]
    switches: dict[str, str]
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
