"""No virtual machine is made, configured or started here while it may run elsewhere."""

from collections.abc import Collection, Iterable

from mlnc.ir.model import Host
from mlnc.output.artifact import SERVER_ROOM
from mlnc.runner.deployment import BundleTask, DeploymentPlan, Options, PlannedUpgrade
from mlnc.runner.observe.domain_locations import DomainLocations, look
from mlnc.runner.results import Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection


def refuse_elsewhere(run: RunContext, plan: DeploymentPlan, options: Options) -> None:
    """Take out of *plan* every project of which a host runs, or may run, where no step of its plan takes it from."""
    acting = list(plan.acting())
    upgrades = {upgrade.project: upgrade for upgrade in plan.upgrades}
    named = {task.bundle.project for task in acting} - {SERVER_ROOM} | set(upgrades)
    projects = sorted(named & set(run.manifest.projects))
    held = {name: former_servers(run, name) for name in projects if name not in upgrades}
    unasked = {server for each in held.values() for there in each.values() for server in there}
    places = look(run, unasked - set(plan.surveys), options.fenced)
    running = {server: survey.domains for server, survey in plan.surveys.items()}
    silent = {server: survey.no_domains for server, survey in plan.surveys.items() if survey.no_domains}
    places = DomainLocations({**places.running, **running}, {**places.silent, **silent}, options.fenced)
    for name in projects:
        hosts = run.project(name).xen_hosts()
        upgrade = upgrades.get(name)
        allowed = {key: {host.service_host} | _way(upgrade, key) for key, host in hosts.items()}
        reason = objection(hosts, allowed, held.get(name, {}), places)
        if reason is not None:
            _refuse(plan, name, reason)


def objection(
    hosts: dict[str, Host],
    allowed: dict[str, set[str]],
    held: dict[str, set[str]],
    places: DomainLocations,
    moved: Collection[str] = (),
) -> str | None:
    """Why nothing may be done with *hosts*: one is where it is not *allowed*, or a server that *held* it is silent.

    *moved* are those that a deployment would bring to where they belong.
    """
    for name, host in sorted(hosts.items()):
        elsewhere = [each for each in places.of(host.domain, host.uuid) if each not in allowed[name]]
        if elsewhere and name in moved:
            return f"{name} runs on {', '.join(elsewhere)}: 'invoke deploy' moves it to {host.service_host}"
        if elsewhere:
            return (
                f"{name} runs on {', '.join(elsewhere)}, but belongs on {host.service_host}, and no step of the plan"
                f" moves it. Write that server as its service_host and build again, or bring it back by hand"
            )
        for server in sorted(held.get(name, set()) & set(places.silent)):
            return (
                f"{server}, which had {name}, does not say whether it still runs there: {places.silent[server]}."
                f" If {server} is switched off, say --fence {server}"
            )
    return None


def refuse_starting(run: RunContext, selection: Selection, fenced: Collection[str]) -> list[Result]:
    """Take out of *selection* the projects of which a host that is to be started runs, or may run, elsewhere.

    Every server that has to do with such a project is asked; one with nothing but this server needs no question.
    """
    held = {name: former_servers(run, name) for name in _built_projects(run, selection)}
    asked = {name: _servers(run, name, there) for name, there in held.items()}
    places = look(run, {server for each in asked.values() if len(each) > 1 for server in each}, fenced)
    refused = []
    for server, projects in selection.items():
        for name in [name for name in projects if name in held]:
            chosen = run.project(name).xen_hosts(server).items()
            hosts = {key: host for key, host in chosen if key in (projects[name] or {key})}
            allowed = {key: {server} for key in hosts}
            reason = objection(hosts, allowed, held[name], places, _moved(run, name))
            if reason is not None:
                refused.append(Result(server, name, "failed", reason))
                del projects[name]
    return refused


def _moved(run: RunContext, project: str) -> set[str]:
    """The hosts that the plan of *project* brings to another server."""
    plan = run.plan(project)
    return {name for name, facts in plan.hosts.items() if facts.action == "migrate"} if plan else set()


def _built_projects(run: RunContext, selection: Selection) -> list[str]:
    named = {name for projects in selection.values() for name in projects}
    return sorted(named & set(run.manifest.projects))


def _servers(run: RunContext, project: str, held: dict[str, set[str]]) -> set[str]:
    """Every server that has to do with *project*: by what was built, by the record, by what was there before."""
    built = {server for server, bundles in run.bundles.items() if project in bundles}
    record = run.records.get(project)
    return (
        built
        | set(record.generations if record else ())
        | {each for there in held.values() for each in there}
    )


def former_servers(run: RunContext, project: str) -> dict[str, set[str]]:
    """The servers that each host of *project* was on by the record, without the one it is on now."""
    record = run.records.get(project)
    found: dict[str, set[str]] = {}
    if record is None or all(_is_built(run, project, server) for server in record.generations):
        return found
    hosts = run.project(project).hosts
    for server in record.generations:
        applied = record.applied(server)
        for name, host in applied.hosts.items() if applied else ():
            if name in hosts and host.service_host not in (hosts[name].service_host, None):
                found.setdefault(name, set()).add(host.service_host)
    return found


def _is_built(run: RunContext, project: str, server: str) -> bool:
    bundle = run.bundles.get(server, {}).get(project)
    return bundle is not None and bundle.generation == run.recorded(project, server)


def _way(upgrade: PlannedUpgrade | None, host: str) -> set[str]:
    """The servers that *host* comes from and passes by the plan."""
    if upgrade is None:
        return set()
    facts = upgrade.plan.hosts.get(host)
    ends: Iterable[str | None] = (facts.old_server, facts.new_server) if facts else ()
    steps = [step for step in upgrade.plan.steps if step.kind == "migrate" and host in step.hosts]
    return {*filter(None, ends), *(end for step in steps for end in (step.server, step.peer) if end)}


def _refuse(plan: DeploymentPlan, project: str, reason: str) -> None:
    servers = {task.bundle.server for task in _tasks(plan, project)}
    servers |= {server for each in plan.upgrades if each.project == project for server in each.tasks}
    plan.refused += [Result(server, project, "failed", reason) for server in sorted(servers)]
    plan.upgrades = [each for each in plan.upgrades if each.project != project]
    for server, tasks in plan.tasks.items():
        plan.tasks[server] = [task for task in tasks if task.bundle.project != project]


def _tasks(plan: DeploymentPlan, project: str) -> Iterable[BundleTask]:
    return (task for tasks in plan.tasks.values() for task in tasks if task.bundle.project == project)
