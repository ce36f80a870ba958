"""The plan of one project as ``out/plan/<project>/plan.yaml`` holds it (``schemas/plan.schema.json``).

Plain, frozen values: the planner makes them, the runner reads them and knows nothing of how they came about.
"""

from dataclasses import dataclass
from typing import Literal

PLAN_VERSION = 1

Action = Literal["create", "keep", "live", "restart", "migrate", "rename", "rebuild", "retire"]
"""What happens to a virtual machine; where several things do, the dearest of them."""

Way = Literal["live", "cold", "copy"]
"""How one moves: while it runs, stopped over shared storage, or with a copy of its disks."""

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
"""The kinds of steps. Their order here is that of the phases: one begins when those before it have succeeded."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the IR path below the host or switch, the directive that stands for it, and its class.

    *change* is the class of the directive table. *at* is the place in the sources, FILE:LINE:COLUMN as seen from
    ``out/``; None where nothing was written (a default, or something taken out). *old* and *new* are short texts.
    """

    path: str
    directive: str | None
    change: Literal["nothing", "live", "reboot", "migrate", "rebuild", "data-loss"]
    old: str | None
    new: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What happens to one virtual machine. *line* is the one line that people see; *notes* are what follows from it."""

    action: Action
    way: Way | None
    data_loss: bool
    old_server: str | None
    new_server: str | None
    line: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """A domain that may run nowhere but on *may_run* when the step begins; all *servers* are asked."""

    host: str
    domain: str
    uuid: str
    servers: tuple[str, ...]
    may_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step, on one server.

    *script* is its path below ``out/``; None for ``apply`` and ``leave``, which are the runner's own. *hosts* are
    those it acts on. *peer* is the other server that it keeps busy. *after* are steps, ``PROJECT/ID``, that must
    have succeeded before, besides those of earlier phases. *holds_before*, *holds_after* and *undo* are for people;
    *undo* is None where the step cannot be taken back. *data_loss* are the hosts whose data it destroys.
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
    """How to get from *base*, the generation of each server (None: it has nothing), to what was built.

    *switches* says in a line what happens to each network that changes, *notes* what concerns the project as a whole.
    """

    plan_version: int
    project: str
    base: dict[str, str | None]
    hosts: dict[str, HostPlan]
    switches: dict[str, str]
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
