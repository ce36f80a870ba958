"""Steps of a plan: commands grouped by phase and server, or by migrating virtual machine, and numbered."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from mlnc.output.plan_model import Guard, Kind, Step
from mlnc.upgrade.diff.host_change import HostChange
from mlnc.upgrade.steps.shell_args import Arguments
from mlnc.upgrade.steps.step_texts import RUNNER_ACTS, STEP_TEXTS
from mlnc.upgrade.steps.vm_commands import StepCommand

KINDS: tuple[Kind, ...] = get_args(Kind)
"""All kinds, in the order of their phases."""

_PER_HOST = frozenset({"copy", "migrate"})
"""Kinds with a step for each virtual machine."""
_GUARDED = frozenset({"copy", "volumes", "migrate", "apply", "start", "clean"})


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step with the content of its script: the lines ``was`` of renamed hosts, and its calls."""

    step: Step
    renamed: tuple[Arguments, ...]
    calls: tuple[Arguments, ...]


def drafts(
    project: str, commands: Iterable[StepCommand], changes: Mapping[str, HostChange]
) -> list[StepDraft]:
    """Return the steps of *project*, numbered from 1 without a gap. A command may have no arguments."""
    grouped: dict[tuple[int, str, int, str], list[StepCommand]] = defaultdict(list)
    for command in commands:
        host, leg = (command.host, command.leg) if command.kind in _PER_HOST else ("", 0)
        grouped[KINDS.index(command.kind), host, leg, command.server].append(command)
    return [_draft(project, number, grouped[key], changes) for number, key in enumerate(sorted(grouped), 1)]


def _draft(
    project: str, number: int, commands: Sequence[StepCommand], changes: Mapping[str, HostChange]
) -> StepDraft:
    first = commands[0]
    subject = first.host if first.kind in _PER_HOST else first.server
    name = f"{number:02d}-{first.kind}-{re.sub('[^A-Za-z0-9_.+-]', '-', subject)}"
    hosts = tuple(sorted({command.host for command in commands if command.host}))
    text = STEP_TEXTS[first.kind]
    step = Step(
        id=name,
        kind=first.kind,
        server=first.server,
        hosts=hosts,
        peer=next((command.peer for command in commands if command.peer), None),
        script=None if first.kind in RUNNER_ACTS else f"plan/{project}/{name}.sh",
        after=(),
        guards=tuple(guard for host in hosts for guard in _guards(first.kind, first.server, changes[host])),
        holds_before=text.before,
        holds_after=text.after,
        undo=None if any(command.final for command in commands) else text.undo,
        data_loss=tuple(sorted({command.host for command in commands if command.data_loss})),
    )
    renamed = tuple(line for host in hosts for line in _old_name(changes[host]))
    calls = tuple(dict.fromkeys(command.arguments for command in commands if command.arguments))
    return StepDraft(step, renamed, calls)


def _old_name(change: HostChange) -> Iterator[Arguments]:
    """Yield the line ``record_former_name`` for a host that is renamed or belongs to a renamed project."""
    if change.pair is not None and change.pair.renamed:
        yield ("record_former_name", change.name, change.pair.old_name, change.pair.old_project)
    elif change.old_project not in (None, change.project):
        yield ("record_former_name", change.name, change.name, str(change.old_project))


# --- guards ----------------------------------------------------------------------------------------------------------


def _guards(kind: Kind, server: str, change: HostChange) -> Iterator[Guard]:
    """Yield the guards of a step of *kind* for the domains of *change*; none if it can run on one server only."""
    if kind not in _GUARDED or not change.has_several_servers:
        return
    may_run = tuple(sorted(_may_run(kind, server, change)))
    sides = [host for host in (change.old, change.new) if host is not None]
    for domain, uuid in dict.fromkeys((host.domain, host.uuid) for host in sides):
        yield Guard(change.name, domain, uuid, tuple(sorted(change.possible_servers)), may_run)


def _may_run(kind: Kind, server: str, change: HostChange) -> set[str]:
    """Return the new server, where a repeated run may find it; before it has migrated, the old ones too."""
    places = {change.new_server} if change.new_server else set()
    if (
        kind == "copy"
        or (kind == "migrate" and change.mode == "live")
        or (kind == "volumes" and not change.stops)
    ):
        places |= {server, change.old_server or server, change.via or server}
    return places
