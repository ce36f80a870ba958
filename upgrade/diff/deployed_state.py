"""The old side of an upgrade: what service hosts were given last, project by project."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlnc.ir.model import Course, Host, Project, Switch
from mlnc.output.artifact import Refusal


@dataclass(frozen=True, slots=True)
class OldProject:
    """What servers have of one project: the generation of each (none known: no entry), and the IR it was made of."""

    project: str
    generations: dict[str, str]
    irs: dict[str, Project]

    def hosts(self) -> dict[str, Host]:
        """The Xen hosts by name, each as the server that has it knows it.

        Servers of different generations may disagree, after an upgrade that was interrupted. A host that no server
        takes for its own is taken as the first server that knows it (by name) describes it.
        """
        found: dict[str, Host] = {}
        for name, server, host in self._mentions():
            if host.service_host == server:
                found.setdefault(name, host)
        for name, _, host in self._mentions():
            found.setdefault(name, host)
        return dict(sorted(found.items()))

    def held(self, name: str) -> frozenset[str]:
        """Every server on which some server believes the host *name* to be."""
        return frozenset(host.service_host for each, _, host in self._mentions() if each == name)

    def switches(self) -> dict[str, Switch]:
        """The switches by name, each as the first server that has it knows it, else as any server does."""
        found: dict[str, Switch] = {}
        for server, project in sorted(self.irs.items()):
            for name, switch in project.switches.items():
                if server in switch.service_hosts:
                    found.setdefault(name, switch)
        for _, project in sorted(self.irs.items()):
            for name, switch in project.switches.items():
                found.setdefault(name, switch)
        return dict(sorted(found.items()))

    def at(self, server: str) -> Project | None:
        """The project as *server* has it."""
        return self.irs.get(server)

    def _mentions(self) -> Iterator[tuple[str, str, Host]]:
        """Host, the server that knows it, and how."""
        for server, project in sorted(self.irs.items()):
            for name, host in project.xen_hosts().items():
                yield name, server, host


@dataclass(frozen=True, slots=True)
class Before:
    """The old side of a course, by project.

    *unchanged* are projects known to be as they were, with their generations; *removed* those that the course has no
    more, under no name: they take room until they are removed from the servers.
    """

    projects: dict[str, OldProject] = field(default_factory=dict)
    unchanged: dict[str, dict[str, str]] = field(default_factory=dict)
    removed: dict[str, OldProject] = field(default_factory=dict)


def unknown_servers(before: Before, course: Course) -> list[Refusal]:
    """Code ``plan-server-unknown``: servers that still have virtual machines and are gone from the site.

    Only projects of *course*, by their name or the one they were renamed from, are looked at.
    """
    refusals = []
    for name, project in sorted(course.projects.items()):
        for old in filter(
            None, map(before.projects.get, dict.fromkeys((name, project.renamed_from or name)))
        ):
            for host, facts in old.hosts().items():
                if facts.service_host not in course.site.service_hosts:
                    refusals.append(_unknown(name, old.project, host, facts))
    return refusals


def _unknown(project: str, old: str, host: str, facts: Host) -> Refusal:
    message = f"{old}/{host} is on {facts.service_host}, which the site does not know any more"
    hint = "keep the server declared until its virtual machines have moved"
    return Refusal("plan-server-unknown", f"{project}/hosts/{host}", message, hint)
