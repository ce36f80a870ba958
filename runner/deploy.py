"""``deploy``: brings what is wanted onto the servers."""

from collections.abc import Iterable

from mlnc.runner.desk import Desk
from mlnc.runner.life import life_call
from mlnc.runner.plan import Options, Plan, Task
from mlnc.runner.results import Display, Outcome, Result
from mlnc.runner.secrets import expect
from mlnc.runner.steps import Call, perform
from mlnc.runner.verbs import Answer
from mlnc.runner.work import Job, work
from mlnc.targets.artifact import SERVER_ROOM
from mlnc.targets.secret_names import secret_names


def check_secrets(desk: Desk, tasks: Iterable[Task]) -> None:
    """Raise Refused, naming all, unless every secret that *tasks* need is there."""
    wanted = [
        (desk.project(task.bundle.project), task.bundle.server)
        for task in tasks
        if task.bundle.project != SERVER_ROOM
    ]
    expect(desk.secrets, wanted, desk.stores)


def deploy(desk: Desk, plan: Plan, options: Options, display: Display, parallel: int) -> list[Result]:
    """Do what *plan* says, and say what came of it, with what the plan refused."""
    for result in plan.refused:
        display.done(result)
    jobs = {
        server: [_job(desk, task, options, display) for task in tasks] for server, tasks in plan.tasks.items()
    }
    return [*plan.refused, *work(desk, display, jobs, parallel)]


def _job(desk: Desk, task: Task, options: Options, display: Display) -> Job:
    return Job(task.bundle.server, task.bundle.project, lambda: _act(desk, task, options, display))


def _act(desk: Desk, task: Task, options: Options, display: Display) -> Result:
    bundle = task.bundle
    if task.decision.acts:
        return perform(desk, display, _apply(desk, task, options))
    if desk.recorded(bundle.project, bundle.server) != bundle.generation:
        desk.note_applied(bundle)
    if task.starts:
        return perform(
            desk,
            display,
            life_call(desk, bundle.server, bundle.project, "start", task.hosts, options.wait_seconds),
        )
    return Result(bundle.server, bundle.project, "unchanged")


def _apply(desk: Desk, task: Task, options: Options) -> Call:
    bundle = task.bundle
    arguments = (
        bundle.project,
        bundle.generation,
        task.base or "-",
        desk.library(bundle.server),
        *desk.signature(),
        *_words(desk, task, options),
    )
    shared = bundle.project == SERVER_ROOM
    names = [] if shared else secret_names(desk.project(bundle.project), bundle.server)
    stdin = desk.secrets.lines(names) + b"\n" + bundle.archive(task.files)

    def settle(answer: Answer) -> None:
        if any(words[0] == bundle.generation for words in answer.told("applied")):
            desk.note_applied(bundle)

    outcome: Outcome = "made" if task.decision.kind == "make" else "changed"
    return Call(bundle.server, bundle.project, "apply", arguments, stdin, outcome, settle)


def _words(desk: Desk, task: Task, options: Options) -> list[str]:
    """The options of the verb apply."""
    words = ["again"] if options.again else []
    if task.bundle.project == SERVER_ROOM:
        return words + (["autostart"] if _autostarts(desk, task.bundle.server) else [])
    if options.start:
        words += ["start", *(f"host={host}" for host in task.hosts)]
        words += [] if options.wait_seconds is None else [f"wait={options.wait_seconds}"]
    return words


def _autostarts(desk: Desk, server: str) -> bool:
    """Whether a project starts with *server*."""
    return any(desk.project(name).autostart for name in desk.bundles[server] if name != SERVER_ROOM)
