"""Order of the upgrades of a course in which no server needs more memory than it has."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mlnc.ir.model import Course, Site, Switch
from mlnc.output.plan_model import Kind, Step
from mlnc.upgrade.capacity.memory_moves import Event, Unit
from mlnc.upgrade.capacity.memory_order import Order, Shortages, order
from mlnc.upgrade.cost.migration_mode import third_servers
from mlnc.upgrade.diff.deployed_state import DeployedState
from mlnc.upgrade.diff.host_change import HostChange, Locate
from mlnc.upgrade.diff.project_diff import ProjectUpgrade, project_upgrade
from mlnc.upgrade.steps.plan_steps import KINDS, StepDraft

_VIA = "it migrates through a third server, because its source and its target are full during the upgrade"
Places = Callable[[str], Locate]
"""Project to the function that locates its differences in the sources."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Upgrades of all projects that change, by name, their order, and the memory that servers lack after them."""

    upgrades: tuple[ProjectUpgrade, ...]
    order: Order
    shortages: Shortages = ()


def in_order(deployed: DeployedState, course: Course, kept: Collection[str], places: Places) -> Ordered:
    """Return the upgrades of *course* except the projects *kept*. If no other order exists, some hosts are stopped."""
    names = [name for name in sorted(course.projects) if name not in kept]

    def upgrades_with(stop_reasons: Mapping[str, Mapping[str, str]]) -> tuple[ProjectUpgrade, ...]:
        return tuple(
            project_upgrade(
                deployed, course.projects[name], course.site, places(name), stop_reasons.get(name, {})
            )
            for name in names
        )

    upgrades = upgrades_with({})
    displays = _displays(course, upgrades)
    units = [unit for upgrade in upgrades for unit in _units(upgrade, course.site, displays)]
    if not units:
        return Ordered(upgrades, Order())
    declared = {name: server.memory_mib for name, server in course.site.service_hosts.items()}
    found = order(declared, _used(deployed, course, kept, upgrades), units)
    if not isinstance(found, Order):
        return Ordered(upgrades, Order(), found)
    if found.stopped:
        upgrades = upgrades_with(_stop_reasons(found, units))
    return Ordered(tuple(_with_third_servers(upgrade, found.via) for upgrade in upgrades), found)


def releasing_servers(upgrade: ProjectUpgrade) -> frozenset[str]:
    """Return the servers on which a project releases memory."""
    return frozenset(
        change.old.service_host
        for change in upgrade.changes.values()
        if change.old is not None
        and not (
            change.new is not None
            and change.new.service_host == change.old.service_host
            and change.new.memory_mib >= change.old.memory_mib
        )
    )


def with_waits(drafts: Mapping[str, Sequence[StepDraft]], ordered: Ordered) -> dict[str, list[StepDraft]]:
    """Return the *drafts* of each project with the steps of other projects that each of them waits for."""
    if not ordered.order.waits:
        return {name: list(each) for name, each in drafts.items()}
    changes = {
        f"{upgrade.new.project}/{name}": change
        for upgrade in ordered.upgrades
        for name, change in upgrade.changes.items()
    }
    steps = {name: [draft.step for draft in each] for name, each in drafts.items()}
    after: dict[str, set[str]] = defaultdict(set)
    for event, others in ordered.order.waits.items():
        step = _step(event, changes[event.unit], steps)
        after[step] |= {_step(other, changes[other.unit], steps) for other in others} - {step}
    return {
        name: [_waiting(name, draft, after[f"{name}/{draft.step.id}"], steps[name]) for draft in each]
        for name, each in drafts.items()
    }


# --- changes to units ------------------------------------------------------------------------------------------------


def _units(upgrade: ProjectUpgrade, site: Site, displays: Collection[tuple[str, int]]) -> Iterator[Unit]:
    """Yield the hosts that migrate or change memory or display.

    No host migrates through a server where its display is one of *displays*: another host has it.
    """
    bridges = _bridges(upgrade.new.switches) & _bridges(upgrade.old.switches() if upgrade.old else {})
    project = upgrade.new.project
    for name, change in upgrade.changes.items():
        old, new = change.old, change.new
        source, target = (host.service_host if host else None for host in (old, new))
        sizes = (old.memory_mib if old else 0, new.memory_mib if new else 0)
        numbers = [host.vnc.display if host and host.vnc else None for host in (old, new)]
        if source != target or sizes[0] != sizes[1] or numbers[0] != numbers[1]:
            live = change.pair is not None and not change.stops
            thirds = (
                third_servers(change.pair, site, bridges) if change.pair and live and source != target else ()
            )
            thirds = tuple(third for third in thirds if (third, numbers[0]) not in displays)
            yield Unit(
                f"{project}/{name}", project, source, sizes[0], target, sizes[1], live, thirds, *numbers
            )


