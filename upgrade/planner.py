"""The planner: from the old and the new side of a course to a plan for each project. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from mlnc.compiler.ir import Course, Host, Project, Site
from mlnc.targets.switches import switch_servers
from mlnc.upgrade.acts import Act, acts
from mlnc.upgrade.before import Before, OldProject
from mlnc.upgrade.changes import HostChange, Locate, changed, created, retired
from mlnc.upgrade.differences import Pair
from mlnc.upgrade.lines import host_line
from mlnc.upgrade.networks import network, switch_lines
from mlnc.upgrade.notes import peer_notes, project_notes
from mlnc.upgrade.plan import PLAN_VERSION, HostPlan, Plan
from mlnc.upgrade.preflight import preflight
from mlnc.upgrade.steps import Draft, drafts

Places = Callable[[str], Locate]
"""Project to what says where something of it was written."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one project, and the scripts of its steps by the steps' ids."""

    plan: Plan
    scripts: dict[str, Draft] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One project on both sides; *was* is what the servers have, under the old name if it is renamed."""

    new: Project
    was: OldProject | None
    changes: dict[str, HostChange]

    @property
    def renamed(self) -> bool:
        """Whether the project itself has got another name."""
        return self.was is not None and self.was.project != self.new.project


def plan_course(before: Before, course: Course, places: Places) -> dict[str, Planned]:
    """A plan for every project of *course*, and for each that was renamed into one of them, by name."""
    planned: dict[str, Planned] = {}
    upgrades = []
    for name, project in sorted(course.projects.items()):
        generations = before.unchanged.get(name) or _same(before.projects.get(name), project)
        if generations is not None:
            planned[name] = Planned(_unchanged(project, generations))
        else:
            upgrades.append(upgrade(before, project, course.site, places(name)))
    for each in upgrades:
        planned |= _plans(each, upgrades, course)
    return dict(sorted(planned.items()))


def project_servers(project: Project) -> list[str]:
    """The service hosts that have files of *project*: those of its Xen domains and of its switches, sorted."""
    domains = {host.service_host for host in project.hosts.values() if host.platform == "xen"}
    return sorted(domains | set(switch_servers(project)))


def xen_hosts(project: Project) -> dict[str, Host]:
    """The hosts of *project* that are Xen domains, by name."""
    return {name: host for name, host in sorted(project.hosts.items()) if host.platform == "xen"}


# --- one project -----------------------------------------------------------------------------------------------------


def upgrade(before: Before, new: Project, site: Site, locate: Locate) -> Upgrade:
    """What happens to each virtual machine of one project."""
    was = before.projects.get(new.project) or before.projects.get(new.renamed_from or "")
    old_hosts = was.hosts() if was else {}
    changes: dict[str, HostChange] = {}
    for name, host in xen_hosts(new).items():
        old_name = name if name in old_hosts else host.renamed_from
        old = old_hosts.pop(old_name, None) if old_name else None
        if was is None or old is None or old_name is None:
            changes[name] = created(new.project, name, host)
        else:
            pair = Pair(new.project, name, was.project, old_name, old, host)
            changes[name] = changed(pair, was.held(old_name) | {host.service_host}, site, locate)
    for name, old in old_hosts.items():
        assert was is not None
        changes[name] = retired(new.project, was.project, name, old, was.held(name))
    return Upgrade(new, was, dict(sorted(changes.items())))


def _same(was: OldProject | None, project: Project) -> dict[str, str] | None:
    """The generations of a project that every server has as it shall be; None where any difference is."""
    if was is None or sorted(was.irs) != project_servers(project):
        return None
    return was.generations if all(ir == project for ir in was.irs.values()) else None


def _unchanged(project: Project, generations: dict[str, str]) -> Plan:
    hosts = {name: _kept(project.project, name, host) for name, host in xen_hosts(project).items()}
    return Plan(PLAN_VERSION, project.project, dict(sorted(generations.items())), hosts, {}, (), ())


def _kept(project: str, name: str, host: Host) -> HostPlan:
    server = host.service_host
    return HostPlan("keep", None, False, server, server, f"= {project}/{name}  keep", (), ())


def _plans(each: Upgrade, upgrades: list[Upgrade], course: Course) -> dict[str, Planned]:
    """The plan of one project, and of the one it was before a rename."""
    name = each.new.project
    switches = each.was.switches() if each.was else {}
    steps = drafts(name, _acts(each, upgrades, course), each.changes)
    plan = Plan(
        PLAN_VERSION,
        name,
        _base(each, course.site),
        {host: _host_plan(change, each) for host, change in each.changes.items()},
        switch_lines(switches, each.new.switches),
        project_notes(each.new, each.was, each.changes),
        tuple(draft.step for draft in steps),
    )
    made = {name: Planned(plan, {draft.step.id: draft for draft in steps if draft.step.script})}
    if each.renamed and each.was is not None and each.was.project not in course.projects:
        made[each.was.project] = Planned(_given_up(each, each.was, plan))
    return made


def _host_plan(change: HostChange, each: Upgrade) -> HostPlan:
    return HostPlan(
        change.action,
        change.way,
        change.data_loss,
        change.old_server,
        change.new_server,
        host_line(change),
        change.changes,
        (*change.notes, *peer_notes(change, each.was, each.new)),
    )


def _base(each: Upgrade, site: Site) -> dict[str, str | None]:
    """What each server has of the project under its present name."""
    has = each.was.generations if each.was and not each.renamed else {}
    servers = {*project_servers(each.new), *(server for server in has if server in site.service_hosts)}
    return {server: has.get(server) for server in sorted(servers)}


def _given_up(each: Upgrade, was: OldProject, plan: Plan) -> Plan:
    """The plan of the old name of a renamed project: the servers give it up when all else is done."""
    old = {change.pair.was if change.pair else name: change for name, change in each.changes.items()}
    hosts = {name: _host_plan(change, each) for name, change in sorted(old.items()) if change.old is not None}
    last = tuple(f"{plan.project}/{step.id}" for step in plan.steps)
    leaves = drafts(was.project, (Act("leave", server, "", ()) for server in sorted(was.irs)), {})
    steps = tuple(replace(draft.step, after=last) for draft in leaves)
    base: dict[str, str | None] = {server: was.generations.get(server) for server in sorted(was.irs)}
    note = f"renamed: it is {plan.project} now"
    return Plan(PLAN_VERSION, was.project, base, hosts, {}, (note,), steps)


# --- its acts --------------------------------------------------------------------------------------------------------


def _acts(each: Upgrade, upgrades: list[Upgrade], course: Course) -> Iterator[Act]:
    """Everything that is done: only what every deployment does where nothing else is needed."""
    own = [*_host_acts(each, course.site), *_network_acts(each, course)]
    yield from own
    touched = {act.host for act in own if act.host}
    changing = [change for change in each.changes.values() if change.action != "keep"]
    for server in project_servers(each.new):
        if own:
            yield from _prepare(each, server, course.site)
        yield Act("apply", server, "", ())
        for change in changing:
            if change.new_server == server:
                yield Act("apply", server, change.name, ())
    if own:
        looked = [change for change in changing if change.name in touched or change.action == "create"]
        yield from preflight(looked, course.site, _giving(each, upgrades))


def _host_acts(each: Upgrade, site: Site) -> Iterator[Act]:
    for change in each.changes.values():
        old = each.was.at(change.old_server) if each.was and change.old_server else None
        yield from acts(change, site, (old or each.new).stop_timeout_seconds)


def _network_acts(each: Upgrade, course: Course) -> Iterator[Act]:
    """Bridges that go, and servers that have nothing of the project any more."""
    stays = set(project_servers(each.new))
    for server in sorted(each.was.irs if each.was else ()):
        if each.was is None or server not in course.site.service_hosts:
            continue
        nets = network(course.site, each.was.at(server), each.new, server)
        for words in nets.carriers_gone():
            yield Act("prepare", server, "", words)
        for triple in nets.gone():
            if not _others_need(course, each.new.project, server, triple[0]):
                yield Act("clean", server, "", ("bridge_gone", *triple))
        if server not in stays and not each.renamed:
            yield Act("leave", server, "", ())


def _others_need(course: Course, project: str, server: str, bridge: str) -> bool:
    return any(
        switch.bridge == bridge and server in switch.service_hosts
        for name, other in course.projects.items()
        if name != project
        for switch in other.switches.values()
    )


def _prepare(each: Upgrade, server: str, site: Site) -> Iterator[Act]:
    nets = network(site, each.was.at(server) if each.was else None, each.new, server)
    new = tuple(word for triple in nets.made() for word in triple)
    yield Act("prepare", server, "", ("bridges_up", *new))


def _giving(each: Upgrade, upgrades: list[Upgrade]) -> frozenset[str]:
    """The servers on which other projects give up memory."""
    found = set()
    for other in upgrades:
        if other.new.project == each.new.project:
            continue
        for change in other.changes.values():
            old, new = change.old, change.new
            if old and not (
                new and new.service_host == old.service_host and new.memory_mib >= old.memory_mib
            ):
                found.add(old.service_host)
    return frozenset(found)
