"""Checks of an upgrade during the build, against the facts that the site declares."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlnc.ir.model import Course, Host, ServiceHost
from mlnc.output.artifact import Refusal
from mlnc.output.plan_model import UpgradePlan
from mlnc.upgrade.capacity.memory_order import Shortages


def capacity_refusals(shortages: Shortages) -> list[Refusal]:
    """Return a refusal ``no-room`` for each server without memory for all that moves there, at the last such host."""
    refusals = []
    for each in shortages:
        project, _, host = each.units[-1].partition("/")
        message = (
            f"{each.server} lacks {each.missing_mib} MiB of memory for the virtual machines that move there: "
            f"{_listed(each.units)}"
        )
        hint = "move fewer of them, or move others away"
        refusals.append(Refusal("no-room", f"{project}/hosts/{host}/service_host", message, hint))
    return refusals


def upgrade_refusals(plans: Mapping[str, UpgradePlan], course: Course) -> list[Refusal]:
    """Return warnings ``move-not-live`` and ``bridge-elsewhere`` for the migrations of *plans*."""
    servers = course.site.service_hosts
    moves = [
        (project, host, plan.hosts[host].old_server, plan.hosts[host].new_server, plan.hosts[host].way)
        for project, plan in sorted(plans.items())
        for host in sorted(plan.hosts)
        if project in course.projects and host in course.projects[project].hosts
    ]
    cold: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    refusals: list[Refusal] = []
    for project, name, old, new, mode in moves:
        if old not in servers or new not in servers or old == new:
            continue
        reason = _incompatible((old, servers[old]), (new, servers[new]))
        if mode == "cold" and reason is not None:
            cold[old, new, reason].append(f"{project}/{name}")
        host = course.projects[project].hosts[name]
        refusals += _bridges(f"{project}/hosts/{name}", host, (old, servers[old]), (new, servers[new]))
    return [*(_not_live(*pair, names) for pair, names in cold.items()), *refusals]


def _incompatible(old: tuple[str, ServiceHost], new: tuple[str, ServiceHost]) -> str | None:
    """Return why no virtual machine migrates live between two servers, by their declared facts; None if some can."""
    (old_name, one), (new_name, other) = old, new
    if one.toolstack != other.toolstack:
        return f"{old_name} runs {one.toolstack}, {new_name} runs {other.toolstack}"
    if None not in (one.xen_version, other.xen_version) and one.xen_version != other.xen_version:
        return f"{old_name} runs Xen {one.xen_version}, {new_name} runs Xen {other.xen_version}"
    return None


def _not_live(old: str, new: str, reason: str, names: list[str]) -> Refusal:
    project, _, host = names[-1].partition("/")
    message = f"{_listed(names)} cannot move live from {old} to {new}: {reason}"
    hint = f"running ones are shut down on {old} and started on {new}"
    return Refusal("move-not-live", f"{project}/hosts/{host}/service_host", message, hint)


def _bridges(
    where: str, host: Host, old: tuple[str, ServiceHost], new: tuple[str, ServiceHost]
) -> Iterator[Refusal]:
    """Yield a warning for each card on a bridge that is declared for the old server and not for the new one."""
    for card, interface in host.interfaces.items():
        declared = (old[1].bridge, old[1].uplink)
        known = (new[1].bridge, new[1].uplink)
        if interface.switch is None and interface.bridge in declared and interface.bridge not in known:
            message = f"{card} is on {interface.bridge}, a bridge of {old[0]}; {new[0]} has {new[1].bridge}"
            hint = "remove the directive bridge: each server then uses its own bridge"
            yield Refusal("bridge-elsewhere", f"{where}/interfaces/{card}/bridge", message, hint)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
