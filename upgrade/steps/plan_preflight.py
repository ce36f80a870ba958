"""Checks on every server before an upgrade changes anything. All of them also pass in a repeated run."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlnc.ir.model import Site
from mlnc.upgrade.cost.volume_actions import VolumeAction
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.diff.host_diff import HostPair, mounts
from mlnc.upgrade.steps.shell_args import (
    Arguments,
    domain_arguments,
    size_arguments,
    target_arguments,
    volume_arguments,
)
from mlnc.upgrade.steps.vm_commands import StepCommand


def preflight(changes: Sequence[HostChange], site: Site, releasing: frozenset[str]) -> Iterator[StepCommand]:
    """Yield the checks for the virtual machines of one project that change.

    *releasing* are servers on which other projects release memory during the upgrade: memory is not checked there,
    because what is free now is not what is free later.
    """
    for change in changes:
        yield from _domains(change)
        if change.pair is not None:
            yield from _pair(change, change.pair, site)
        for action in change.volumes:
            yield from _new_volume(change, action)
            yield from _old_volume(change, action, site)
    for server, pairs in sorted(_memory(changes).items()):
        if server not in releasing and any(mib for _, mib in pairs):
            arguments = tuple(argument for domain, mib in pairs for argument in (domain, str(mib)))
            yield StepCommand("preflight", server, "", ("need_memory", *arguments))


def _check(change: HostChange, server: str, function: str, arguments: Arguments) -> StepCommand:
    return StepCommand("preflight", server, change.name, (function, *arguments))


def _domains(change: HostChange) -> Iterator[StepCommand]:
    """Yield the checks that domains of these names belong to this virtual machine, or do not exist."""
    if change.old is not None:
        yield _check(
            change, change.old.service_host, "need_domain_ours", domain_arguments(change.name, change.old)
        )
    if change.new is not None and (change.pair is None or change.pair.moves or change.pair.renamed):
        arguments = (change.new.domain, change.new.uuid)
        yield _check(change, change.new.service_host, "need_no_domain", arguments)


def _pair(change: HostChange, pair: HostPair, site: Site) -> Iterator[StepCommand]:
    server = pair.new.service_host
    if pair.moves:
        live = ("live",) if change.mode == "live" else ()
        stations = [each for each in (pair.old.service_host, change.via, server) if each]
        for source, target in pairwise(stations):
            arguments = (*target_arguments(site, target), site.service_hosts[target].toolstack)
            yield _check(change, source, "need_peer", arguments + live)
    if change.via is not None:
        yield _check(change, change.via, "need_no_domain", (pair.new.domain, pair.new.uuid))
    for path in mounts(pair.new):
        if pair.moves or path not in mounts(pair.old):
            yield _check(change, server, "need_disk", (path,))


def _memory(changes: Sequence[HostChange]) -> dict[str, list[tuple[str, int]]]:
    """Return by server each domain whose memory on it changes, with its MiB after the upgrade."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for change in changes:
        old, new = change.old, change.new
        if old is not None and (new is None or new.service_host != old.service_host):
            found[old.service_host].append((old.domain, 0))
        elif old is not None and new is not None and new.memory_mib != old.memory_mib:
            found[new.service_host].append((new.domain, new.memory_mib))
        if old is not None and new is not None and new.service_host != old.service_host:
            found[new.service_host].append((new.domain, new.memory_mib))
    return found


def _new_volume(change: HostChange, action: VolumeAction) -> Iterator[StepCommand]:
    """Yield the check for a volume that the storage script will make."""
    if (
        change.new is not None
        and action.new is not None
        and action.kind in ("create", "discard-last", "discard", "retire")
    ):
        arguments = (change.name, *volume_arguments(action.new), *size_arguments(action.new))
        yield _check(change, change.new.service_host, "need_new", arguments)


def _old_volume(change: HostChange, action: VolumeAction, site: Site) -> Iterator[StepCommand]:
    """Yield the checks for a volume whose data is kept, under its old or its new name."""
    pair, kept = change.pair, ("keep", "hand-over", "copy", "copy-here")
    if pair is None or action.old is None or action.new is None or action.kind not in kept:
        return
    server, domain = pair.old.service_host, domain_arguments(change.name, pair.old)
    old, new, size = volume_arguments(action.old), volume_arguments(action.new), size_arguments(action.new)
    renamed = (change.name, *new) if action.renamed else ()
    if action.renamed or action.resized or action.kind != "keep":
        yield _check(change, server, "need_volume", (pair.old_name, *old, *renamed))
    if action.kind == "copy":
        target = target_arguments(site, pair.new.service_host)
        yield _check(change, pair.new.service_host, "need_no_volume", (change.name, *new))
        yield _check(change, server, "need_copy", (*domain, *target, *old, *new, *size))
    elif action.kind == "copy-here":
        yield _check(change, server, "need_copy_here", (*domain, *old, *new, *size))
    elif action.resized and not action.renamed:
        yield _check(change, server, "need_growth", (*domain, *old, *size))
