"""Plans in a build: the old side beside the new one, places in the sources, and what people read of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlnc.compiler.source import Source
from mlnc.compiler.source_map import Origins
from mlnc.output.plan_model import HostPlan
from mlnc.schemas.yaml_text import YamlError, load
from mlnc.upgrade.diff.host_change import Locate
from mlnc.upgrade.diff.host_diff import Difference
from mlnc.upgrade.planner import Planned

Named = Callable[[Source], str]
"""What a source is called as seen from ``out/``."""


@dataclass(frozen=True, slots=True)
class DifferenceSpans:
    """Where the differences of each project were written: compiled now, or planned by the build that compiled it."""

    out: Path
    origins: Mapping[str, Origins]
    named: Named

    def of(self, project: str) -> Locate:
        """What locates the differences of *project*."""
        origins = self.origins.get(project)
        if origins is None:
            return lambda host, difference: _planned_places(self.out, project).get((host, difference.path))
        return lambda host, difference: _written(origins, f"hosts/{host}", difference, self.named)


def _written(origins: Origins, host: str, difference: Difference, named: Named) -> str | None:
    """The place of *difference*, or of what is around it inside the host; None for what nobody wrote."""
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
    """The places in the plan that an earlier build left; none where there is no such plan."""
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


# --- what is printed -------------------------------------------------------------------------------------------------


def told(planned: Mapping[str, Planned]) -> str:
    """The plans for people: a line a virtual machine that changes, then counts. Whole new projects are only counted."""
    lines = [line for each in planned.values() for line in _lines(each)]
    return "\n".join([*lines, *_counts(planned)])


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
