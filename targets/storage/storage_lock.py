"""Locks of volume groups that several servers share (``lvm lock``, ``lvm_execute_server``).

The original sends its LVM commands to the daemon of one server, which runs one at a time (MLN reference,
section 2.5). mlnc runs them on the server of the volume and holds a lock on the named server over ssh meanwhile.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from mlnc.ir.model import ServiceHost, Site
from mlnc.targets.storage.storage_volume import Wanted


@dataclass(frozen=True, slots=True)
class GroupLock:
    """A volume group, and the arguments of ssh that reach the server of its lock (none: this server)."""

    volume_group: str
    ssh: str


def lock_server(facts: ServiceHost, volume_group: str) -> str | None:
    """Return the lock server of *volume_group* in *facts* (``/dev/GROUP SERVER``), or None."""
    for entry in facts.lvm_execute_servers:
        words = entry.split()
        if len(words) == 2 and words[0].removeprefix("/dev/") == volume_group:
            return words[1]
    return None


def locked_groups(wanted: Sequence[Wanted]) -> list[str]:
    """Return the volume groups of *wanted* with ``lvm lock``, sorted."""
    return sorted({each.volume_group for each in wanted if each.volume_group and each.volume.lock})


def group_locks(site: Site, server: str, wanted: Sequence[Wanted]) -> list[GroupLock]:
    """Return the locks that a script on *server* takes before it reads the volumes of *wanted*."""
    facts = site.service_hosts[server]
    named = [(group, lock_server(facts, group)) for group in locked_groups(wanted)]
    return [GroupLock(group, _ssh(site, server, holder)) for group, holder in named if holder]


def site_locks(site: Site) -> list[tuple[str, GroupLock]]:
    """Return each server of *site* with each lock that it names (``lvm_execute_server``)."""
    named = [
        (server, entry.split()[0].removeprefix("/dev/"), entry.split()[1])
        for server, facts in sorted(site.service_hosts.items())
        for entry in sorted(facts.lvm_execute_servers)
        if len(entry.split()) == 2
    ]
    return [(server, GroupLock(group, _ssh(site, server, holder))) for server, group, holder in named]


def _ssh(site: Site, server: str, holder: str) -> str:
    """Return the ssh arguments from *server* to *holder*, each after a space; empty if both are the same."""
    by_address = {facts.address: name for name, facts in sorted(site.service_hosts.items(), reverse=True)}
    name = holder if holder in site.service_hosts else by_address.get(holder)
    if name == server:
        return ""
    facts = site.service_hosts[name] if name else None
    port = ["-p", str(facts.port)] if facts and facts.port else []
    login = f"{facts.user}@" if facts and facts.user else ""
    return " " + shlex.join([*port, "--", login + (facts.address if facts else holder)])
