"""What a deployment would do: a task for each project on each server, from one survey of every server."""

from collections.abc import Collection, Mapping
from functools import partial

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import Bundle
from mlnc.runner.deploy.double_run_guard import refuse_elsewhere
from mlnc.runner.deploy.plan_gate import add_upgrades, unchosen_servers
from mlnc.runner.deployment import BundleTask, DeploymentPlan, Options
from mlnc.runner.observe.decision import decide
from mlnc.runner.observe.survey import State, Survey, Unreachable, survey
from mlnc.runner.results import Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

OFF = "you said that it is off"


def make_plan(
    run: RunContext, selection: Selection, options: Options, parallel: int, resting: bool = False
) -> DeploymentPlan:
    """Ask every server of *selection* what it has, and decide. Writes nothing anywhere.

    *resting*: the connection to a server that needs nothing is closed meanwhile.
    """

    def look(server: str) -> Survey | str:
        facts = run.site[server]
        try:
            wanted = dict.fromkeys(selection[server]) | _wanted(run, server, selection)
            session, recorded = run.lines.session(server), partial(run.recorded, server=server)
            found = survey(session, facts.projects, facts.toolstack, wanted, recorded)
            if resting and _is_settled(found, wanted):
                session.rest()
            return found
        except Unreachable as error:
            return str(error)

    def ask(servers: Collection[str]) -> None:
        asked = [server for server in servers if server not in options.fenced]
        plan.silent.update(dict.fromkeys(options.fenced & set(servers), OFF))
        for server, found in run.everywhere(asked, look, parallel).items():
            if isinstance(found, str):
                plan.silent[server] = found
            else:
                plan.surveys[server] = found
                _add_server(run, plan, server, selection, options)

    plan = DeploymentPlan()
    ask(selection)
    projects = {name for there in selection.values() for name in there}
    between = unchosen_servers(run, plan, projects, options)
    selection = selection | {server: {} for server in between}
    ask(between)
    for server, reason in plan.silent.items():
        plan.refused += _unreachable(run, server, selection, reason)
    add_upgrades(run, plan, projects, options)
    refuse_elsewhere(run, plan, options)
    return plan


def _is_settled(found: Survey, wanted: Mapping[str, Bundle | None]) -> bool:
    """Whether a server has what is wanted, and nothing that was begun."""
    states = {name: found.states.get(name, State()) for name in wanted}
    return not found.noted and all(
        bundle is not None and (states[name].applied, states[name].pending) == (bundle.generation, None)
        for name, bundle in wanted.items()
    )


def _wanted(run: RunContext, server: str, selection: Selection) -> dict[str, Bundle]:
    """The bundles of a server that were chosen, what all share first."""
    there = run.bundles.get(server, {})
    return {name: there[name] for name in (SERVER_ROOM, *selection[server]) if name in there}


def _unreachable(run: RunContext, server: str, selection: Selection, reason: str) -> list[Result]:
    return [
        Result(server, project, "skipped", reason) for project in _wanted(run, server, selection) or ("-",)
    ]


def _add_server(
    run: RunContext, plan: DeploymentPlan, server: str, selection: Selection, options: Options
) -> None:
    """Add the tasks of a server. Where what all share cannot be brought there, nothing can."""
    found, projects = plan.surveys[server], selection[server]
    wanted = _wanted(run, server, selection)
    tasks = [_task(run, bundle, found, projects.get(name, ()), options) for name, bundle in wanted.items()]
    conflicts = [task for task in tasks if task.decision.kind == "conflict"]
    blocked = any(task.bundle.project == SERVER_ROOM for task in conflicts)
    for task in conflicts:
        plan.refused.append(Result(server, task.bundle.project, "failed", task.decision.reason))
    plan.tasks[server] = [] if blocked else [task for task in tasks if task.decision.kind != "conflict"]
    if blocked:
        reason = "what all projects of the server share could not be brought there"
        others = [task for task in tasks if task not in conflicts]
        plan.refused += [Result(server, task.bundle.project, "skipped", reason) for task in others]
    _add_left_over(run, plan, server, selection)


def _add_left_over(run: RunContext, plan: DeploymentPlan, server: str, selection: Selection) -> None:
    """Add what a server has though it is not built for it."""
    there, projects = run.bundles.get(server, {}), selection[server]
    chosen = {name for each in selection.values() for name in each}
    for name, state in sorted(plan.surveys[server].states.items()):
        if name in there or (projects and name not in chosen) or _given_up(run, server, name):
            continue
        if name in run.manifest.projects:
            plan.unrecorded.append((server, name))
        else:
            plan.left_over.append((server, name, state.applied or "-"))


def _given_up(run: RunContext, server: str, project: str) -> bool:
    """Whether the plan of a project takes it from a server: then nobody must remove it there by hand."""
    plan = run.plan(project)
    return plan is not None and any(step.kind == "leave" and step.server == server for step in plan.steps)


def _task(
    run: RunContext, bundle: Bundle, found: Survey, hosts: tuple[str, ...], options: Options
) -> BundleTask:
    state = found.states.get(bundle.project, State())
    recorded = run.recorded(bundle.project, bundle.server)
    decision = decide(bundle.generation, recorded, state, options.again)
    have = () if options.again else found.listings.get(bundle.project, ())
    same = state.applied == bundle.generation and not options.again
    files = () if same else tuple(bundle.changed(have))
    return BundleTask(
        bundle, decision, recorded, files, hosts, options.start and _down(run, bundle, found, hosts)
    )


def _down(run: RunContext, bundle: Bundle, found: Survey, hosts: tuple[str, ...]) -> bool:
    """Whether a host of the project that should run here does not, as far as the server can tell."""
    if bundle.project == SERVER_ROOM:
        return False
    here = [
        host
        for name, host in run.project(bundle.project).xen_hosts(bundle.server).items()
        if not hosts or name in hosts
    ]
    return any(found.domains.get(host.domain) != host.uuid for host in here)
