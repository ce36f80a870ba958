"""Commands of an upgrade for one virtual machine: calls of the library on the servers, each in its phase."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Host, Site
from mlnc.output.plan_model import Kind
from mlnc.upgrade.cost.volume_actions import VolumeAction
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.diff.host_diff import HostPair
from mlnc.upgrade.steps.plan_commands import check_command
from mlnc.upgrade.steps.shell_args import (
    Arguments,
    domain_arguments,
    size_arguments,
    target_arguments,
    volume_arguments,
)


@dataclass(frozen=True, slots=True)
class StepCommand:
    """One command (*arguments*) for the virtual machine *host* on *server*.

    *peer* is the other server that takes part. *data_loss*: the domain loses data. *final*: the command cannot be
    undone. *leg*: number of a migration, for one that takes two.
    """

    kind: Kind
    server: str
    host: str
    arguments: Arguments
    peer: str | None = None
    data_loss: bool = False
    final: bool = False
    leg: int = 0

    def __post_init__(self) -> None:
        check_command(self.arguments)


def vm_commands(change: HostChange, site: Site, stop_seconds: int) -> Iterator[StepCommand]:
    """Yield the commands for *change* beyond those of every deployment.

    *stop_seconds* is the time in which the virtual machine must shut down.
    """
    if change.old is None:
        return
    server, domain = change.old.service_host, domain_arguments(change.name, change.old)
    if change.stops:
        yield StepCommand("stop", server, change.name, ("stop_host", *domain, str(stop_seconds)))
    for action in change.volumes:
        yield from _volume(change, action, server, site)
    if change.pair is not None:
        yield from _migration(change, change.pair, site)
        if change.stops:
            host = change.pair.new
            arguments = ("start_host", *domain_arguments(change.name, host))
            yield StepCommand("start", host.service_host, change.name, arguments)
        else:
            yield from _live(change, change.pair)


# --- volumes and migrations ------------------------------------------------------------------------------------------


def _volume(change: HostChange, action: VolumeAction, server: str, site: Site) -> Iterator[StepCommand]:
    """Yield the commands for one existing volume, except the last part of its migration."""
    if action.old is None or change.old is None:
        return
    name, domain = change.name, domain_arguments(change.name, change.old)
    old = volume_arguments(action.old)
    kind: Kind
    if change.pair is not None:
        yield from _successor(change, change.pair, action, server, site)
    if action.kind in ("discard", "discard-last"):
        kind = "volumes" if action.kind == "discard" else "clean"
        arguments = ("discard_volume", *domain, *old)
        yield StepCommand(kind, server, name, arguments, data_loss=action.data_loss, final=True)
    elif action.kind == "retire":
        # The volume of a domain that starts again on this server is retired while the domain is down.
        same_server = change.pair is not None and not change.pair.moves
        kind = "volumes" if same_server else "clean"
        yield StepCommand(kind, server, name, ("retire_volume", name, *old), data_loss=action.data_loss)


def _successor(
    change: HostChange, pair: HostPair, action: VolumeAction, server: str, site: Site
) -> Iterator[StepCommand]:
    """Yield the commands that copy, rename and grow a volume that has a successor."""
    if action.old is None or action.new is None:
        return
    name, domain = change.name, domain_arguments(change.name, pair.old)
    old, new = volume_arguments(action.old), volume_arguments(action.new)
    size = size_arguments(action.new)
    if action.kind == "copy-here":
        yield StepCommand("volumes", server, name, ("copy_here", *domain, *old, *new, *size))
    elif action.kind == "copy":
        yield _copy("copy", "copy_first", change, action, site)
    if action.renamed:
        names = (pair.old_name, name, pair.old_project, change.project)
        yield StepCommand("volumes", server, name, ("rename_volume", *names, *old, *new))
    if action.resized and action.kind in ("keep", "hand-over"):
        yield StepCommand("volumes", server, name, ("grow_volume", *domain, *new, *size), final=True)


def _copy(kind: Kind, function: str, change: HostChange, action: VolumeAction, site: Site) -> StepCommand:
    pair, old, new = change.pair, action.old, action.new
    assert pair, change.name
    assert old, change.name
    assert new, change.name
    domain, target = domain_arguments(change.name, pair.old), target_arguments(site, pair.new.service_host)
    arguments = (*domain, *target, *volume_arguments(old), *volume_arguments(new), *size_arguments(new))
    return StepCommand(
        kind, pair.old.service_host, change.name, (function, *arguments), pair.new.service_host
    )


def _migration(change: HostChange, pair: HostPair, site: Site) -> Iterator[StepCommand]:
    """Yield the commands that bring the domain or its volumes to the other server."""
    if not pair.moves:
        return
    for action in change.volumes:
        if action.kind == "copy":
            yield _copy("migrate", "copy_last", change, action, site)
    handed = [each.new for each in change.volumes if each.kind == "hand-over" and each.new is not None]
    if handed:
        volumes = tuple(argument for volume in handed for argument in volume_arguments(volume))
        yield from _legs(change, pair, site, volumes)


def _legs(change: HostChange, pair: HostPair, site: Site, volumes: Arguments) -> Iterator[StepCommand]:
    """Yield the migration over shared storage: one leg, or two through a third server."""
    source, target = pair.old.service_host, pair.new.service_host
    domain = domain_arguments(change.name, pair.old)
    if change.via is not None:
        arguments = (*domain, *target_arguments(site, change.via), target, *volumes)
        yield StepCommand("migrate", source, change.name, ("migrate_over", *arguments), change.via)
        source = change.via
    function = "migrate_live" if change.mode == "live" else "hand_over"
    arguments = (function, *domain, *target_arguments(site, target), *volumes)
    yield StepCommand("migrate", source, change.name, arguments, target, leg=1)


# --- while it runs ---------------------------------------------------------------------------------------------------


def _live(change: HostChange, pair: HostPair) -> Iterator[StepCommand]:
    old, new = pair.old, pair.new
    if new.memory_mib < old.memory_mib:
        domain = domain_arguments(change.name, old)
        arguments = ("set_memory", *domain, str(old.memory_mib), str(new.memory_mib))
        yield StepCommand("release", old.service_host, change.name, arguments)
    domain = domain_arguments(change.name, new)
    for function, *values in (*_cards(old, new), *_disks(old, new), *_amounts(old, new)):
        yield StepCommand("live", new.service_host, change.name, (function, *domain, *values))


def _cards(old: Host, new: Host) -> Iterator[Arguments]:
    for name, card in old.interfaces.items():
        after = new.interfaces.get(name)
        if after is None:
            yield ("detach_card", card.mac, card.bridge, "-")
        elif after.bridge != card.bridge:
            yield ("move_card", card.mac, card.bridge, after.bridge)
    for name, card in new.interfaces.items():
        if name not in old.interfaces:
            yield ("attach_card", card.mac, card.bridge, "-")


def _disks(old: Host, new: Host) -> Iterator[Arguments]:
    before = {disk.path for disk in old.disks}
    for disk in new.disks:
        if disk.role == "mount" and disk.path not in before:
            yield ("attach_disk", disk.device, disk.kind, disk.path, "w")


def _amounts(old: Host, new: Host) -> Iterator[Arguments]:
    if new.memory_mib > old.memory_mib:
        yield ("set_memory", str(old.memory_mib), str(new.memory_mib))
    if new.vcpus != old.vcpus:
        yield ("set_vcpus", str(old.vcpus), str(new.vcpus))
    if new.cpus != old.cpus:
        yield ("set_affinity", old.cpus or "all", new.cpus or "all")
