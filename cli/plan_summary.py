"""Source positions of the differences in plans, and the summary of plans that a build prints."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlnc.compiler.source import Source
from mlnc.compiler.source_map import Origins
from mlnc.output.plan_model import HostPlan
from mlnc.schemas.yaml_text import YamlError, load
from mlnc.upgrade.diff.deployed_state import DeployedProject
from mlnc.upgrade.diff.host_change import Locate
from mlnc.upgrade.diff.host_diff import Difference
from mlnc.upgrade.planner import Planned

Named = Callable[[Source], str]
"""Function from a source to its path relative to ``out/``."""


@dataclass(frozen=True, slots=True)
class DifferenceSpans:
    """Source positions of differences: from the source map, or from the earlier plan of a project not compiled now."""

    out: Path
    origins: Mapping[str, Origins]
    named: Named

    def of(self, project: str) -> Locate:
        """Return the function that finds the source position of a difference of *project*."""
        origins = self.origins.get(project)
        if origins is None:
            return lambda host, difference: _planned_places(self.out, project).get((host, difference.path))
        return lambda host, difference: _written(origins, f"hosts/{host}", difference, self.named)


def _written(origins: Origins, host: str, difference: Difference, named: Named) -> str | None:
    """Return the position of *difference* or of the nearest enclosing item of the host; None for defaults."""
    path = f"{host}/{difference.place}" if difference.place else host
    while path != host:
        if path in origins.places:
            return _place(origins.places[path].span.source, origins.places[path].span.start, named)
        path = path.rpartition("/")[0]
    return None


def _place(source: Source, start: int, named: Named) -> str:
    line, column = source.position(start)
    return f"{named(source)}:{line}:{column}"


@cache
def _planned_places(out: Path, project: str) -> dict[tuple[str, str], str | None]:
    """Return the positions in the plan of an earlier build; empty if there is none."""
    try:
        plan = load((out / f"plan/{project}/plan.yaml").read_text(encoding="utf-8"))
        assert isinstance(plan, dict)
        return {
            (host, change["path"]): change["at"]
            for host, facts in plan["hosts"].items()
            for change in facts["changes"]
        }
    except (OSError, UnicodeDecodeError, YamlError, AssertionError, KeyError, TypeError):
        return {}


# --- summary ---------------------------------------------------------------------------------------------------------


def summarize(planned: Mapping[str, Planned], removed: Mapping[str, DeployedProject]) -> str:
    """Return a line for each virtual machine that changes and each *removed* project, then counts.

    New projects are only counted.
    """
    lines = [line for each in planned.values() for line in _lines(each)]
    return "\n".join([*lines, *map(_removed_line, removed.values()), *_counts(planned)])


def _removed_line(project: DeployedProject) -> str:
    """Line of a deployed project that the sources no longer have. It stays deployed until somebody removes it."""
    name = project.project
    return (
        f"! {name}  deployed on {', '.join(sorted(project.irs))}, no longer in the sources; stays there."
        f" Restore its source, or delete it with its data: invoke remove --project {name}"
    )


def _lines(planned: Planned) -> Iterator[str]:
    plan = planned.plan
    first = all(facts.action == "create" for facts in plan.hosts.values())
    for facts in plan.hosts.values():
        if facts.action != "keep" and not first:
            yield facts.line
    for name, line in plan.switches.items():
        if not first:
            yield f"{line[0]} {plan.project}/switch {name} {line[1:]}"
    for note in plan.notes:
        yield f"  {plan.project}: {note}"


def _counts(planned: Mapping[str, Planned]) -> Iterator[str]:
    hosts = [facts for each in planned.values() for facts in each.plan.hosts.values()]
    counted = Counter(_word(facts) for facts in hosts)
    parts = [f"{number} {word}" for word, number in sorted(counted.items()) if word != "keep"]
    lost = sum(facts.data_loss for facts in hosts)
    parts += [f"{lost} with DATA LOSS"] if lost else []
    if parts:
        kept = [_kept(counted["keep"])] if counted["keep"] else []
        yield f"plan: {', '.join([*parts, *kept])}"


def _kept(number: int) -> str:
    return "1 stays as it is" if number == 1 else f"{number} stay as they are"


def _word(facts: HostPlan) -> str:
    return f"migrate {facts.way}" if facts.action == "migrate" else facts.action
