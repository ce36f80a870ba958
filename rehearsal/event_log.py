"""Journal of the fakes: the events on rehearsed servers, and a check for states that must never occur."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlnc.rehearsal.host_requirements import DOM0_MIB
from mlnc.rehearsal.rehearsal_paths import Folder


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain at one moment.

    *stores* are the names of the storage it writes to; shared storage has the same name on each server.
    """

    name: str
    uuid: str
    runs: bool
    memory_mib: int
    stores: tuple[str, ...]


Moment = dict[tuple[str, str], Domain]
"""All domains, by server and domain name."""


def violations(folder: Folder) -> list[str]:
    """Report each forbidden state in the journal once, in order of first appearance.

    Forbidden: a UUID runs twice; two running domains write to one disk; a disk is mounted or removed while a domain
    uses it; a server allocates more memory than it has; a guest cannot write to its disk.
    """
    memory = {server: int((folder.state(server) / "memory").read_text()) for server in folder.servers()}
    found: dict[str, None] = {}
    moment: Moment = {}
    for fields in _lines(folder):
        found |= dict.fromkeys(_check_line(moment, fields, memory))
    return list(found)


def last_moment(folder: Folder) -> Moment:
    """Domains at the end of the journal."""
    moment: Moment = {}
    for fields in _lines(folder):
        _apply(moment, fields)
    return moment


def _lines(folder: Folder) -> Iterator[list[str]]:
    if folder.journal.exists():
        for line in folder.journal.read_text().splitlines():
            yield line.split("\t")


def _check_line(moment: Moment, fields: list[str], memory: dict[str, int]) -> Iterator[str]:
    """Apply one journal line to *moment*; yields the violations it causes."""
    match fields:
        case [server, "domain", name, *_]:
            _apply(moment, fields)
            if (server, name) in moment:
                yield from _conflicts(moment, server, moment[server, name])
                yield from _overcommitment(moment, server, memory[server])
        case [server, "mount" | "removed" as event, store]:
            action = "mounted" if event == "mount" else event
            for (other, name), domain in moment.items():
                if domain.runs and store in domain.stores:
                    yield f"{store} was {action} on {server} while {name} ran on {other}"
        case [server, "unwritable", name, device, path]:
            yield f"{name} on {server} could not write to {device}: {path} did not exist"
        case _:
            _apply(moment, fields)


def _apply(moment: Moment, fields: list[str]) -> None:
    match fields:
        case [server, "domain", name, _, "gone", *_]:
            moment.pop((server, name), None)
        case [server, "domain", name, uuid, state, mib, stores]:
            moment[server, name] = Domain(name, uuid, state == "running", int(mib), tuple(stores.split()))
        case [server, "renamed", old, new]:
            moment[server, new] = replace(moment.pop((server, old)), name=new)


def _conflicts(moment: Moment, server: str, domain: Domain) -> Iterator[str]:
    """Running domains with the same UUID as *domain*, or that write to its disks."""
    if not domain.runs:
        return
    for (other, name), each in moment.items():
        if (other, name) == (server, domain.name) or not each.runs:
            continue
        if each.uuid == domain.uuid:
            yield f"domain {domain.name} ({domain.uuid}) ran on {' and '.join(sorted((server, other)))}"
            continue
        for store in sorted({*domain.stores} & {*each.stores}):
            both = sorted([f"{name} on {other}", f"{domain.name} on {server}"])
            yield f"{store} was written by {' and '.join(both)}"


def _overcommitment(moment: Moment, server: str, memory_mib: int) -> Iterator[str]:
    used = DOM0_MIB + sum(domain.memory_mib for (place, _), domain in moment.items() if place == server)
    if used > memory_mib:
        yield f"{server} allocated {used} MiB of memory, but has {memory_mib} MiB"
