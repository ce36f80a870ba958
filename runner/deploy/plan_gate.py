"""Which plans are executed step by step, and whether they may be: what is held against what servers and records say."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from mlnc.output import plan_model as upgrading
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.plan_store import plan_id
from mlnc.runner.deployment import DONE, BundleTask, DeploymentPlan, Options, PlannedUpgrade, plan_servers
from mlnc.runner.observe.decision import SHORT
from mlnc.runner.observe.survey import State
from mlnc.runner.results import Result
from mlnc.runner.run_context import RunContext

_HARMLESS = ("preflight", "prepare")
"""Kinds of steps after which another plan may begin: they have changed nothing that it would have to know."""


def add_upgrades(run: RunContext, plan: DeploymentPlan, projects: Iterable[str], options: Options) -> None:
    """Take the tasks of those *projects* out of *plan* that have steps to be executed, as upgrades or as refusals."""
    for project in sorted(projects):
        found = _Case(run, plan, project, _tasks(plan, project), options)
        reason = found.objection()
        if reason is not None:
            _drop(plan, project)
            plan.refused += [Result(server, project, "failed", reason) for server in found.places()]
        elif found.executed:
            _drop(plan, project)
            plan.upgrades.append(found.upgrade())
        elif options.undo:
            _drop(plan, project)
    _keep_libraries(run, plan)


def unchosen_servers(
    run: RunContext, plan: DeploymentPlan, projects: Iterable[str], options: Options
) -> set[str]:
    """The servers that plans of *projects* act on, though these are not on them before or after."""
    found: set[str] = set()
    for project in projects:
        case = _Case(run, plan, project, _tasks(plan, project), options)
        found |= case.between()
    return found & set(run.site)


def _tasks(plan: DeploymentPlan, project: str) -> dict[str, BundleTask]:
    there = ((server, task) for server, tasks in plan.tasks.items() for task in tasks)
    return {server: task for server, task in there if task.bundle.project == project}


def _drop(plan: DeploymentPlan, project: str) -> None:
    for server, each in plan.tasks.items():
        plan.tasks[server] = [task for task in each if task.bundle.project != project]
    plan.refused = [result for result in plan.refused if result.project != project]


def _keep_libraries(run: RunContext, plan: DeploymentPlan) -> None:
    """Refuse to replace the library of a server while an upgrade of another build, of any project, is unfinished there.

    Only the present library executes the steps of that upgrade.
    """
    for server, survey in sorted(plan.surveys.items()):
        unfinished = [
            name
            for name, noted in sorted(survey.noted.items())
            if _other_plans(noted, plan_id(run.manifest, name))
        ]
        tasks = plan.tasks.get(server, [])
        shared = [task for task in tasks if task.bundle.project == SERVER_ROOM and task.decision.acts]
        if unfinished and shared:
            plan.tasks[server] = [task for task in tasks if task not in shared]
            reason = (
                f"not replaced: the unfinished upgrade of {', '.join(unfinished)} needs it. Get the commit that it was"
                " built in, run 'invoke deploy' or 'invoke deploy --undo', then build again"
            )
            plan.refused.append(Result(server, SERVER_ROOM, "failed", reason))


class _Case:
    """One project: its plan, and what its servers say."""

    def __init__(
        self,
        run: RunContext,
        plan: DeploymentPlan,
        project: str,
        tasks: dict[str, BundleTask],
        options: Options,
    ) -> None:
        self._run = run
        self._surveys = plan.surveys
        self._silent = plan.silent
        self._tasks = tasks
        self._options = options
        self._project = project
        self._id = plan_id(run.manifest, project)
        there = [survey for _, survey in sorted(plan.surveys.items())]
        self._noted = [words for survey in there for words in survey.noted.get(project, ())]
        self._ran = {host for survey in there for host in survey.ran.get(project, ())}

    @cached_property
    def _plan(self) -> upgrading.UpgradePlan | None:
        return self._run.plan(self._project)

    @property
    def executed(self) -> bool:
        """Whether the project is brought to what was built step by step."""
        if self._at_rest() or self._plan is None:
            return False
        if self._options.undo:
            return self._begun() or self._placed()
        return any(step.kind != "apply" for step in self._plan.steps)

    def upgrade(self) -> PlannedUpgrade:
        """The upgrade. The project must have a plan."""
        assert self._plan is not None
        noted = {step: word for plan, step, word in self._noted if plan == self._id}
        fenced = self._options.fenced & set(plan_servers(self._plan, self._tasks))
        settled = frozenset(name for name, host in self._plan.hosts.items() if self._is_settled(name, host))
        return PlannedUpgrade(
            self._plan, self._id, self._tasks, noted, set(self._ran), frozenset(fenced), settled
        )

    def between(self) -> set[str]:
        """The servers that the plan acts on without the project being there before or after."""
        if self._at_rest() or self._plan is None:
            return set()
        acted = {step.server for step in self._plan.steps} - set(self._surveys) - set(self._silent)
        known = (server for server in acted if self._wanted(server) or self._plan.base.get(server))
        return acted - set(known)

    def places(self) -> list[str]:
        """Where a refusal is to be shown."""
        return sorted(self._tasks) or ["-"]

    def objection(self) -> str | None:
        """Why nothing may be done with the project, None where nothing speaks against it."""
        return next(self._objections(), None)

    def _objections(self) -> Iterator[str]:
        yield from self._other_plan()
        if self._at_rest() or self._plan is None:
            return
        yield from self._other_record(self._plan)
        if self.executed:
            yield from self._absent(self._plan)
            yield from self._other_generation(self._plan)
            yield from self._lost_data(self._plan)
            yield from self._unreachable_disks(self._plan)
            yield from self._final(self._plan) if self._options.undo else ()

    # --- what holds --------------------------------------------------------------------------------------------

    def _state(self, server: str) -> State:
        survey = self._surveys.get(server)
        return survey.states.get(self._project, State()) if survey else State()

    def _begun(self) -> bool:
        """Whether a step of this plan was begun and not taken back."""
        return any(plan == self._id for plan, _, _ in self._noted)

    def _placed(self) -> bool:
        """Whether a server has the new generation lying ready."""
        return any(
            self._state(server).pending == task.bundle.generation for server, task in self._tasks.items()
        )

    def _at_rest(self) -> bool:
        """Whether every server has what was built, and nothing of a plan is left to be done."""
        if self._begun():
            return False
        for server, task in self._tasks.items():
            state = self._state(server)
            if state.applied != task.bundle.generation or state.pending is not None:
                return False
        record = self._run.records.get(self._project)
        return all(self._wanted(server) for server in (record.generations if record else ()))

    def _is_settled(self, name: str, host: upgrading.HostPlan) -> bool:
        """Whether a host that moves was given, where it is, the same files for its guest as it would be given now."""
        task, survey = self._tasks.get(host.new_server or ""), self._surveys.get(host.old_server or "")
        if task is None or survey is None or host.old_server == host.new_server:
            return False
        folder = f"{name}/guest/"
        wanted = {f"{sum}  ./{path}" for path, sum in task.bundle.hashes.items() if path.startswith(folder)}
        lines = survey.listings.get(self._project) or survey.before.get(self._project) or ()
        given = {line for line in lines if line.partition("  ./")[2].startswith(folder)}
        return wanted == given and name not in self._state(host.old_server or "").waiting

    def _wanted(self, server: str) -> str | None:
        bundle = self._run.bundles.get(server, {}).get(self._project)
        return bundle.generation if bundle else None

    # --- what speaks against it ----------------------------------------------------------------------------------

    def _other_plan(self) -> Iterator[str]:
        others = _other_plans(self._noted, self._id)
        if others:
            yield (
                f"another upgrade of {self._project} was begun and has not ended (plan {min(others)[:SHORT]})."
                " Get the commit that it was built in, run 'invoke deploy' or 'invoke deploy --undo', then build again"
            )

    def _other_record(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        record = self._run.records.get(self._project)
        for server in sorted({*plan.base, *(record.generations if record else ())}):
            recorded = self._run.recorded(self._project, server)
            if recorded not in (plan.base.get(server), self._wanted(server)):
                yield (
                    f"out/plan/{self._project} begins with other generations than out/deployed says ({server}:"
                    f" {_short(plan.base.get(server))}, not {_short(recorded)}). Build again, and review what changes"
                )

    def _absent(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        for server in plan_servers(plan, self._tasks):
            if server in self._options.fenced or server in self._surveys:
                continue
            if server in self._silent:
                yield f"{server}: {self._silent[server]}. If it is switched off, say --fence {server}"
            elif server not in self._run.site:
                yield f"its plan acts on {server}, which is not in the site file. Build again"
            else:
                yield f"its plan acts on {server} too, which was not chosen: leave --host out"

    def _other_generation(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        for server in plan_servers(plan, self._tasks):
            state, base, wanted = self._state(server), plan.base.get(server), self._wanted(server)
            known = {self._run.recorded(self._project, server), wanted}
            if wanted is None and self._begun():
                known.add(None)  # it was left already
            if server in self._surveys and state.applied not in known:
                yield (
                    f"{server} has {_short(state.applied)} of it, applied by {state.by or 'nobody'} {state.when}, but"
                    f" the plan begins with {_short(base)}. Get your colleagues' commits first; if that does not help,"
                    " run 'invoke deployed', which fetches the servers' record, look at it, build and deploy again"
                )

    def _lost_data(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        lost = {f"{self._project}/{host}" for step in plan.steps for host in step.data_loss}
        missing = sorted(lost - self._options.lossy)
        if missing and not self._options.undo:
            words = " ".join(f"--allow-data-loss {name}" for name in missing)
            yield f"DATA LOSS: all data on disks of {', '.join(missing)} would go. If that is meant, say {words}"

    def _unreachable_disks(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        for step in plan.steps:
            hosts = [host for host in step.hosts if host in plan.hosts and plan.hosts[host].way == "copy"]
            off = self._options.fenced & {step.server, step.peer}
            if off and step.kind in ("copy", "migrate") and (hosts or step.server not in off):
                names = ", ".join(hosts or step.hosts)
                yield f"{names} cannot move while {', '.join(sorted(map(str, off)))} is off: {step.holds_before}"

    def _final(self, plan: upgrading.UpgradePlan) -> Iterator[str]:
        """What cannot be taken back of what was done."""
        noted = {step: word for id, step, word in self._noted if id == self._id}
        done = [step for step in plan.steps if step.undo is None and noted.get(step.id) == DONE]
        done += [step for step in plan.steps if step.kind == "leave" and self._is_left(plan, step.server)]
        if done:
            names = ", ".join(f"{step.id} ({step.holds_after})" for step in done)
            yield f"cannot be taken back: {names}. 'invoke deploy' goes on to the end of the plan"

    def _is_left(self, plan: upgrading.UpgradePlan, server: str) -> bool:
        return plan.base.get(server) is not None and self._state(server).applied is None


def _other_plans(noted: Iterable[tuple[str, str, str]], id: str | None) -> set[str]:
    """Return the plans but *id* that have begun a step which changes something."""
    return {plan for plan, step, _ in noted if plan != id and step.split("-")[1] not in _HARMLESS}


def _short(generation: str | None) -> str:
    return f"generation {generation[:SHORT]}" if generation else "nothing"
