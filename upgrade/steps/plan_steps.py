"""From single acts to the numbered steps of a plan: one a phase and server, one a virtual machine that moves."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from mlnc.output.plan_model import Guard, Kind, Step
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.steps.shell_args import Words
from mlnc.upgrade.steps.step_texts import SENTENCES
from mlnc.upgrade.steps.vm_commands import Act

KINDS: tuple[Kind, ...] = get_args(Kind)
"""All kinds, in the order of their phases."""

_EACH = frozenset({"copy", "migrate"})
"""Kinds with a step for each virtual machine."""
_BARE = frozenset({"apply", "leave"})
"""Kinds that the runner does by itself."""
_GUARDED = frozenset({"copy", "volumes", "migrate", "apply", "start", "clean"})


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step with what its script does: the *was* lines of renamed hosts, and its calls."""

    step: Step
    renamed: tuple[Words, ...]
    calls: tuple[Words, ...]


def drafts(project: str, acts: Iterable[Act], changes: Mapping[str, HostChange]) -> list[StepDraft]:
    """The steps of *project*, numbered in order. An act without a command asks for its step all the same."""
    grouped: dict[tuple[int, str, int, str], list[Act]] = defaultdict(list)
    for act in acts:
        each = (act.host, act.leg) if act.kind in _EACH else ("", 0)
        grouped[KINDS.index(act.kind), *each, act.server].append(act)
    return [_draft(project, number, grouped[key], changes) for number, key in enumerate(sorted(grouped), 1)]


def _draft(project: str, number: int, acts: Sequence[Act], changes: Mapping[str, HostChange]) -> StepDraft:
    first = acts[0]
    what = first.host if first.kind in _EACH else first.server
    name = f"{number:02d}-{first.kind}-{re.sub('[^A-Za-z0-9_.+-]', '-', what)}"
    hosts = tuple(sorted({act.host for act in acts if act.host}))
    sentences = SENTENCES[first.kind]
    step = Step(
        id=name,
        kind=first.kind,
        server=first.server,
        hosts=hosts,
        peer=next((act.peer for act in acts if act.peer), None),
        script=None if first.kind in _BARE else f"plan/{project}/{name}.sh",
        after=(),
        guards=tuple(guard for host in hosts for guard in _guards(first.kind, first.server, changes[host])),
        holds_before=sentences.before,
        holds_after=sentences.after,
        undo=None if any(act.final for act in acts) else sentences.undo,
        data_loss=tuple(sorted({act.host for act in acts if act.data_loss})),
    )
    renamed = tuple(line for host in hosts for line in _was(changes[host]))
    return StepDraft(step, renamed, tuple(dict.fromkeys(act.command for act in acts if act.command)))


def _was(change: HostChange) -> Iterator[Words]:
    """What a host that is renamed, or of a project that is, was called."""
    if change.pair is not None and change.pair.renamed:
        yield ("record_former_name", change.name, change.pair.was, change.pair.was_project)
    elif change.was_project not in (None, change.project):
        yield ("record_former_name", change.name, change.name, str(change.was_project))


# --- guards ----------------------------------------------------------------------------------------------------------


def _guards(kind: Kind, server: str, change: HostChange) -> Iterator[Guard]:
    """Where the domain of *change* may run when a step of *kind* begins; a host that was on one server needs none."""
    if kind not in _GUARDED or not change.elsewhere:
        return
    may_run = tuple(sorted(_may_run(kind, server, change)))
    sides = [host for host in (change.old, change.new) if host is not None]
    for domain, uuid in dict.fromkeys((host.domain, host.uuid) for host in sides):
        yield Guard(change.name, domain, uuid, tuple(sorted(change.held)), may_run)


def _may_run(kind: Kind, server: str, change: HostChange) -> set[str]:
    """The server it belongs to, where a run after an interrupted one may find it; before it has moved, the old one."""
    places = {change.new_server} if change.new_server else set()
    if (
        kind == "copy"
        or (kind == "migrate" and change.way == "live")
        or (kind == "volumes" and not change.stops)
    ):
        places |= {server, change.old_server or server, change.over or server}
    return places
