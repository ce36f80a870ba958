"""What is looked at on every server before an upgrade changes anything. All of it also holds when it is run again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlnc.ir.model import Site
from mlnc.upgrade.cost.volume_actions import Fate
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.diff.host_diff import Pair, mounts
from mlnc.upgrade.steps.shell_args import Words, domain_words, size_words, target_words, volume_words
from mlnc.upgrade.steps.vm_commands import Act


def preflight(changes: Sequence[HostChange], site: Site, giving: frozenset[str]) -> Iterator[Act]:
    """The looks for the virtual machines of one project that are not left alone.

    *giving* are servers on which other projects give up memory on the way: what is free there now says nothing.
    """
    for change in changes:
        yield from _domains(change)
        if change.pair is not None:
            yield from _pair(change, change.pair, site)
        for fate in change.fates:
            yield from _new_volume(change, fate)
            yield from _old_volume(change, fate, site)
    for server, pairs in sorted(_memory(changes).items()):
        if server not in giving and any(mib for _, mib in pairs):
            words = tuple(word for domain, mib in pairs for word in (domain, str(mib)))
            yield Act("preflight", server, "", ("need_memory", *words))


def _look(change: HostChange, server: str, function: str, words: Words) -> Act:
    return Act("preflight", server, change.name, (function, *words))


def _domains(change: HostChange) -> Iterator[Act]:
    """Whose the domains of these names are."""
    if change.old is not None:
        yield _look(
            change, change.old.service_host, "need_domain_ours", domain_words(change.name, change.old)
        )
    if change.new is not None and (change.pair is None or change.pair.moves or change.pair.renamed):
        words = (change.new.domain, change.new.uuid)
        yield _look(change, change.new.service_host, "need_no_domain", words)


def _pair(change: HostChange, pair: Pair, site: Site) -> Iterator[Act]:
    server = pair.new.service_host
    if pair.moves:
        live = ("live",) if change.way == "live" else ()
        stations = [each for each in (pair.old.service_host, change.over, server) if each]
        for here, there in pairwise(stations):
            words = (*target_words(site, there), site.service_hosts[there].toolstack)
            yield _look(change, here, "need_peer", words + live)
    if change.over is not None:
        yield _look(change, change.over, "need_no_domain", (pair.new.domain, pair.new.uuid))
    for path in mounts(pair.new):
        if pair.moves or path not in mounts(pair.old):
            yield _look(change, server, "need_disk", (path,))


def _memory(changes: Sequence[HostChange]) -> dict[str, list[tuple[str, int]]]:
    """By server each domain whose memory there is another afterwards, with the MiB that it takes then."""
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


def _new_volume(change: HostChange, fate: Fate) -> Iterator[Act]:
    """A volume that the storage script will make."""
    if (
        change.new is not None
        and fate.new is not None
        and fate.goes in ("made", "left", "discarded", "retired")
    ):
        words = (change.name, *volume_words(fate.new), *size_words(fate.new))
        yield _look(change, change.new.service_host, "need_new", words)


def _old_volume(change: HostChange, fate: Fate, site: Site) -> Iterator[Act]:
    """A volume that keeps its data, under the one name or the other."""
    pair, kept = change.pair, ("stays", "handed", "copied", "copied-here")
    if pair is None or fate.old is None or fate.new is None or fate.goes not in kept:
        return
    server, domain = pair.old.service_host, domain_words(change.name, pair.old)
    old, new, size = volume_words(fate.old), volume_words(fate.new), size_words(fate.new)
    renamed = (change.name, *new) if fate.renamed else ()
    if fate.renamed or fate.resized or fate.goes != "stays":
        yield _look(change, server, "need_volume", (pair.was, *old, *renamed))
    if fate.goes == "copied":
        target = target_words(site, pair.new.service_host)
        yield _look(change, pair.new.service_host, "need_no_volume", (change.name, *new))
        yield _look(change, server, "need_copy", (*domain, *target, *old, *new, *size))
    elif fate.goes == "copied-here":
        yield _look(change, server, "need_copy_here", (*domain, *old, *new, *size))
    elif fate.resized and not fate.renamed:
        yield _look(change, server, "need_growth", (*domain, *old, *size))
