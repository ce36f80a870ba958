"""The planner: from the old and the new side of a course to a plan for each project. Pure."""

from dataclasses import dataclass, field, replace

from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course, Host, Project, Site
from mlnc.output.plan_model import PLAN_VERSION, HostPlan, UpgradePlan
from mlnc.upgrade.capacity.course_order import Places, giving, in_order, with_waits
from mlnc.upgrade.capacity.memory_order import Shortages
from mlnc.upgrade.diff.deployed_state import Before, OldProject
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.diff.project_diff import ProjectUpgrade
from mlnc.upgrade.plan_notes import peer_notes, project_notes
from mlnc.upgrade.steps.network_commands import switch_lines
from mlnc.upgrade.steps.plan_steps import StepDraft, drafts
from mlnc.upgrade.steps.project_commands import project_acts
from mlnc.upgrade.steps.vm_commands import Act
from mlnc.upgrade.summary_line import host_line


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one project, and the scripts of its steps by the steps' ids."""

    plan: UpgradePlan
    scripts: dict[str, StepDraft] = field(default_factory=dict)


def plan_course(before: Before, course: Course, places: Places) -> tuple[dict[str, Planned], Shortages]:
    """A plan for every project of *course*, and for each that was renamed into one of them, by name.

    Beside them what servers lack in the end; then the plans say nothing of an order.
    """
    kept = {
        name: generations
        for name, project in sorted(course.projects.items())
        if (generations := before.unchanged.get(name) or _same(before.projects.get(name), project))
        is not None
    }
    ordered = in_order(before, course, kept.keys(), places)
    planned = {name: Planned(_unchanged(course.projects[name], kept[name])) for name in kept}
    made: dict[str, list[StepDraft]] = {}
    for each in ordered.upgrades:
        others = (other for other in ordered.upgrades if other is not each)
        acts = project_acts(each, frozenset().union(*map(giving, others)), course)
        made[each.new.project] = drafts(each.new.project, acts, each.changes)
    waiting = with_waits(made, ordered)
    for each in ordered.upgrades:
        planned |= _plans(each, waiting[each.new.project], course)
    return dict(sorted(planned.items())), ordered.shortages


# --- one project -----------------------------------------------------------------------------------------------------


def _same(was: OldProject | None, project: Project) -> dict[str, str] | None:
    """The generations of a project that every server has as it shall be; None where any difference is."""
    if was is None or sorted(was.irs) != project_servers(project):
        return None
    return was.generations if all(ir == project for ir in was.irs.values()) else None


def _unchanged(project: Project, generations: dict[str, str]) -> UpgradePlan:
    hosts = {name: _kept(project.project, name, host) for name, host in project.xen_hosts().items()}
    base = {server: generations.get(server) for server in project_servers(project)}
    return UpgradePlan(PLAN_VERSION, project.project, base, hosts, {}, (), ())


def _kept(project: str, name: str, host: Host) -> HostPlan:
    server = host.service_host
    return HostPlan("keep", None, False, server, server, f"= {project}/{name}  keep", (), ())


def _plans(each: ProjectUpgrade, steps: list[StepDraft], course: Course) -> dict[str, Planned]:
    """The plan of one project, and of the one it was before a rename."""
    name = each.new.project
    switches = each.was.switches() if each.was else {}
    plan = UpgradePlan(
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


def _host_plan(change: HostChange, each: ProjectUpgrade) -> HostPlan:
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


def _base(each: ProjectUpgrade, site: Site) -> dict[str, str | None]:
    """What each server has of the project under its present name."""
    has = each.was.generations if each.was and not each.renamed else {}
    servers = {*project_servers(each.new), *(server for server in has if server in site.service_hosts)}
    return {server: has.get(server) for server in sorted(servers)}


def _given_up(each: ProjectUpgrade, was: OldProject, plan: UpgradePlan) -> UpgradePlan:
    """The plan of the old name of a renamed project: the servers give it up when all else is done."""
    old = {change.pair.was if change.pair else name: change for name, change in each.changes.items()}
    hosts = {name: _host_plan(change, each) for name, change in sorted(old.items()) if change.old is not None}
    last = tuple(f"{plan.project}/{step.id}" for step in plan.steps)
    leaves = drafts(was.project, (Act("leave", server, "", ()) for server in sorted(was.irs)), {})
    steps = tuple(replace(draft.step, after=last) for draft in leaves)
    base: dict[str, str | None] = {server: was.generations.get(server) for server in sorted(was.irs)}
    note = f"renamed: it is {plan.project} now"
    return UpgradePlan(PLAN_VERSION, was.project, base, hosts, {}, (note,), steps)
