"""``deploy``: brings what is wanted onto the servers."""

from collections.abc import Callable, Iterable
from itertools import chain

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.secret_names import secret_names
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.deploy.start_stop import life_call
from mlnc.runner.deployment import BundleTask, DeploymentPlan, Options, PlannedUpgrade
from mlnc.runner.parallel import Job, work
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import FAILURES, Display, Outcome, Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.secret_values import expect


def check_secrets(run: RunContext, plan: DeploymentPlan) -> None:
    """Raise Refused, naming all, unless every secret that *plan* needs is there."""
    upgraded = (task for upgrade in plan.upgrades for task in upgrade.tasks.values())
    wanted = [
        (run.project(task.bundle.project), task.bundle.server)
        for task in chain(plan.acting(), upgraded)
        if task.bundle.project != SERVER_ROOM
    ]
    expect(run.secrets, wanted, run.stores)


def deploy(
    run: RunContext, plan: DeploymentPlan, options: Options, display: Display, parallel: int
) -> list[Result]:
    """Do what *plan* says, and say what came of it, with what the plan refused."""
    return _Deployment(run, plan, options, display, parallel).results()


class _Deployment:
    """One deployment, and what has come of it so far.

    First what all projects of a server share, then the upgrades, then the rest: what is made new finds the memory that
    others have left.
    """

    def __init__(
        self, run: RunContext, plan: DeploymentPlan, options: Options, display: Display, parallel: int
    ) -> None:
        self._run = run
        self._plan = plan
        self._options = options
        self._display = display
        self._parallel = parallel
        self._results = list(plan.refused)

    def results(self) -> list[Result]:
        """Do all of it; what came of it."""
        for result in self._results:
            self._display.done(result)
        if self._plan.upgrades:
            self._work(lambda task: task.bundle.project == SERVER_ROOM)
            self._upgrade()
            self._work(lambda task: task.bundle.project != SERVER_ROOM)
        else:
            self._work(lambda _: True)
        return self._results

    def _work(self, chosen: Callable[[BundleTask], bool]) -> None:
        """Do the *chosen* tasks."""
        there = {
            server: [task for task in tasks if chosen(task)] for server, tasks in self._plan.tasks.items()
        }
        jobs = {
            server: [_job(self._run, task, self._options, self._display) for task in tasks]
            for server, tasks in there.items()
            if tasks
        }
        self._results += work(self._run, self._display, jobs, self._parallel, tuple(self._results))

    def _upgrade(self) -> None:
        """Execute the upgrades, but for those on a server that could not be given what all its projects share."""
        # Loaded where there are any: most deployments do without.
        from mlnc.runner.deploy.scheduler import Execution
        from mlnc.runner.deploy.step_graph import Limits
        from mlnc.runner.deploy.step_runner import StepActs

        failures = [result for result in self._results if result.outcome in FAILURES]
        broken = {result.server for result in failures if result.project == SERVER_ROOM}
        ready = {}
        for upgrade in self._plan.upgrades:
            if broken & (set(upgrade.servers) - upgrade.fenced):
                self._done(Result(upgrade.servers[0], upgrade.project, "skipped", _BROKEN))
            else:
                ready[upgrade.project] = upgrade
        acts = {name: StepActs(self._run, each, self._options, self._display) for name, each in ready.items()}
        undo = self._options.undo
        steps = {name: each.undoable if undo else each.steps for name, each in ready.items()}
        limits = Limits(self._parallel, {name: facts.migrations for name, facts in self._run.site.items()})
        self._results += Execution(self._run, self._display, acts, steps, limits, undo).run()
        if self._options.start and not undo:
            self._start([each for name, each in ready.items() if acts[name].ended])

    def _start(self, upgrades: Iterable[PlannedUpgrade]) -> None:
        """Start what does not run of the projects that came to the end of what could be done of their plan."""
        for upgrade in upgrades:
            for server in sorted(set(upgrade.tasks) - upgrade.fenced):
                seconds = self._options.wait_seconds
                call = life_call(self._run, server, upgrade.project, "start", (), seconds)
                self._done(perform(self._run, self._display, call))

    def _done(self, result: Result) -> None:
        self._display.done(result)
        self._results.append(result)


_BROKEN = "not begun: what all projects of its servers share could not be brought to every one of them"


def _job(run: RunContext, task: BundleTask, options: Options, display: Display) -> Job:
    return Job(task.bundle.server, task.bundle.project, lambda: _act(run, task, options, display))


def _act(run: RunContext, task: BundleTask, options: Options, display: Display) -> Result:
    bundle = task.bundle
    if task.decision.acts:
        return perform(run, display, _apply(run, task, options))
    if run.recorded(bundle.project, bundle.server) != bundle.generation:
        run.note_applied(bundle)
    if task.starts:
        return perform(
            run,
            display,
            life_call(run, bundle.server, bundle.project, "start", task.hosts, options.wait_seconds),
        )
    return Result(bundle.server, bundle.project, "unchanged")


def _apply(run: RunContext, task: BundleTask, options: Options) -> Call:
    bundle = task.bundle
    arguments = (
        bundle.project,
        bundle.generation,
        task.base or "-",
        run.library(bundle.server),
        *run.signature(),
        *_words(task, options),
    )
    shared = bundle.project == SERVER_ROOM
    names = [] if shared else secret_names(run.project(bundle.project), bundle.server)
    stdin = run.secrets.lines(names) + b"\n" + bundle.archive(task.files)

    def settle(answer: Answer) -> None:
        if any(words[0] == bundle.generation for words in answer.told("applied")):
            run.note_applied(bundle)

    outcome: Outcome = "made" if task.decision.kind == "make" else "changed"
    return Call(bundle.server, bundle.project, "apply", arguments, stdin, outcome, settle)


def _words(task: BundleTask, options: Options) -> list[str]:
    """The options of the verb apply."""
    words = ["again"] if options.again else []
    if options.start and task.bundle.project != SERVER_ROOM:
        words += ["start", *(f"host={host}" for host in task.hosts)]
        words += [] if options.wait_seconds is None else [f"wait={options.wait_seconds}"]
    return words
