"""Where the virtual machines of a server can go so that it is empty: each moves once, and nothing else moves.

Machines that one switch joins without a VLAN or VXLAN stay together. A server takes no more than the memory that it
is declared to have, no second VNC display of one number and no domain type that it does not know. Servers to which
most of a group can move live are preferred, then those with the most room.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlnc.ir.model import Course, Host, Project, ServiceHost
from mlnc.ir.shared_storage import shared_storage
from mlnc.upgrade.cost.migration_mode import on_shared

TRIES = 20_000
"""How many placements are tried before the search for a better fit is given up."""

Targets = dict[str, str]
"""PROJECT/HOST to the server it goes to."""


@dataclass(frozen=True, slots=True)
class NoPlace:
    """Machines that no server takes: their memory, the server with the most room, and what it has, in MiB.

    It may have enough: then something else than memory is in the way.
    """

    hosts: tuple[str, ...]
    mib: int
    roomiest: str | None
    free_mib: int


@dataclass(frozen=True, slots=True)
class MachineGroup:
    """Machines, PROJECT/HOST, that go to one server together: their memory in MiB and their VNC displays."""

    hosts: tuple[str, ...]
    mib: int
    displays: frozenset[int]


def evacuate(
    course: Course, server: str, together: Sequence[Collection[str]] = ()
) -> Targets | tuple[NoPlace, ...]:
    """A target for each host on *server*, or those that find no place.

    *together* are hosts that have to have the same target for another reason. Hosts of a project go together where
    that fits. The same course gives the same targets.
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
    """The hosts on each switch that cannot reach from server to server."""
    for name, project in sorted(course.projects.items()):
        for switch in project.switches.values():
            if switch.vlan is None and switch.vxlan is None:
                yield [host for member in switch.members if (host := f"{name}/{member.host}") in hosts]


def _merged(hosts: Collection[str], sets: Sequence[Collection[str]]) -> list[list[str]]:
    """*hosts* in the finest groups that tear none of *sets* apart, in their order."""
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
    """What a server still has: free MiB (None: unknown), and the VNC displays that are taken."""

    free: int | None
    displays: frozenset[int]

    def takes(self, group: MachineGroup) -> bool:
        return (self.free is None or self.free >= group.mib) and not self.displays & group.displays

    def with_group(self, group: MachineGroup) -> "_Room":
        return _Room(None if self.free is None else self.free - group.mib, self.displays | group.displays)


Rooms = Mapping[str, _Room]


class _PlacementSearch:
    """Groups into rooms, the largest group first; a placement that leads nowhere is taken back."""

    def __init__(
        self, course: Course, server: str, hosts: Mapping[str, Host], groups: Sequence[MachineGroup]
    ) -> None:
        self.servers = course.site.service_hosts
        self.server = server
        self.hosts = hosts
        self.groups = sorted(groups, key=lambda group: (-group.mib, group.hosts))
        self.rooms = _rooms(course, server)

    def run(self) -> Targets | None:
        """A server for every group; None where none was found."""
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
        """The servers that take the group of that *number*, the best first, and the rooms afterwards."""
        if number == len(self.groups):
            return
        group = self.groups[number]
        for name in sorted(rooms, key=lambda name: self.rank(group, name, rooms[name])):
            if rooms[name].takes(group) and self.knows(group, self.servers[name]):
                yield name, {**rooms, name: rooms[name].with_group(group)}

    def rank(self, group: MachineGroup, name: str, room: _Room) -> tuple[int, bool, int, str]:
        """Sort key: to how many of *group* the way is not live, then the most room."""
        stopped = sum(not self.live(self.hosts[host], self.servers[name]) for host in group.hosts)
        return stopped, room.free is not None, -(room.free or 0), name

    def live(self, host: Host, target: ServiceHost) -> bool:
        """Whether *host* can go to *target* while it runs, by what is declared."""
        here = self.servers[self.server]
        versions = {here.xen_version, target.xen_version} - {None}
        shared = shared_storage(here, target)
        same = here.toolstack == target.toolstack and len(versions) < 2
        return same and all(on_shared(disk.path, shared) for disk in host.disks)

    def knows(self, group: MachineGroup, target: ServiceHost) -> bool:
        return target.toolstack == "xl" or all(self.hosts[host].type != "pvh" for host in group.hosts)

    def named(self, chosen: Sequence[str]) -> Targets:
        return {host: name for group, name in zip(self.groups, chosen, strict=True) for host in group.hosts}

    def left_over(self) -> tuple[NoPlace, ...]:
        """The groups that find no place when the largest choose first."""
        rooms, found = dict(self.rooms), []
        for number, group in enumerate(self.groups):
            choice = next(self.choices(number, rooms), None)
            if choice is not None:
                rooms = dict(choice[1])
            else:
                free = {name: group.mib if room.free is None else room.free for name, room in rooms.items()}
                roomiest = max(sorted(free), key=lambda name: free[name], default=None)
                found.append(NoPlace(group.hosts, group.mib, roomiest, free.get(roomiest or "", 0)))
        return tuple(found)


def _rooms(course: Course, server: str) -> Rooms:
    """What every server but *server* has left when all that stays there runs; declared ones, if any is declared."""
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