def _displays(course: Course, upgrades: Sequence[ProjectUpgrade]) -> set[tuple[str, int]]:
    """Return server and number of every VNC display before and after the upgrade."""
    hosts = [host for project in course.projects.values() for host in project.xen_hosts().values()]
    hosts += [change.old for each in upgrades for change in each.changes.values() if change.old is not None]
    return {
        (host.service_host, host.vnc.display)
        for host in hosts
        if host.vnc is not None and host.vnc.display is not None
    }


def _bridges(switches: Mapping[str, Switch]) -> set[tuple[str, str]]:
    """Return server and name of each bridge of *switches*."""
    return {(server, switch.bridge) for switch in switches.values() for server in switch.service_hosts}


def _used(
    deployed: DeployedState, course: Course, kept: Collection[str], upgrades: Sequence[ProjectUpgrade]
) -> Counter[str]:
    """Return the memory of all virtual machines on each server before the upgrade, in MiB."""
    used: Counter[str] = Counter()
    for name in kept:
        for host in course.projects[name].xen_hosts().values():
            used[host.service_host] += host.memory_mib
    for upgrade in upgrades:
        for change in upgrade.changes.values():
            if change.old is not None:
                used[change.old.service_host] += change.old.memory_mib
    for project in deployed.removed.values():
        for host in project.hosts().values():
            used[host.service_host] += host.memory_mib
    return used


def _stop_reasons(found: Order, units: Sequence[Unit]) -> dict[str, dict[str, str]]:
    """Return by project and host why each host that must be stopped is stopped."""
    by_id = {unit.id: unit for unit in units}
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for each in found.stopped:
        unit = by_id[each]
        reasons[unit.project][each.partition("/")[2]] = (
            f"{unit.source} and {unit.target} exchange virtual machines, and neither has memory for one more"
        )
    return reasons


def _with_third_servers(upgrade: ProjectUpgrade, via: Mapping[str, str]) -> ProjectUpgrade:
    """Return *upgrade* with the third servers *via*, by PROJECT/HOST."""
    thirds = {name: third for name in upgrade.changes if (third := via.get(f"{upgrade.new.project}/{name}"))}
    changes = {
        name: replace(
            change,
            via=thirds[name],
            possible_servers=change.possible_servers | {thirds[name]},
            notes=(*change.notes, _VIA),
        )
        for name, change in upgrade.changes.items()
        if name in thirds
    }
    return replace(upgrade, changes=upgrade.changes | changes) if changes else upgrade


# --- events to steps -------------------------------------------------------------------------------------------------


def _kind(event: Event, change: HostChange) -> Kind:
    """Return the kind of step in which *event* happens."""
    if event.part in ("hop", "move"):
        return "migrate"
    if event.part == "release":
        return "stop" if change.stops else "release"
    if change.old is None:
        return "apply"
    return "start" if change.stops else "live"


def _step(event: Event, change: HostChange, steps: Mapping[str, Sequence[Step]]) -> str:
    """Return the step, ``PROJECT/ID``, in which *event* happens."""
    project, _, host = event.unit.partition("/")
    kind = _kind(event, change)
    found = [step for step in steps[project] if step.kind == kind and host in step.hosts]
    return f"{project}/{found[0 if event.part == 'hop' else -1].id}"


def _waiting(project: str, draft: StepDraft, after: set[str], own: Sequence[Step]) -> StepDraft:
    """Return *draft* waiting for the steps *after*, except those of earlier phases of its own project."""
    kinds = {f"{project}/{step.id}": KINDS.index(step.kind) for step in own}
    phase = KINDS.index(draft.step.kind)
    left = tuple(sorted(each for each in after if kinds.get(each, phase) >= phase))
    return replace(draft, step=replace(draft.step, after=left)) if left else draft
