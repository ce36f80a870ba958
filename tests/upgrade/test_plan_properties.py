"""Properties of the plan between any two courses."""

from dataclasses import replace

from edited_courses import GENERATION, compiled, deployed, edits, executed, planned, volumes
from hypothesis import HealthCheck, assume, given, settings

from mlnc.ir.model import Course
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState
from mlnc.upgrade.plan_files import emit
from mlnc.upgrade.planner import Planned
from mlnc.upgrade.steps.plan_steps import KINDS

slow = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
some = settings(max_examples=40, deadline=None, suppress_health_check=slow)
Edit = tuple[list[str], list[str]]


def plans(edit: Edit) -> tuple[Course, Course, dict[str, Planned]]:
    """Return both sides of *edit*, which must be courses, and the plans between them."""
    before, after = compiled(edit[0]), compiled(edit[1])
    assume(before is not None and after is not None)
    assert before is not None
    assert after is not None
    return before, after, planned(deployed(before), after)


@some
@given(edits())
def test_an_unchanged_project_needs_no_step(edit: Edit) -> None:
    course = compiled(edit[0])
    assume(course is not None)
    assert course is not None
    for name, each in planned(deployed(course), course).items():
        assert each.plan.steps == ()
        assert set(each.plan.base.values()) <= {GENERATION}, name
        assert {facts.action for facts in each.plan.hosts.values()} <= {"keep"}


@some
@given(edits())
def test_every_host_of_both_sides_is_in_the_plan(edit: Edit) -> None:
    before, after, made = plans(edit)
    for name, each in made.items():
        now = after.projects[name].hosts
        renamed = {host.renamed_from for host in now.values()} - now.keys()
        assert now.keys() | (before.projects[name].hosts.keys() - renamed) <= each.plan.hosts.keys()


@some
@given(edits())
def test_steps_are_numbered_without_a_gap_in_phases_and_wait_for_existing_steps(edit: Edit) -> None:
    _, _, made = plans(edit)
    known = {f"{name}/{step.id}" for name, each in made.items() for step in each.plan.steps}
    for each in made.values():
        phases = [KINDS.index(step.kind) for step in each.plan.steps]
        assert phases == sorted(phases)
        numbers = [int(step.id.partition("-")[0]) for step in each.plan.steps]
        assert numbers == list(range(1, len(phases) + 1))
        assert all(set(step.after) <= known for step in each.plan.steps)


@some
@given(edits())
def test_a_kept_host_has_no_command(edit: Edit) -> None:
    _, _, made = plans(edit)
    for each in made.values():
        kept = {name for name, facts in each.plan.hosts.items() if facts.action == "keep"}
        for step in each.plan.steps:
            assert kept.isdisjoint(step.hosts) or step.kind == "apply"


@some
@given(edits())
def test_a_host_with_several_servers_is_guarded(edit: Edit) -> None:
    _, _, made = plans(edit)
    for each in made.values():
        for step in each.plan.steps:
            for name in step.hosts:
                facts = each.plan.hosts[name]
                ends = {facts.old_server, facts.new_server}
                if None in ends or len(ends) == 1 or step.kind in ("preflight", "release", "stop", "live"):
                    continue
                guards = [guard for guard in step.guards if guard.host == name]
                assert guards, (step.id, name)
                assert all(set(guard.servers) >= ends for guard in guards)
                if step.kind in ("apply", "start", "clean"):
                    assert all(guard.may_run == (facts.new_server,) for guard in guards)


@some
@given(edits())
def test_data_is_on_the_volume_of_its_host_or_marked_as_lost(edit: Edit) -> None:
    before, after, made = plans(edit)
    disks = executed(before, after, made)
    for project, name, role, at in volumes(after):
        facts = made[project].plan.hosts[name]
        was = after.projects[project].hosts[name].renamed_from
        known = before.projects[project].hosts
        old = name if name in known else was if was in known else None
        assert at in disks.data
        if role == "root":
            kept = old is not None and not facts.data_loss
            assert disks.data[at] == (f"{project}/{old}/root" if kept else "new root")
        assert at not in disks.retired


@some
@given(edits())
def test_a_step_that_destroys_data_names_the_host(edit: Edit) -> None:
    before, after, made = plans(edit)
    left = set(executed(before, after, made).data.values())
    for project, name, role, _ in volumes(before):
        each = made[project]
        lost = {host for step in each.plan.steps for host in step.data_loss}
        assert lost == {host for host, facts in each.plan.hosts.items() if facts.data_loss}
        if role == "root" and f"{project}/{name}/root" not in left:
            renamed = [
                host for host, facts in after.projects[project].hosts.items() if facts.renamed_from == name
            ]
            assert lost & {name, *renamed}


@some
@given(edits())
def test_plans_do_not_depend_on_the_order_of_projects(edit: Edit) -> None:
    before, after, made = plans(edit)
    turned = replace(
        after,
        projects={
            name: replace(project, switches=dict(reversed(project.switches.items())))
            for name, project in reversed(after.projects.items())
        },
    )
    old = deployed(before).projects
    again = planned(
        DeployedState(
            {
                name: DeployedProject(
                    name, dict(reversed(each.generations.items())), dict(reversed(each.irs.items()))
                )
                for name, each in reversed(old.items())
            }
        ),
        turned,
    )
    assert [[*emit(each)] for each in made.values()] == [[*emit(each)] for each in again.values()]
