"""What follows from an upgrade without being a change of its own: for the eyes of who reviews it."""

from collections.abc import Iterator, Mapping

from mlnc.ir.guest_peers import GuestPeers
from mlnc.ir.model import Host, Project
from mlnc.upgrade.diff.deployed_state import OldProject
from mlnc.upgrade.diff.host_change import HostChange


def project_notes(new: Project, was: OldProject | None, changes: Mapping[str, HostChange]) -> tuple[str, ...]:
    """What concerns *new* as a whole."""
    unknown = () if was is None else _unknown_names(changes)
    return (*_renames(changes), *unknown, *_cuts(new, changes), *_project_rename(new, was))


def peer_notes(change: HostChange, was: OldProject | None, new: Project) -> tuple[str, ...]:
    """What a host that is left running learns of the others only later."""
    if change.pair is None or change.stops or was is None or change.pair.new.guest.mode == "none":
        return ()
    old = was.at(change.pair.old.service_host)
    if old is None or change.pair.was not in old.hosts:
        return ()
    if list(GuestPeers(old).of(change.pair.was)) == list(GuestPeers(new).of(change.name)):
        return ()
    return ("its /etc/hosts changes with its peers: the new one waits for its next stop",)


def _project_rename(new: Project, was: OldProject | None) -> Iterator[str]:
    if was is not None and was.project != new.project:
        yield f"renamed from {was.project}, whose files the servers give up in the end"


def _unknown_names(changes: Mapping[str, HostChange]) -> Iterator[str]:
    """A host whose renamed_from names nothing that was there: it is made anew, which nobody meant who wrote that."""
    for name, change in changes.items():
        if change.action == "create" and change.new is not None and change.new.renamed_from is not None:
            yield (
                f"{name} says renamed_from {change.new.renamed_from}, but no host of that name was deployed: "
                f"{name} begins with an empty disk"
            )


def _renames(changes: Mapping[str, HostChange]) -> Iterator[str]:
    """A host that goes and one that comes, alike: perhaps somebody only renamed it."""
    gone = {name: change.old for name, change in changes.items() if change.action == "retire" and change.old}
    for name, change in changes.items():
        if change.action == "create" and change.new is not None:
            alike = next((old for old, host in gone.items() if _alike(host, change.new)), None)
            if alike is not None:
                del gone[alike]
                yield (
                    f"{name} looks like {alike} under another name: without 'renamed_from {alike}' in it, "
                    f"{alike} is retired and {name} begins with an empty disk"
                )


def _alike(old: Host, new: Host) -> bool:
    return _shape(old) == _shape(new)


def _shape(host: Host) -> object:
    """What makes two hosts look like one: type, disks and cards, whatever their names are."""
    volumes = [
        (role, each.sizing, each.size_bytes, each.free_space_bytes, each.template)
        for role, each in host.volumes.items()
    ]
    cards = [(name, card.switch, card.address) for name, card in host.interfaces.items()]
    return host.type, volumes, cards


def _cuts(new: Project, changes: Mapping[str, HostChange]) -> Iterator[str]:
    """Networks that are in two parts while their members move."""
    for name, switch in sorted(new.switches.items()):
        moving = [
            change.pair
            for host in dict.fromkeys(member.host for member in switch.members)
            if (change := changes.get(host)) is not None and change.pair is not None and change.pair.moves
        ]
        ends = {server for pair in moving for server in (pair.old.service_host, pair.new.service_host)}
        joined = switch.vlan is not None or (switch.vxlan is not None and ends <= set(switch.service_hosts))
        if moving and not joined and len({member.host for member in switch.members}) > 1:
            yield (
                f"switch {name} is in parts until all its virtual machines have moved: "
                f"nothing joins {' and '.join(sorted(ends))}"
            )
