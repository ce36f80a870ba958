"""Deployed state: the old side of an upgrade, project by project, as the records of the servers give it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlnc.ir.model import Course, Host, Project, Switch
from mlnc.output.artifact import Refusal


@dataclass(frozen=True, slots=True)
class DeployedProject:
    """One project as deployed: by server the generation (no entry if unknown) and the IR it was made from."""

    project: str
    generations: dict[str, str]
    irs: dict[str, Project]

    def hosts(self) -> dict[str, Host]:
        """Return the Xen hosts by name, each as the server that runs it has it.

        After an interrupted upgrade servers may have different generations, which disagree. A host that no server
        claims as its own is taken from the first server (by name) that knows it.
        """
        found: dict[str, Host] = {}
        for name, server, host in self._mentions():
            if host.service_host == server:
                found.setdefault(name, host)
        for name, _, host in self._mentions():
            found.setdefault(name, host)
        return dict(sorted(found.items()))

    def possible_servers(self, name: str) -> frozenset[str]:
        """Return every server on which the IR of some server places the host *name*."""
        return frozenset(host.service_host for each, _, host in self._mentions() if each == name)

    def switches(self) -> dict[str, Switch]:
        """Return the switches by name, each from the first server that has it, else from the first that knows it."""
        found: dict[str, Switch] = {}
        for server, project in sorted(self.irs.items()):
            for name, switch in project.switches.items():
                if server in switch.service_hosts:
                    found.setdefault(name, switch)
        for _, project in sorted(self.irs.items()):
            for name, switch in project.switches.items():
                found.setdefault(name, switch)
        return dict(sorted(found.items()))

    def on_server(self, server: str) -> Project | None:
        """Return the project as *server* has it; None if it has none."""
        return self.irs.get(server)

    def _mentions(self) -> Iterator[tuple[str, str, Host]]:
        """Yield each host name with a server whose IR has it, and the host in that IR."""
        for server, project in sorted(self.irs.items()):
            for name, host in project.xen_hosts().items():
                yield name, server, host


@dataclass(frozen=True, slots=True)
class DeployedState:
    """The deployed side of a course, by project.

    *unchanged* has the generations of projects known to be the same as in the build. *removed* has projects that are
    no longer in the course under any name: they occupy memory until they are removed from the servers.
    """

    projects: dict[str, DeployedProject] = field(default_factory=dict)
    unchanged: dict[str, dict[str, str]] = field(default_factory=dict)
    removed: dict[str, DeployedProject] = field(default_factory=dict)


def unknown_servers(deployed: DeployedState, course: Course) -> list[Refusal]:
    """Return a refusal ``plan-server-unknown`` for each virtual machine on a server that the site no longer has.

    Only projects of *course* are checked, under their name and the one they were renamed from.
    """
    refusals = []
    for name, project in sorted(course.projects.items()):
        for old in filter(
            None, map(deployed.projects.get, dict.fromkeys((name, project.renamed_from or name)))
        ):
            for host, facts in old.hosts().items():
                if facts.service_host not in course.site.service_hosts:
                    refusals.append(_unknown(name, old.project, host, facts))
    return refusals


def _unknown(project: str, old: str, host: str, facts: Host) -> Refusal:
    message = f"{old}/{host} is on {facts.service_host}, which is no longer in the site"
    hint = "keep the server declared until its virtual machines have moved"
    return Refusal("plan-server-unknown", f"{project}/hosts/{host}", message, hint)
