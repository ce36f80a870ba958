"""What a deployment is made of: what was asked, a task for each bundle, an upgrade for each plan that has steps."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlnc.output import plan_model as upgrading
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import Bundle
from mlnc.runner.observe.decision import Decision
from mlnc.runner.observe.survey import Survey
from mlnc.runner.results import FAILED, OK, PARTLY, Result

DONE, UNDONE = "done", "undone"
"""What a server notes of a step when it has ended."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a deployment. *wait_seconds*: how long guests have to answer once they were started.

    *undo*: take back what an unfinished plan has done. *fenced* are servers that are off by the administrator's word.
    *lossy* are the hosts, ``PROJECT/HOST``, whose data may be lost.
    """

    start: bool = False
    again: bool = False
    wait_seconds: int | None = None
    undo: bool = False
    fenced: frozenset[str] = frozenset()
    lossy: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BundleTask:
    """What is to be done with one bundle: *files* travel, *hosts* are those to be started (none: all)."""

    bundle: Bundle
    decision: Decision
    base: str | None
    files: tuple[str, ...]
    hosts: tuple[str, ...]
    starts: bool


@dataclass(slots=True)
class PlannedUpgrade:
    """A plan to be executed: its *id*, the task of each server that will have the project, what servers have noted.

    *noted* is the last word on each step that was begun, *ran* are the hosts that ran when it began, *fenced* the
    servers whose steps are left out. *settled* are hosts that move and bring the guest configuration that is wanted.
    """

    plan: upgrading.UpgradePlan
    id: str
    tasks: dict[str, BundleTask]
    noted: dict[str, str] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    fenced: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()

    @property
    def project(self) -> str:
        """Whose plan it is."""
        return self.plan.project

    @property
    def servers(self) -> list[str]:
        """Every server that has a part in it, sorted."""
        return plan_servers(self.plan, self.tasks)

    @property
    def steps(self) -> list[upgrading.Step]:
        """The steps that can be done: not those on servers that are off."""
        return [step for step in self.plan.steps if step.server not in self.fenced]

    @property
    def undoable(self) -> list[upgrading.Step]:
        """The steps to be taken back: those that were begun. Whether a generation came into force, its server knows."""
        return [step for step in self.steps if step.kind == "apply" or step.id in self.noted]


@dataclass(slots=True)
class DeploymentPlan:
    """All tasks by server, in the order in which they are done there, the upgrades, and what cannot be done.

    *left_over* is what servers have of projects that are not built any more (server, project, generation), *unrecorded*
    what they have of others (server, project) though neither the build nor the record says so.
    *surveys* is what servers said, *silent* why others did not.
    """

    tasks: dict[str, list[BundleTask]] = field(default_factory=dict)
    upgrades: list[PlannedUpgrade] = field(default_factory=list)
    refused: list[Result] = field(default_factory=list)
    left_over: list[tuple[str, str, str]] = field(default_factory=list)
    unrecorded: list[tuple[str, str]] = field(default_factory=list)
    surveys: dict[str, Survey] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Exit status of a command that only plans: OK, FAILED if all is refused, PARTLY if some is."""
        if not self.refused:
            return OK
        can = any(task.bundle.project != SERVER_ROOM for tasks in self.tasks.values() for task in tasks)
        return PARTLY if can or self.upgrades else FAILED

    def acting(self) -> Iterable[BundleTask]:
        """The tasks that do something, besides those of upgrades."""
        return (task for tasks in self.tasks.values() for task in tasks if task.decision.acts or task.starts)


def plan_servers(plan: upgrading.UpgradePlan, tasks: Iterable[str] = ()) -> list[str]:
    """Every server that *plan* knows or acts on, and those that will have the project, sorted."""
    return sorted({*plan.base, *(step.server for step in plan.steps), *tasks})
