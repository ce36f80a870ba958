"""The upgrades of a course in an order in which no server is asked for more memory than it has."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mlnc.ir.model import Course, Site, Switch
from mlnc.output.plan_model import Kind, Step
from mlnc.upgrade.capacity.memory_moves import Event, Unit
from mlnc.upgrade.capacity.memory_order import Order, Shortages, order
from mlnc.upgrade.cost.migration_mode import thirds
from mlnc.upgrade.diff.deployed_state import Before
from mlnc.upgrade.diff.host_change import HostChange, Locate
from mlnc.upgrade.diff.project_diff import ProjectUpgrade, upgrade
from mlnc.upgrade.steps.plan_steps import KINDS, StepDraft

_DETOUR = "it goes over a third server, for neither of its own has room while the other is full"
Places = Callable[[str], Locate]
"""Project to what says where something of it was written."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The upgrades of all projects that change, by name, what waits for what, and what is lacking in the end."""

    upgrades: tuple[ProjectUpgrade, ...]
    order: Order
    shortages: Shortages = ()


def in_order(before: Before, course: Course, kept: Collection[str], places: Places) -> Ordered:
    """The upgrades of *course* but for the projects *kept*. Some are stopped that could move, if it cannot be else."""
    names = [name for name in sorted(course.projects) if name not in kept]

    def made(down: Mapping[str, Mapping[str, str]]) -> tuple[ProjectUpgrade, ...]:
        return tuple(
            upgrade(before, course.projects[name], course.site, places(name), down.get(name, {}))
            for name in names
        )

    upgrades = made({})
    shown = _displays(course, upgrades)
    units = [unit for each in upgrades for unit in _units(each, course.site, shown)]
    if not units:
        return Ordered(upgrades, Order())
    declared = {name: server.memory_mib for name, server in course.site.service_hosts.items()}
    found = order(declared, _used(before, course, kept, upgrades), units)
    if not isinstance(found, Order):
        return Ordered(upgrades, Order(), found)
    if found.stopped:
        upgrades = made(_down(found, units))
    return Ordered(tuple(_over(each, found.over) for each in upgrades), found)


def giving(each: ProjectUpgrade) -> frozenset[str]:
    """The servers on which a project gives up memory."""
    return frozenset(
        change.old.service_host
        for change in each.changes.values()
        if change.old is not None
        and not (
            change.new is not None
            and change.new.service_host == change.old.service_host
            and change.new.memory_mib >= change.old.memory_mib
        )
    )


def with_waits(made: Mapping[str, Sequence[StepDraft]], ordered: Ordered) -> dict[str, list[StepDraft]]:
    """The drafts of each project, with the steps of others that each of them has to wait for."""
    if not ordered.order.waits:
        return {name: list(drafts) for name, drafts in made.items()}
    changes = {
        f"{each.new.project}/{name}": change
        for each in ordered.upgrades
        for name, change in each.changes.items()
    }
    steps = {name: [draft.step for draft in drafts] for name, drafts in made.items()}
    after: dict[str, set[str]] = defaultdict(set)
    for event, others in ordered.order.waits.items():
        step = _step(event, changes[event.unit], steps)
        after[step] |= {_step(other, changes[other.unit], steps) for other in others} - {step}
    return {
        name: [_waiting(name, draft, after[f"{name}/{draft.step.id}"], steps[name]) for draft in drafts]
        for name, drafts in made.items()
    }


# --- to what the order speaks of -------------------------------------------------------------------------------------


def _units(each: ProjectUpgrade, site: Site, shown: Collection[tuple[str, int]]) -> Iterator[Unit]:
    """What an upgrade moves or changes. Nothing goes over a server on which its display is *shown* by another."""
    stands = _bridges(each.new.switches) & _bridges(each.was.switches() if each.was else {})
    for name, change in each.changes.items():
        old, new = change.old, change.new
        source, target = (host.service_host if host else None for host in (old, new))
        sizes = (old.memory_mib if old else 0, new.memory_mib if new else 0)
        displays = [host.vnc.display if host and host.vnc else None for host in (old, new)]
        if source != target or sizes[0] != sizes[1] or displays[0] != displays[1]:
            live = change.pair is not None and not change.stops
            project = each.new.project
            over = thirds(change.pair, site, stands) if change.pair and live and source != target else ()
            over = tuple(third for third in over if (third, displays[0]) not in shown)
            yield Unit(
                f"{project}/{name}", project, source, sizes[0], target, sizes[1], live, over, *displays
            )


