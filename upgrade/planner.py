"""The planner: a plan for each project of a course, from its deployed state and its build. Pure."""

from dataclasses import dataclass, replace

from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course, Host, Project, Site
from mlnc.output.plan_model import PLAN_VERSION, Change, HostPlan, UpgradePlan
from mlnc.upgrade.capacity.course_order import Places, in_order, releasing_servers, with_waits
from mlnc.upgrade.capacity.memory_order import Shortages
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState
from mlnc.upgrade.diff.host_change import HostChange, PricedDifference
from mlnc.upgrade.diff.project_diff import ProjectUpgrade
from mlnc.upgrade.diff.value_format import difference_texts
from mlnc.upgrade.plan_notes import peer_notes, project_notes
from mlnc.upgrade.steps.network_commands import switch_lines
from mlnc.upgrade.steps.plan_steps import StepDraft, drafts
from mlnc.upgrade.steps.project_commands import project_commands
from mlnc.upgrade.steps.vm_commands import StepCommand
from mlnc.upgrade.summary_line import host_line


@dataclass(frozen=True, slots=True)
class Planned:
    """Plan of one project, and the drafts of its steps, in order."""

    plan: UpgradePlan
    drafts: tuple[StepDraft, ...] = ()


def plan_course(
    deployed: DeployedState, course: Course, places: Places
) -> tuple[dict[str, Planned], Shortages]:
    """Return a plan for every project of *course* and for each old name of a renamed one, by name; and shortages.

    If servers lack memory after the upgrade, the plans are in no order.
    """
    kept = {
        name: generations
        for name, project in sorted(course.projects.items())
        if (generations := deployed.unchanged.get(name) or _same(deployed.projects.get(name), project))
        is not None
    }
    ordered = in_order(deployed, course, kept.keys(), places)
    planned = {name: Planned(_unchanged(course.projects[name], kept[name])) for name in kept}
    project_drafts: dict[str, list[StepDraft]] = {}
    for upgrade in ordered.upgrades:
        others = (other for other in ordered.upgrades if other is not upgrade)
        releasing = frozenset().union(*map(releasing_servers, others))
        commands = project_commands(upgrade, releasing, course)
        project_drafts[upgrade.new.project] = drafts(upgrade.new.project, commands, upgrade.changes)
    waiting = with_waits(project_drafts, ordered)
    for upgrade in ordered.upgrades:
        planned |= _plans(upgrade, waiting[upgrade.new.project], course)
    return dict(sorted(planned.items())), ordered.shortages


# --- one project -----------------------------------------------------------------------------------------------------


def _same(old: DeployedProject | None, project: Project) -> dict[str, str] | None:
    """Return the generations of a project that every server has as built; None if anything differs."""
    if old is None or sorted(old.irs) != project_servers(project):
        return None
    return old.generations if all(ir == project for ir in old.irs.values()) else None


def _unchanged(project: Project, generations: dict[str, str]) -> UpgradePlan:
    hosts = {name: _kept(project.project, name, host) for name, host in project.xen_hosts().items()}
    base = {server: generations.get(server) for server in project_servers(project)}
    return UpgradePlan(PLAN_VERSION, project.project, base, hosts, {}, (), ())


def _kept(project: str, name: str, host: Host) -> HostPlan:
    server = host.service_host
    return HostPlan("keep", None, False, server, server, f"= {project}/{name}  keep", (), ())


def _plans(upgrade: ProjectUpgrade, steps: list[StepDraft], course: Course) -> dict[str, Planned]:
    """Return the plan of one project, and that of its old name after a rename."""
    name = upgrade.new.project
    switches = upgrade.old.switches() if upgrade.old else {}
    plan = UpgradePlan(
        PLAN_VERSION,
        name,
        _base(upgrade, course.site),
        {host: _host_plan(change, upgrade) for host, change in upgrade.changes.items()},
        switch_lines(switches, upgrade.new.switches),
        project_notes(upgrade.new, upgrade.old, upgrade.changes),
        tuple(draft.step for draft in steps),
    )
    planned = {name: Planned(plan, tuple(steps))}
    if upgrade.renamed and upgrade.old is not None and upgrade.old.project not in course.projects:
        planned[upgrade.old.project] = _old_name_plan(upgrade, upgrade.old, plan)
    return planned


def _host_plan(change: HostChange, upgrade: ProjectUpgrade) -> HostPlan:
    return HostPlan(
        change.action,
        change.mode,
        change.data_loss,
        change.old_server,
        change.new_server,
        host_line(change),
        tuple(map(_change, change.changes)),
        (*change.notes, *peer_notes(change, upgrade.old, upgrade.new)),
    )


def _change(priced: PricedDifference) -> Change:
    old, new = difference_texts(priced.difference)
    return Change(priced.difference.path, priced.directive, priced.change, old, new, priced.at)


def _base(upgrade: ProjectUpgrade, site: Site) -> dict[str, str | None]:
    """Return the generation that each server has of the project under its present name."""
    generations = upgrade.old.generations if upgrade.old and not upgrade.renamed else {}
    known = (server for server in generations if server in site.service_hosts)
    servers = {*project_servers(upgrade.new), *known}
    return {server: generations.get(server) for server in sorted(servers)}


def _old_name_plan(upgrade: ProjectUpgrade, old: DeployedProject, plan: UpgradePlan) -> Planned:
    """Return the plan of the old name of a renamed project: the servers remove its files after all other steps."""
    changes = {
        change.pair.old_name if change.pair else name: change for name, change in upgrade.changes.items()
    }
    hosts = {
        name: _host_plan(change, upgrade)
        for name, change in sorted(changes.items())
        if change.old is not None
    }
    after = tuple(f"{plan.project}/{step.id}" for step in plan.steps)
    leaves = drafts(old.project, (StepCommand("leave", server, "", ()) for server in sorted(old.irs)), {})
    waiting = tuple(replace(draft, step=replace(draft.step, after=after)) for draft in leaves)
    base: dict[str, str | None] = {server: old.generations.get(server) for server in sorted(old.irs)}
    steps = tuple(draft.step for draft in waiting)
    note = f"renamed to {plan.project}"
    old_plan = UpgradePlan(PLAN_VERSION, old.project, base, hosts, {}, (note,), steps)
    return Planned(old_plan, waiting)
