"""Targets for the virtual machines of a server that is evacuated: each migrates once, and no other one migrates.

Virtual machines on a switch without VLAN or VXLAN stay together. A target never exceeds its declared memory, has no
VNC display twice, and supports the domain type. Servers to which most of a group can migrate live are preferred, then
those with the most free memory.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlnc.ir.model import Course, Host, Project, ServiceHost
from mlnc.ir.shared_storage import shared_storage
from mlnc.upgrade.cost.migration_mode import on_shared_storage

TRIES = 20_000
"""Number of placements to try before the search gives up."""

Targets = dict[str, str]
"""PROJECT/HOST to its target."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Virtual machines without a target: their memory, and the server with the most free memory, in MiB.

    That server may have enough: then a display or the domain type is the obstacle.
    """

    hosts: tuple[str, ...]
    mib: int
    roomiest: str | None
    free_mib: int


@dataclass(frozen=True, slots=True)
class MachineGroup:
    """Virtual machines, PROJECT/HOST, with a common target: their memory in MiB and their VNC displays."""

    hosts: tuple[str, ...]
    mib: int
    displays: frozenset[int]


def evacuate(
    course: Course, server: str, together: Sequence[Collection[str]] = ()
) -> Targets | tuple[Unplaced, ...]:
    """Return a target for each host on *server*, or the hosts without one.

    *together* are hosts that must have the same target for another reason. Hosts of a project stay together if that
    fits. The same course gives the same targets.
    """
    hosts = {
        f"{name}/{host}": facts
        for name, project in sorted(course.projects.items())
        for host, facts in sorted(project.hosts.items())
        if facts.service_host == server
    }
    joined = [*_joined(course, hosts), *together]
    of_projects = [
        *joined,
        *([host for host in hosts if host.startswith(f"{name}/")] for name in course.projects),
    ]
    for sets in (of_projects, joined):
        groups = [_group(names, hosts) for names in _merged(hosts, sets)]
        search = _PlacementSearch(course, server, hosts, groups)
        found = search.run()
        if found is not None:
            return found
    return search.left_over()


def _joined(course: Course, hosts: Collection[str]) -> Iterator[list[str]]:
    """Yield the hosts on each switch that connects no two servers."""
    for name, project in sorted(course.projects.items()):
        for switch in project.switches.values():
            if switch.vlan is None and switch.vxlan is None:
                yield [host for member in switch.members if (host := f"{name}/{member.host}") in hosts]


def _merged(hosts: Collection[str], sets: Sequence[Collection[str]]) -> list[list[str]]:
    """Return *hosts* in the smallest groups that split none of *sets*, in their order."""
    leader = {host: host for host in hosts}

    def find(host: str) -> str:
        while leader[host] != host:
            host = leader[host]
        return host

    for names in sets:
        for first, second in zip(list(names), list(names)[1:], strict=False):
            one, other = sorted((find(first), find(second)))
            leader[other] = one
    groups: dict[str, list[str]] = {}
    for host in hosts:
        groups.setdefault(find(host), []).append(host)
    return list(groups.values())


def _group(names: list[str], hosts: Mapping[str, Host]) -> MachineGroup:
    memory = sum(hosts[name].memory_mib for name in names if hosts[name].is_xen)
    return MachineGroup(tuple(names), memory, frozenset(_displays(hosts[name] for name in names)))


def _displays(hosts: Iterator[Host]) -> Iterator[int]:
    return (host.vnc.display for host in hosts if host.vnc is not None and host.vnc.display is not None)


@dataclass(frozen=True, slots=True)
class _Room:
    """Free MiB of a server (None: unknown) and its used VNC displays."""

    free: int | None
    displays: frozenset[int]

    def takes(self, group: MachineGroup) -> bool:
        return (self.free is None or self.free >= group.mib) and not self.displays & group.displays

    def with_group(self, group: MachineGroup) -> "_Room":
        return _Room(None if self.free is None else self.free - group.mib, self.displays | group.displays)


Rooms = Mapping[str, _Room]


class _PlacementSearch:
    """Backtracking search that places the largest group first."""

    def __init__(
        self, course: Course, server: str, hosts: Mapping[str, Host], groups: Sequence[MachineGroup]
    ) -> None:
        self.servers = course.site.service_hosts
        self.server = server
        self.hosts = hosts
        self.groups = sorted(groups, key=lambda group: (-group.mib, group.hosts))
        self.rooms = _rooms(course, server)

    def run(self) -> Targets | None:
        """Return a server for every group; None if no placement was found."""
        seen: set[tuple[object, ...]] = set()
        stack = [self.choices(0, self.rooms)]
        chosen: list[str] = []
        while stack and len(seen) < TRIES:
            if len(stack) > len(self.groups):
                return self.named(chosen)
            choice = next(stack[-1], None)
            if choice is None:
                stack.pop()
                del chosen[-1:]
                continue
            name, rooms = choice
            state = (len(chosen), *rooms.values())
            if state not in seen:
                seen.add(state)
                chosen.append(name)
                stack.append(self.choices(len(chosen), rooms))
        return None

    def choices(self, number: int, rooms: Rooms) -> Iterator[tuple[str, Rooms]]:
        """Yield the servers with room for the group *number*, the best first, and the rooms after the placement."""
        if number == len(self.groups):
            return
        group = self.groups[number]
        for name in sorted(rooms, key=lambda name: self.rank(group, name, rooms[name])):
            if rooms[name].takes(group) and self.knows(group, self.servers[name]):
                yield name, {**rooms, name: rooms[name].with_group(group)}

    def rank(self, group: MachineGroup, name: str, room: _Room) -> tuple[int, bool, int, str]:
        """Return a sort key: number of hosts of *group* that cannot migrate live, then the most free memory."""
        stopped = sum(not self.live(self.hosts[host], self.servers[name]) for host in group.hosts)
        return stopped, room.free is not None, -(room.free or 0), name

    def live(self, host: Host, target: ServiceHost) -> bool:
        """Return True if *host* can migrate live to *target*, by the declared facts."""
        here = self.servers[self.server]
        versions = {here.xen_version, target.xen_version} - {None}
        shared = shared_storage(here, target)
        same = here.toolstack == target.toolstack and len(versions) < 2
        return same and all(on_shared_storage(disk.path, shared) for disk in host.disks)

    def knows(self, group: MachineGroup, target: ServiceHost) -> bool:
        return target.toolstack == "xl" or all(self.hosts[host].type != "pvh" for host in group.hosts)

    def named(self, chosen: Sequence[str]) -> Targets:
        return {host: name for group, name in zip(self.groups, chosen, strict=True) for host in group.hosts}

    def left_over(self) -> tuple[Unplaced, ...]:
        """Return the groups that find no room if the largest choose first."""
        rooms, found = dict(self.rooms), []
        for number, group in enumerate(self.groups):
            choice = next(self.choices(number, rooms), None)
            if choice is not None:
                rooms = dict(choice[1])
            else:
                free = {name: group.mib if room.free is None else room.free for name, room in rooms.items()}
                roomiest = max(sorted(free), key=lambda name: free[name], default=None)
                found.append(Unplaced(group.hosts, group.mib, roomiest, free.get(roomiest or "", 0)))
        return tuple(found)


def _rooms(course: Course, server: str) -> Rooms:
    """Return the room on every other server beside all that stays there; only on declared ones if there are any."""
    servers = course.site.service_hosts
    declared = any(facts.declared for facts in servers.values())
    return {
        name: _room(facts, list(_staying(course.projects.values(), name)))
        for name, facts in sorted(servers.items())
        if name != server and facts.declared == declared
    }


def _room(server: ServiceHost, staying: list[Host]) -> _Room:
    used = sum(host.memory_mib for host in staying)
    free = None if server.memory_mib is None else server.memory_mib - used
    return _Room(free, frozenset(_displays(iter(staying))))


def _staying(projects: Collection[Project], name: str) -> Iterator[Host]:
    for project in projects:
        yield from project.xen_hosts(name).values()
