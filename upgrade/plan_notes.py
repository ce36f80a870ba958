"""Notes of a plan: consequences of an upgrade that the reviewer should know and that are no changes of their own."""

from collections.abc import Iterator, Mapping

from mlnc.ir.guest_peers import GuestPeers
from mlnc.ir.model import Host, Project
from mlnc.upgrade.diff.deployed_state import DeployedProject
from mlnc.upgrade.diff.host_change import HostChange


def project_notes(
    new: Project, old: DeployedProject | None, changes: Mapping[str, HostChange]
) -> tuple[str, ...]:
    """Return the notes on *new* as a whole."""
    unknown = () if old is None else _unknown_names(changes)
    return (*_likely_renames(changes), *unknown, *_split_switches(new, changes), *_project_rename(new, old))


def peer_notes(change: HostChange, old: DeployedProject | None, new: Project) -> tuple[str, ...]:
    """Return a note for a host that keeps running while its peers in ``/etc/hosts`` change."""
    if change.pair is None or change.stops or old is None or change.pair.new.guest.mode == "none":
        return ()
    project = old.on_server(change.pair.old.service_host)
    if project is None or change.pair.old_name not in project.hosts:
        return ()
    if list(GuestPeers(project).of(change.pair.old_name)) == list(GuestPeers(new).of(change.name)):
        return ()
    return ("the peers in its /etc/hosts change: the guest gets the new file at its next stop",)


def _project_rename(new: Project, old: DeployedProject | None) -> Iterator[str]:
    if old is not None and old.project != new.project:
        yield f"renamed from {old.project}: the servers remove the files of {old.project} after all other steps"


def _unknown_names(changes: Mapping[str, HostChange]) -> Iterator[str]:
    """A host whose renamed_from names no deployed host is created, which its author did not intend."""
    for name, change in changes.items():
        if change.action == "create" and change.new is not None and change.new.renamed_from is not None:
            yield (
                f"{name} has renamed_from {change.new.renamed_from}, but no host of that name is deployed: "
                f"{name} starts with an empty disk"
            )


def _likely_renames(changes: Mapping[str, HostChange]) -> Iterator[str]:
    """A retired and a created host that are alike may be one host that was renamed."""
    retired = {
        name: change.old for name, change in changes.items() if change.action == "retire" and change.old
    }
    for name, change in changes.items():
        if change.action == "create" and change.new is not None:
            shape = _shape(change.new)
            alike = next((old for old, host in retired.items() if _shape(host) == shape), None)
            if alike is not None:
                del retired[alike]
                yield (
                    f"{name} looks like a renamed {alike}: without 'renamed_from {alike}' in {name}, "
                    f"{alike} is retired and {name} starts with an empty disk"
                )


def _shape(host: Host) -> object:
    """Type, disks and cards of a host without their names."""
    volumes = [
        (role, each.sizing, each.size_bytes, each.free_space_bytes, each.template)
        for role, each in host.volumes.items()
    ]
    cards = [(name, card.switch, card.address) for name, card in host.interfaces.items()]
    return host.type, volumes, cards


def _split_switches(new: Project, changes: Mapping[str, HostChange]) -> Iterator[str]:
    """Yield a note for each network that is split while its members migrate."""
    for name, switch in sorted(new.switches.items()):
        moving = [
            change.pair
            for host in dict.fromkeys(member.host for member in switch.members)
            if (change := changes.get(host)) is not None and change.pair is not None and change.pair.moves
        ]
        ends = {server for pair in moving for server in (pair.old.service_host, pair.new.service_host)}
        connected = switch.vlan is not None or (
            switch.vxlan is not None and ends <= set(switch.service_hosts)
        )
        if moving and not connected and len({member.host for member in switch.members}) > 1:
            yield (
                f"switch {name} is split until all its virtual machines have moved: "
                f"nothing connects {' and '.join(sorted(ends))}"
            )
