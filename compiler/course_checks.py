"""The checks of the whole course, over the IR of all its projects: nothing collides on the servers.

They look at the IR, so that projects built earlier take part when a single one is built.
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
    """Something one item of the IR takes for itself: a name, an address, a display."""

    project: str
    path: str
    what: str


@dataclass(slots=True)
class Linked:
    """The course with the origins of the projects compiled now; others have none."""

    course: Course
    origins: dict[str, Origins]

    def origin(self, claim: Claim) -> Origin | None:
        """Where the claim was written, for a project compiled now."""
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
    """HOST.PROJECT is unique: the host a.b of project c and the host a of project b.c are not two domains."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        for volume in {host.domain, *(volume.name for volume in host.volumes.values())}:
            claims[volume].append(Claim(project, f"hosts/{name}", f"{name} of project {project}"))
    yield from _collisions(
        linked, "duplicate-domain", "domain or volume", claims, "rename a host or a project"
    )


def macs(linked: Linked) -> Iterator[Diagnostic]:
    """A MAC address belongs to one card."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, _, card, interface in linked.cards():
        claims[interface.mac].append(
            Claim(project, f"hosts/{name}/interfaces/{card}/mac", f"{card} of {project}/{name}")
        )
    yield from _collisions(linked, "duplicate-mac", "MAC address", claims, "write another mac in one of them")


def displays(linked: Linked) -> Iterator[Diagnostic]:
    """A VNC display of a server shows one domain."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        if host.vnc is not None and host.vnc.display is not None:
            key = f"{host.vnc.display} on {host.service_host}"
            claims[key].append(Claim(project, f"hosts/{name}/vnc/display", f"{project}/{name}"))
    yield from _collisions(
        linked, "duplicate-display", "VNC display", claims, "give one of them another vncdisplay"
    )


def disks(linked: Linked) -> Iterator[Diagnostic]:
    """A disk that is attached is written by one domain: Xen refuses a second one, and a file system would break."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host in linked.hosts():
        for number, disk in enumerate(host.disks):
            if disk.role == "mount":
                place = f"hosts/{name}/disks/{number}"
                key = f"{disk.path} of {host.service_host}"
                claims[key].append(Claim(project, place, f"{project}/{name}"))
    yield from _collisions(
        linked, "duplicate-disk", "disk", claims, "attach it to one of them, or share it over NFS"
    )


def bridges(linked: Linked) -> Iterator[Diagnostic]:
    """A bridge that mlnc names belongs to one switch of a server; a bridge named by hand may be shared."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    own: set[str] = set()
    for project, made in sorted(linked.course.projects.items()):
        for name, switch in made.switches.items():
            for server in switch.service_hosts:
                key = f"{switch.bridge} on {server}"
                claims[key].append(
                    Claim(project, f"switches/{name}/bridge", f"switch {name} of project {project}")
                )
                own |= {key} if switch.own_bridge else set()
    mine = {key: found for key, found in claims.items() if key in own}
    yield from _collisions(
        linked, "duplicate-bridge", "bridge", mine, "name one of them by hand: bridge NAME"
    )


def addresses(linked: Linked) -> Iterator[Diagnostic]:
    """An address is used once in a network: a switch, the servers' common bridge, or one server's own bridge."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for project, name, host, card, interface in linked.cards():
        for address in (interface.address, interface.address6):
            if address is not None:
                key = f"{address} on {_segment(linked.course, project, host, interface)}"
                place = f"hosts/{name}/interfaces/{card}/address"
                claims[key].append(Claim(project, place, f"{card} of {project}/{name}"))
    yield from _collisions(linked, "duplicate-address", "address", claims, "give one of them another address")


def _segment(course: Course, project: str, host: Host, interface: Interface) -> str:
    if interface.switch is not None:
        return f"switch {interface.switch} of {project}"
    server = course.site.service_hosts[host.service_host]
    common = interface.bridge in (server.bridge, server.uplink)
    return f"bridge {interface.bridge}" + ("" if common else f" of {host.service_host}")


def segments(linked: Linked) -> Iterator[Diagnostic]:
    """A VLAN or VXLAN carries one switch."""
    for kind in ("vlan", "vxlan"):
        claims: dict[str, list[Claim]] = defaultdict(list)
        for project, made in sorted(linked.course.projects.items()):
            for name, switch in made.switches.items():
                number = getattr(switch, kind)
                if number is not None:
                    what = f"switch {name} of project {project}"
                    claims[str(number)].append(Claim(project, f"switches/{name}/{kind}", what))
        yield from _collisions(linked, "duplicate-segment", kind, claims, f"give one of them another {kind}")


def memory(linked: Linked) -> Iterator[Diagnostic]:
    """The domains of a server fit into the memory it is declared to have."""
    needed: dict[str, int] = defaultdict(int)
    last: dict[str, Claim] = {}
    for project, name, host in linked.hosts():
        needed[host.service_host] += host.memory_mib
        last[host.service_host] = Claim(project, f"hosts/{name}/service_host", f"{project}/{name}")
    for server, total in sorted(needed.items()):
        has = linked.course.site.service_hosts[server].memory_mib
        if has is not None and total > has:
            message = f"the domains on {server} need {total} MiB, and it has {has} MiB for them"
            hint = "not all of them can run at once; move some to another server"
            yield Diagnostic("memory-exceeded", message, linked.origin(last[server]), hint)


def _collisions(
    linked: Linked, code: str, what: str, claims: dict[str, list[Claim]], hint: str
) -> Iterator[Diagnostic]:
    for key, found in claims.items():
        if len(found) < 2:
            continue
        origins = [(claim, origin) for claim in found if (origin := linked.origin(claim)) is not None]
        origins.sort(key=lambda each: each[1].key)
        here, place = origins.pop() if origins else (found[-1], None)
        others = [claim.what for claim in found if claim is not here]
        message = f"{what} {key} belongs to {here.what} and to {_listed(others)}"
        related = tuple(
            Related(f"{claim.what} is here", origin.span)
            for claim, origin in origins[:3]
            if place is None or origin.key != place.key
        )
        yield Diagnostic(code, message, place, hint, related)


def _listed(names: list[str]) -> str:
    shown = " and ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


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
    """Everything the checks find in *course*; *origins* of the projects compiled now."""
    linked = Linked(course, origins)
    for check in COURSE_CHECKS:
        yield from check(linked)
