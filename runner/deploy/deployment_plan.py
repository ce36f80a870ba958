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
    desk: RunContext, selection: Selection, options: Options, parallel: int, resting: bool = False
) -> DeploymentPlan:
    """Ask every server of *selection* what it has, and decide. Writes nothing anywhere.

    *resting*: the connection to a server that needs nothing is closed meanwhile.
    """

    def look(server: str) -> Survey | str:
        facts = desk.site[server]
        try:
            wanted = dict.fromkeys(selection[server]) | _wanted(desk, server, selection)
            session, recorded = desk.lines.session(server), partial(desk.recorded, server=server)
            found = survey(session, facts.projects, facts.toolstack, wanted, recorded)
            if resting and _is_settled(found, wanted):
                session.rest()
            return found
        except Unreachable as error:
            return str(error)

    def ask(servers: Collection[str]) -> None:
        asked = [server for server in servers if server not in options.fenced]
        plan.silent.update(dict.fromkeys(options.fenced & set(servers), OFF))
        for server, found in desk.everywhere(asked, look, parallel).items():
            if isinstance(found, str):
                plan.silent[server] = found
            else:
                plan.surveys[server] = found
                _add_server(desk, plan, server, selection, options)

    plan = DeploymentPlan()
    ask(selection)
    projects = {name for there in selection.values() for name in there}
    between = unchosen_servers(desk, plan, projects, options)
    selection = selection | {server: {} for server in between}
    ask(between)
    for server, reason in plan.silent.items():
        plan.refused += _unreachable(desk, server, selection, reason)
    add_upgrades(desk, plan, projects, options)
    refuse_elsewhere(desk, plan, options)
    return plan


def _is_settled(found: Survey, wanted: Mapping[str, Bundle | None]) -> bool:
    """Whether a server has what is wanted, and nothing that was begun."""
    states = {name: found.states.get(name, State()) for name in wanted}
    return not found.noted and all(
        bundle is not None and (states[name].applied, states[name].pending) == (bundle.generation, None)
        for name, bundle in wanted.items()
    )


def _wanted(desk: RunContext, server: str, selection: Selection) -> dict[str, Bundle]:
    """The bundles of a server that were chosen, what all share first."""
    there = desk.bundles.get(server, {})
    return {name: there[name] for name in (SERVER_ROOM, *selection[server]) if name in there}


def _unreachable(desk: RunContext, server: str, selection: Selection, reason: str) -> list[Result]:
    return [
        Result(server, project, "skipped", reason) for project in _wanted(desk, server, selection) or ("-",)
    ]


def _add_server(
    desk: RunContext, plan: DeploymentPlan, server: str, selection: Selection, options: Options
) -> None:
    """Add the tasks of a server. Where what all share cannot be brought there, nothing can."""
    found, projects = plan.surveys[server], selection[server]
    wanted = _wanted(desk, server, selection)
    tasks = [_task(desk, bundle, found, projects.get(name, ()), options) for name, bundle in wanted.items()]
    conflicts = [task for task in tasks if task.decision.kind == "conflict"]
    blocked = any(task.bundle.project == SERVER_ROOM for task in conflicts)
    for task in conflicts:
        plan.refused.append(Result(server, task.bundle.project, "failed", task.decision.reason))
    plan.tasks[server] = [] if blocked else [task for task in tasks if task.decision.kind != "conflict"]
    if blocked:
        reason = "what all projects of the server share could not be brought there"
        others = [task for task in tasks if task not in conflicts]
        plan.refused += [Result(server, task.bundle.project, "skipped", reason) for task in others]
    _add_left_over(desk, plan, server, selection)


def _add_left_over(desk: RunContext, plan: DeploymentPlan, server: str, selection: Selection) -> None:
    """Add what a server has though it is not built for it."""
    there, projects = desk.bundles.get(server, {}), selection[server]
    chosen = {name for each in selection.values() for name in each}
    for name, state in sorted(plan.surveys[server].states.items()):
        if name in there or (projects and name not in chosen) or _given_up(desk, server, name):
            continue
        if name in desk.manifest.projects:
            plan.unrecorded.append((server, name))
        else:
            plan.left_over.append((server, name, state.applied or "-"))


def _given_up(desk: RunContext, server: str, project: str) -> bool:
    """Whether the plan of a project takes it from a server: then nobody must remove it there by hand."""
    plan = desk.plan(project)
    return plan is not None and any(step.kind == "leave" and step.server == server for step in plan.steps)


def _task(
    desk: RunContext, bundle: Bundle, found: Survey, hosts: tuple[str, ...], options: Options
) -> BundleTask:
    state = found.states.get(bundle.project, State())
    recorded = desk.recorded(bundle.project, bundle.server)
    decision = decide(bundle.generation, recorded, state, options.again)
    have = () if options.again else found.listings.get(bundle.project, ())
    same = state.applied == bundle.generation and not options.again
    files = () if same else tuple(bundle.changed(have))
    return BundleTask(
        bundle, decision, recorded, files, hosts, options.start and _down(desk, bundle, found, hosts)
    )


def _down(desk: RunContext, bundle: Bundle, found: Survey, hosts: tuple[str, ...]) -> bool:
    """Whether a host of the project that should run here does not, as far as the server can tell."""
    if bundle.project == SERVER_ROOM:
        return False
    here = [
        host
        for name, host in desk.project(bundle.project).xen_hosts(bundle.server).items()
        if not hosts or name in hosts
    ]
    return any(found.domains.get(host.domain) != host.uuid for host in here)
