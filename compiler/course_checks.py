"""Check the whole course for names, addresses and resources that two projects claim on the servers.

The checks read the IR, so that projects of earlier builds take part when a single project is built.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlnc.compiler.diagnostics import Diagnostic, Related
from mlnc.compiler.source import Origin
from mlnc.compiler.source_map import Origins
from mlnc.ir.model import Course, Host, Interface


@dataclass(frozen=True, slots=True)
class Claim:
    """A name, address or resource that one item of the IR uses exclusively; ``label`` describes the item."""

    project: str
    path: str
    label: str


@dataclass(slots=True)
class Linked:
    """The course, with origins for the projects of this build."""

    course: Course
    origins: dict[str, Origins]

    def origin(self, claim: Claim) -> Origin | None:
        """The origin of *claim*; None if its project comes from an earlier build."""
        found = self.origins.get(claim.project)
        return found.find(claim.path) if found else None

    def hosts(self) -> Iterator[tuple[str, str, Host]]:
        """Every Xen host with its project and name, sorted."""
        for project in sorted(self.course.projects):
            for name, host in self.course.projects[project].xen_hosts().items():
                yield project, name, host

    def cards(self) -> Iterator[tuple[str, str, Host, str, Interface]]:
        """Every card of every Xen host."""
        for project, name, host in self.hosts():
            for card, interface in host.interfaces.items():
                yield project, name, host, card, interface


def domains(linked: Linked) -> Iterator[Diagnostic]:
    """Names of domains and volumes are unique: host a.b of project c and host a of project b.c share one name."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        for volume in {host.domain, *(volume.name for volume in host.volumes.values())}:
            claims[repr(volume)].append(Claim(project, f"hosts/{name}", f"host {project}/{name}"))
    yield from _collisions(
        linked, "duplicate-domain", "domain or volume", claims, "rename a host or a project"
    )


def macs(linked: Linked) -> Iterator[Diagnostic]:
    """Each MAC address is used by one card."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, _, card, interface in linked.cards():
        claims[interface.mac].append(
            Claim(project, f"hosts/{name}/interfaces/{card}/mac", f"{card} of {project}/{name}")
        )
    yield from _collisions(linked, "duplicate-mac", "MAC address", claims, "set another mac for one of them")


def displays(linked: Linked) -> Iterator[Diagnostic]:
    """Each VNC display of a server is used by one domain."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        if host.vnc is not None and host.vnc.display is not None:
            key = f"{host.vnc.display} on {host.service_host!r}"
            claims[key].append(Claim(project, f"hosts/{name}/vnc/display", f"{project}/{name}"))
    yield from _collisions(
        linked, "duplicate-display", "VNC display", claims, "set another vncdisplay for one of them"
    )


def disks(linked: Linked) -> Iterator[Diagnostic]:
    """Each attached disk is written by one domain: Xen refuses a second writer, which corrupts the file system."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        for number, disk in enumerate(host.disks):
            if disk.role == "mount":
                path = f"hosts/{name}/disks/{number}"
                key = f"{disk.path} of {host.service_host!r}"
                claims[key].append(Claim(project, path, f"{project}/{name}"))
    yield from _collisions(
        linked, "duplicate-disk", "disk", claims, "attach it to one of them only, or share it over NFS"
    )


def bridges(linked: Linked) -> Iterator[Diagnostic]:
    """Each bridge that mlnc names is used by one switch of a server; bridges named in the source may be shared."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    generated: set[str] = set()
    for project, made in sorted(linked.course.projects.items()):
        for name, switch in made.switches.items():
            for server in switch.service_hosts:
                key = f"{switch.bridge!r} on {server!r}"
                claims[key].append(Claim(project, f"switches/{name}/bridge", f"switch {project}/{name}"))
                generated |= {key} if switch.own_bridge else set()
    exclusive = {key: found for key, found in claims.items() if key in generated}
    yield from _collisions(
        linked, "duplicate-bridge", "bridge", exclusive, "name one of them explicitly: bridge NAME"
    )


