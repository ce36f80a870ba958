"""What happened on rehearsed servers, moment by moment: the journal of the stand-ins, and what must never be in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlnc.rehearsal.host_requirements import DOM0_MIB
from mlnc.rehearsal.rehearsal_paths import Folder


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain at one moment. *stores* are the names of what it writes to, the same on each server that sees it."""

    name: str
    uuid: str
    runs: bool
    memory_mib: int
    stores: tuple[str, ...]


Moment = dict[tuple[str, str], Domain]
"""Every domain of all servers, by server and name."""


def violations(folder: Folder) -> list[str]:
    """What was wrong at some moment, each once, in the order of its first appearance.

    A UUID that runs twice, a disk that two running domains write to, one that is mounted or removed while a domain
    runs on it, a server that gave away more memory than it has, a guest that could not write.
    """
    memory = {server: int((folder.state(server) / "memory").read_text()) for server in folder.servers()}
    found: dict[str, None] = {}
    moment: Moment = {}
    for words in _lines(folder):
        found |= dict.fromkeys(_step(moment, words, memory))
    return list(found)


def last_moment(folder: Folder) -> Moment:
    """The domains that there were at the end."""
    moment: Moment = {}
    for words in _lines(folder):
        _take(moment, words)
    return moment


def _lines(folder: Folder) -> Iterator[list[str]]:
    if folder.journal.exists():
        for line in folder.journal.read_text().splitlines():
            yield line.split("\t")


def _step(moment: Moment, words: list[str], memory: dict[str, int]) -> Iterator[str]:
    """Bring *moment* up to the line *words*; what is wrong then."""
    match words:
        case [server, "domain", name, *_]:
            _take(moment, words)
            if (server, name) in moment:
                yield from _twice(moment, server, moment[server, name])
                yield from _too_much(moment, server, memory[server])
        case [server, "mount" | "removed" as act, store]:
            done = "mounted" if act == "mount" else act
            for (other, name), domain in moment.items():
                if domain.runs and store in domain.stores:
                    yield f"{store} was {done} on {server} while {name} ran on {other}"
        case [server, "unwritable", name, device, path]:
            yield f"{name} on {server} could not write to {device}: {path} was not there"
        case _:
            _take(moment, words)


def _take(moment: Moment, words: list[str]) -> None:
    match words:
        case [server, "domain", name, _, "gone", *_]:
            moment.pop((server, name), None)
        case [server, "domain", name, uuid, state, mib, stores]:
            moment[server, name] = Domain(name, uuid, state == "running", int(mib), tuple(stores.split()))
        case [server, "renamed", old, new]:
            moment[server, new] = replace(moment.pop((server, old)), name=new)


def _twice(moment: Moment, server: str, domain: Domain) -> Iterator[str]:
    """The other domains that run as this one does, or write to its disks."""
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


def _too_much(moment: Moment, server: str, memory_mib: int) -> Iterator[str]:
    used = DOM0_MIB + sum(domain.memory_mib for (place, _), domain in moment.items() if place == server)
    if used > memory_mib:
        yield f"{server} gave away {used} MiB of {memory_mib}"
