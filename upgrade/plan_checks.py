"""What can be said of an upgrade while it is built, from the facts that the site declares."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mlnc.ir.model import Course, Host, ServiceHost
from mlnc.output.artifact import Refusal
from mlnc.output.plan_model import UpgradePlan
from mlnc.upgrade.capacity.memory_order import Shortages


def capacity_refusals(shortages: Shortages) -> list[Refusal]:
    """Code ``no-room``: servers that cannot take all that is sent to them, each at the last of what comes."""
    refusals = []
    for each in shortages:
        project, _, host = each.units[-1].partition("/")
        message = f"{each.server} lacks {each.missing_mib} MiB of memory for what moves there: {_listed(each.units)}"
        hint = "move fewer of them, or others away from there"
        refusals.append(Refusal("no-room", f"{project}/hosts/{host}/service_host", message, hint))
    return refusals


def upgrade_refusals(plans: Mapping[str, UpgradePlan], course: Course) -> list[Refusal]:
    """Warnings ``move-not-live`` and ``bridge-elsewhere`` for what *plans* move to other servers of *course*."""
    servers = course.site.service_hosts
    moves = [
        (project, host, plan.hosts[host].old_server, plan.hosts[host].new_server, plan.hosts[host].way)
        for project, plan in sorted(plans.items())
        for host in sorted(plan.hosts)
        if project in course.projects and host in course.projects[project].hosts
    ]
    stopped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    refusals: list[Refusal] = []
    for project, name, old, new, way in moves:
        if old not in servers or new not in servers or old == new:
            continue
        apart = _incompatible(servers[old], servers[new])
        if way == "cold" and apart is not None:
            stopped[old, new, apart].append(f"{project}/{name}")
        host = course.projects[project].hosts[name]
        refusals += _bridges(f"{project}/hosts/{name}", host, (old, servers[old]), (new, servers[new]))
    return [*(_not_live(*pair, names) for pair, names in stopped.items()), *refusals]


def _incompatible(old: ServiceHost, new: ServiceHost) -> str | None:
    """Why nothing moves live between two servers, by what is declared of them."""
    if old.toolstack != new.toolstack:
        return f"one runs {old.toolstack} and the other {new.toolstack}"
    if None not in (old.xen_version, new.xen_version) and old.xen_version != new.xen_version:
        return f"one has Xen {old.xen_version} and the other {new.xen_version}"
    return None


def _not_live(old: str, new: str, apart: str, names: list[str]) -> Refusal:
    project, _, host = names[-1].partition("/")
    message = f"{_listed(names)} cannot move live from {old} to {new}: {apart}"
    hint = "what runs is shut down there and started here"
    return Refusal("move-not-live", f"{project}/hosts/{host}/service_host", message, hint)


def _bridges(
    where: str, host: Host, old: tuple[str, ServiceHost], new: tuple[str, ServiceHost]
) -> Iterator[Refusal]:
    """Cards that name a bridge which the old server is declared to have and the new one is not."""
    for card, interface in host.interfaces.items():
        declared = (old[1].bridge, old[1].uplink)
        known = (new[1].bridge, new[1].uplink)
        if interface.switch is None and interface.bridge in declared and interface.bridge not in known:
            message = f"{card} is on {interface.bridge}, a bridge of {old[0]}; {new[0]} has {new[1].bridge}"
            hint = "leave the bridge out, and each server takes its own"
            yield Refusal("bridge-elsewhere", f"{where}/interfaces/{card}/bridge", message, hint)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
