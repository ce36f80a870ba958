"""Commands of an upgrade for one project, virtual machines and networks, from which the steps are made."""

from collections.abc import Iterator

from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course, Site
from mlnc.upgrade.diff.project_diff import ProjectUpgrade
from mlnc.upgrade.steps.network_commands import network
from mlnc.upgrade.steps.plan_preflight import preflight
from mlnc.upgrade.steps.vm_commands import StepCommand, vm_commands


def project_commands(
    upgrade: ProjectUpgrade, releasing: frozenset[str], course: Course
) -> Iterator[StepCommand]:
    """Yield all commands of *upgrade*; only ``apply``, as in every deployment, if nothing else is needed.

    *releasing* are the servers on which other projects release memory.
    """
    own = [*_host_commands(upgrade, course.site), *_network_commands(upgrade, course)]
    yield from own
    touched = {command.host for command in own if command.host}
    changing = [change for change in upgrade.changes.values() if change.action != "keep"]
    for server in project_servers(upgrade.new):
        if own:
            yield _prepare(upgrade, server, course.site)
        yield StepCommand("apply", server, "", ())
        for change in changing:
            if change.new_server == server:
                yield StepCommand("apply", server, change.name, ())
    if own:
        checked = [change for change in changing if change.name in touched or change.action == "create"]
        yield from preflight(checked, course.site, releasing)


def _host_commands(upgrade: ProjectUpgrade, site: Site) -> Iterator[StepCommand]:
    for change in upgrade.changes.values():
        old = upgrade.old.on_server(change.old_server) if upgrade.old and change.old_server else None
        yield from vm_commands(change, site, (old or upgrade.new).stop_timeout_seconds)


def _network_commands(upgrade: ProjectUpgrade, course: Course) -> Iterator[StepCommand]:
    """Yield the removal of bridges, and ``leave`` for servers that no longer have anything of the project."""
    kept = set(project_servers(upgrade.new))
    for server in sorted(upgrade.old.irs if upgrade.old else ()):
        if upgrade.old is None or server not in course.site.service_hosts:
            continue
        change = network(course.site, upgrade.old.on_server(server), upgrade.new, server)
        for arguments in change.removed_carriers():
            yield StepCommand("prepare", server, "", arguments)
        for bridge in change.removed_bridges():
            if not _others_need(course, upgrade.new.project, server, bridge[0]):
                yield StepCommand("clean", server, "", ("bridge_gone", *bridge))
        if server not in kept and not upgrade.renamed:
            yield StepCommand("leave", server, "", ())


def _others_need(course: Course, project: str, server: str, bridge: str) -> bool:
    return any(
        switch.bridge == bridge and server in switch.service_hosts
        for name, other in course.projects.items()
        if name != project
        for switch in other.switches.values()
    )


def _prepare(upgrade: ProjectUpgrade, server: str, site: Site) -> StepCommand:
    old = upgrade.old.on_server(server) if upgrade.old else None
    bridges = network(site, old, upgrade.new, server).new_bridges()
    arguments = tuple(argument for bridge in bridges for argument in bridge)
    return StepCommand("prepare", server, "", ("bridges_up", *arguments))
