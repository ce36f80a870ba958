"""All that is done for one project, virtual machines and networks, as acts that steps are made of."""

from collections.abc import Iterator

from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course, Site
from mlnc.upgrade.diff.project_diff import ProjectUpgrade
from mlnc.upgrade.steps.network_commands import network
from mlnc.upgrade.steps.plan_preflight import preflight
from mlnc.upgrade.steps.vm_commands import Act, acts


def project_acts(each: ProjectUpgrade, giving: frozenset[str], course: Course) -> Iterator[Act]:
    """Everything that is done: only what every deployment does where nothing else is needed.

    *giving* are the servers on which other projects give up memory.
    """
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
        yield from preflight(looked, course.site, giving)


def _host_acts(each: ProjectUpgrade, site: Site) -> Iterator[Act]:
    for change in each.changes.values():
        old = each.was.at(change.old_server) if each.was and change.old_server else None
        yield from acts(change, site, (old or each.new).stop_timeout_seconds)


def _network_acts(each: ProjectUpgrade, course: Course) -> Iterator[Act]:
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


def _prepare(each: ProjectUpgrade, server: str, site: Site) -> Iterator[Act]:
    nets = network(site, each.was.at(server) if each.was else None, each.new, server)
    new = tuple(word for triple in nets.made() for word in triple)
    yield Act("prepare", server, "", ("bridges_up", *new))