def addresses(linked: Linked) -> Iterator[Diagnostic]:
    """Each address is used once in a network: a switch, the bridge common to the servers, or a server's own bridge."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host, card, interface in linked.cards():
        for address in (interface.address, interface.address6):
            if address is not None:
                key = f"{address} on {_segment(linked.course, project, host, interface)}"
                path = f"hosts/{name}/interfaces/{card}/address"
                claims[key].append(Claim(project, path, f"{card} of {project}/{name}"))
    yield from _collisions(
        linked, "duplicate-address", "address", claims, "set another address for one of them"
    )


def _segment(course: Course, project: str, host: Host, interface: Interface) -> str:
    if interface.switch is not None:
        return f"switch {project}/{interface.switch}"
    server = course.site.service_hosts[host.service_host]
    common = interface.bridge in (server.bridge, server.uplink)
    return f"bridge {interface.bridge!r}" + ("" if common else f" of {host.service_host!r}")


def segments(linked: Linked) -> Iterator[Diagnostic]:
    """Each VLAN or VXLAN number is used by one switch."""
    for kind in ("vlan", "vxlan"):
        claims: dict[str, list[Claim]] = defaultdict(list)
        for project, made in sorted(linked.course.projects.items()):
            for name, switch in made.switches.items():
                number = getattr(switch, kind)
                if number is not None:
                    label = f"switch {project}/{name}"
                    claims[str(number)].append(Claim(project, f"switches/{name}/{kind}", label))
        yield from _collisions(
            linked, "duplicate-segment", kind, claims, f"set another {kind} number for one of them"
        )


def memory(linked: Linked) -> Iterator[Diagnostic]:
    """The domains of a server fit into its declared memory (MiB)."""
    needed: dict[str, int] = defaultdict(int)
    last: dict[str, Claim] = {}
    for project, name, host in linked.hosts():
        needed[host.service_host] += host.memory_mib
        last[host.service_host] = Claim(project, f"hosts/{name}/service_host", f"{project}/{name}")
    for server, total in sorted(needed.items()):
        available = linked.course.site.service_hosts[server].memory_mib
        if available is not None and total > available:
            message = f"the domains on {server!r} need {total} MiB, but it has {available} MiB"
            hint = "move some of them to another server: they cannot all run at once"
            yield Diagnostic("memory-exceeded", message, linked.origin(last[server]), hint)


def _collisions(
    linked: Linked, code: str, resource: str, claims: dict[str, list[Claim]], hint: str
) -> Iterator[Diagnostic]:
    """One diagnostic for each key of *claims* with several claims, at the last claim in source order."""
    for key, found in claims.items():
        if len(found) < 2:
            continue
        origins = [(claim, origin) for claim in found if (origin := linked.origin(claim)) is not None]
        origins.sort(key=lambda each: each[1].key)
        latest, origin = origins.pop() if origins else (found[-1], None)
        others = [claim.label for claim in found if claim is not latest]
        message = f"{resource} {key} is used by {latest.label} and {_listed(others)}"
        related = tuple(
            Related(f"{claim.label} is defined here", other.span)
            for claim, other in origins[:3]
            if origin is None or other.key != origin.key
        )
        yield Diagnostic(code, message, origin, hint, related)


def _listed(names: list[str]) -> str:
    listed = " and ".join(names[:3])
    return listed if len(names) <= 3 else f"{listed} and {len(names) - 3} more"


COURSE_CHECKS: tuple[Callable[[Linked], Iterator[Diagnostic]], ...] = (
    domains,
    macs,
    displays,
    disks,
    bridges,
    addresses,
    segments,
    memory,
)


def check_course(course: Course, origins: dict[str, Origins]) -> Iterator[Diagnostic]:
    """All findings in *course*; *origins* has the source map of each project of this build."""
    linked = Linked(course, origins)
    for check in COURSE_CHECKS:
        yield from check(linked)