def _displays(course: Course, upgrades: Sequence[ProjectUpgrade]) -> set[tuple[str, int]]:
    """Server and number of every VNC display before and after the upgrade."""
    hosts = [host for project in course.projects.values() for host in project.xen_hosts().values()]
    hosts += [change.old for each in upgrades for change in each.changes.values() if change.old is not None]
    return {
        (host.service_host, host.vnc.display)
        for host in hosts
        if host.vnc is not None and host.vnc.display is not None
    }


def _bridges(switches: Mapping[str, Switch]) -> set[tuple[str, str]]:
    """The bridges of *switches*, each with every server on which it stands."""
    return {(server, switch.bridge) for switch in switches.values() for server in switch.service_hosts}


def _used(
    before: Before, course: Course, kept: Collection[str], upgrades: Sequence[ProjectUpgrade]
) -> Counter[str]:
    """The memory that all virtual machines have on each server at the beginning, in MiB."""
    used: Counter[str] = Counter()
    for name in kept:
        for host in course.projects[name].xen_hosts().values():
            used[host.service_host] += host.memory_mib
    for each in upgrades:
        for change in each.changes.values():
            if change.old is not None:
                used[change.old.service_host] += change.old.memory_mib
    for was in before.removed.values():
        for host in was.hosts().values():
            used[host.service_host] += host.memory_mib
    return used


def _down(found: Order, units: Sequence[Unit]) -> dict[str, dict[str, str]]:
    """Those that have to be stopped, by project and name, and why."""
    by_id = {unit.id: unit for unit in units}
    down: dict[str, dict[str, str]] = defaultdict(dict)
    for each in found.stopped:
        unit = by_id[each]
        down[unit.project][each.partition("/")[2]] = (
            f"{unit.source} and {unit.target} exchange virtual machines, and neither has room for one more"
        )
    return down


def _over(each: ProjectUpgrade, over: Mapping[str, str]) -> ProjectUpgrade:
    """*each* with the third servers of those that take a detour."""
    detours = {name: third for name in each.changes if (third := over.get(f"{each.new.project}/{name}"))}
    changes = {
        name: replace(
            change, over=detours[name], held=change.held | {detours[name]}, notes=(*change.notes, _DETOUR)
        )
        for name, change in each.changes.items()
        if name in detours
    }
    return replace(each, changes=each.changes | changes) if changes else each


# --- and back to steps -----------------------------------------------------------------------------------------------


def _kind(event: Event, change: HostChange) -> Kind:
    """The kind of step in which *event* happens."""
    if event.part in ("hop", "move"):
        return "migrate"
    if event.part == "release":
        return "stop" if change.stops else "release"
    if change.old is None:
        return "apply"
    return "start" if change.stops else "live"


def _step(event: Event, change: HostChange, steps: Mapping[str, Sequence[Step]]) -> str:
    """The step, ``PROJECT/ID``, in which *event* happens."""
    project, _, host = event.unit.partition("/")
    kind = _kind(event, change)
    found = [step for step in steps[project] if step.kind == kind and host in step.hosts]
    return f"{project}/{found[0 if event.part == 'hop' else -1].id}"


def _waiting(project: str, draft: StepDraft, after: set[str], own: Sequence[Step]) -> StepDraft:
    """*draft* waiting for the steps *after*, but for those of earlier phases of its own project."""
    kinds = {f"{project}/{step.id}": KINDS.index(step.kind) for step in own}
    phase = KINDS.index(draft.step.kind)
    left = tuple(sorted(each for each in after if kinds.get(each, phase) >= phase))
    return replace(draft, step=replace(draft.step, after=left)) if left else draft
