"""What an upgrade does to a virtual machine, as commands of the library on the servers, each in its phase."""

from collections.abc import Iterator
from dataclasses import dataclass

from mlnc.ir.model import Host, Site
from mlnc.output.plan_model import Kind
from mlnc.upgrade.cost.volume_actions import Fate
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.diff.host_diff import Pair
from mlnc.upgrade.steps.plan_commands import check_command
from mlnc.upgrade.steps.shell_args import Words, domain_words, size_words, target_words, volume_words


@dataclass(frozen=True, slots=True)
class Act:
    """One command for the virtual machine *host* on *server*.

    *peer* is the other server that takes part; *data_loss*: data that its domain has is gone afterwards; *final*:
    there is no way back from it; *leg*: the number of a migration, where it takes two.
    """

    kind: Kind
    server: str
    host: str
    command: Words
    peer: str | None = None
    data_loss: bool = False
    final: bool = False
    leg: int = 0

    def __post_init__(self) -> None:
        check_command(self.command)


def acts(change: HostChange, site: Site, stop_seconds: int) -> Iterator[Act]:
    """Everything that is done to the virtual machine of *change* besides what every deployment does.

    *stop_seconds* is what it has to shut down in.
    """
    if change.old is None:
        return
    server, domain = change.old.service_host, domain_words(change.name, change.old)
    if change.stops:
        yield Act("stop", server, change.name, ("stop_host", *domain, str(stop_seconds)))
    for fate in change.fates:
        yield from _volume(change, fate, server, site)
    if change.pair is not None:
        yield from _handover(change, change.pair, site)
        if change.stops:
            host = change.pair.new
            yield Act(
                "start", host.service_host, change.name, ("start_host", *domain_words(change.name, host))
            )
        else:
            yield from _live(change, change.pair)


# --- volumes and moves -----------------------------------------------------------------------------------------------


def _volume(change: HostChange, fate: Fate, server: str, site: Site) -> Iterator[Act]:
    """What becomes of one volume that there is, but for its way to another server."""
    if fate.old is None or change.old is None:
        return
    name, domain, old = change.name, domain_words(change.name, change.old), volume_words(fate.old)
    kind: Kind
    if fate.new is not None and change.pair is not None:
        new, size = volume_words(fate.new), size_words(fate.new)
        if fate.goes == "copied-here":
            yield Act("volumes", server, name, ("copy_here", *domain, *old, *new, *size))
        elif fate.goes == "copied":
            yield _copy("copy", "copy_first", change, fate, site)
        if fate.renamed:
            names = (change.pair.was, name, change.pair.was_project, change.project)
            yield Act("volumes", server, name, ("rename_volume", *names, *old, *new))
        if fate.resized and fate.goes in ("stays", "handed"):
            yield Act("volumes", server, name, ("grow_volume", *domain, *new, *size), final=True)
    if fate.goes in ("discarded", "left"):
        kind = "volumes" if fate.goes == "discarded" else "clean"
        words = ("discard_volume", *domain, *old)
        yield Act(kind, server, name, words, data_loss=fate.data_loss, final=True)
    elif fate.goes == "retired":
        # One that starts again here has to be found down.
        stays = change.pair is not None and not change.pair.moves
        kind = "volumes" if stays else "clean"
        yield Act(kind, server, name, ("retire_volume", name, *old), data_loss=fate.data_loss)


def _copy(kind: Kind, function: str, change: HostChange, fate: Fate, site: Site) -> Act:
    pair, old, new = change.pair, fate.old, fate.new
    assert pair, change.name
    assert old, change.name
    assert new, change.name
    domain, target = domain_words(change.name, pair.old), target_words(site, pair.new.service_host)
    words = (*domain, *target, *volume_words(old), *volume_words(new), *size_words(new))
    return Act(kind, pair.old.service_host, change.name, (function, *words), pair.new.service_host)


def _handover(change: HostChange, pair: Pair, site: Site) -> Iterator[Act]:
    """How it, or what it needs, comes to the other server."""
    if not pair.moves:
        return
    for fate in change.fates:
        if fate.goes == "copied":
            yield _copy("migrate", "copy_last", change, fate, site)
    handed = [fate.new for fate in change.fates if fate.goes == "handed" and fate.new is not None]
    if handed:
        volumes = tuple(word for volume in handed for word in volume_words(volume))
        yield from _legs(change, pair, site, volumes)


def _legs(change: HostChange, pair: Pair, site: Site, volumes: Words) -> Iterator[Act]:
    """The way over shared storage, in two legs where no direct one has room."""
    source, target = pair.old.service_host, pair.new.service_host
    domain, there = domain_words(change.name, pair.old), target_words(site, target)
    if change.over is not None:
        words = (*domain, *target_words(site, change.over), target, *volumes)
        yield Act("migrate", source, change.name, ("migrate_over", *words), change.over)
        source = change.over
    function = "migrate_live" if change.way == "live" else "hand_over"
    yield Act("migrate", source, change.name, (function, *domain, *there, *volumes), target, leg=1)


# --- while it runs ---------------------------------------------------------------------------------------------------


def _live(change: HostChange, pair: Pair) -> Iterator[Act]:
    old, new = pair.old, pair.new
    if new.memory_mib < old.memory_mib:
        words = ("set_memory", *domain_words(change.name, old), str(old.memory_mib), str(new.memory_mib))
        yield Act("release", old.service_host, change.name, words)
    domain = domain_words(change.name, new)
    for done in (*_cards(old, new), *_disks(old, new), *_amounts(old, new)):
        yield Act("live", new.service_host, change.name, (done[0], *domain, *done[1:]))


def _cards(old: Host, new: Host) -> Iterator[Words]:
    for name, card in old.interfaces.items():
        after = new.interfaces.get(name)
        if after is None:
            yield ("detach_card", card.mac, card.bridge, "-")
        elif after.bridge != card.bridge:
            yield ("move_card", card.mac, card.bridge, after.bridge)
    for name, card in new.interfaces.items():
        if name not in old.interfaces:
            yield ("attach_card", card.mac, card.bridge, "-")


def _disks(old: Host, new: Host) -> Iterator[Words]:
    before = {disk.path for disk in old.disks}
    for disk in new.disks:
        if disk.role == "mount" and disk.path not in before:
            yield ("attach_disk", disk.device, disk.kind, disk.path, "w")


def _amounts(old: Host, new: Host) -> Iterator[Words]:
    if new.memory_mib > old.memory_mib:
        yield ("set_memory", str(old.memory_mib), str(new.memory_mib))
    if new.vcpus != old.vcpus:
        yield ("set_vcpus", str(old.vcpus), str(new.vcpus))
    if new.cpus != old.cpus:
        yield ("set_affinity", old.cpus or "all", new.cpus or "all")
