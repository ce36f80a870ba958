"""A user's mistake is a value: code, message, place, hint. Rendering it happens elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from mlnc.compiler.diagnostic_codes import CODES
from mlnc.compiler.source import Origin, Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``origin`` is None only where no line of a source is at fault (a missing file, say)."""

    code: str
    message: str
    origin: Origin | None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    projects: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """What the table of codes says of it."""
        return CODES[self.code].severity

    @property
    def key(self) -> tuple[str, int, int, str, str]:
        """Source order first; the same finding from several projects has one key."""
        path, start, end = self.origin.key if self.origin else ("", 0, 0)
        return path, start, end, self.code, self.message


class Report:
    """Collects the diagnostics of a run; one finding made for many projects is kept once, with their names."""

    def __init__(self, silenced: Iterable[str] = (), strict: bool = False) -> None:
        self._found: dict[tuple[str, int, int, str, str], Diagnostic] = {}
        self._silenced = frozenset(silenced)
        self._strict = strict

    def add(self, diagnostic: Diagnostic, project: str | None = None) -> None:
        """Take *diagnostic*; *project* is the one it was found in."""
        if diagnostic.severity == "warning" and diagnostic.code in self._silenced:
            return
        known = self._found.get(diagnostic.key, diagnostic)
        names = known.projects
        if project is not None and project not in names:
            names = (*names, project)
        self._found[diagnostic.key] = replace(known, projects=names)

    def extend(self, diagnostics: Iterable[Diagnostic], project: str | None = None) -> None:
        """Take several."""
        for diagnostic in diagnostics:
            self.add(diagnostic, project)

    def severity(self, diagnostic: Diagnostic) -> Severity:
        """Its severity in this run: ``-W error`` makes warnings errors."""
        return "error" if self._strict else diagnostic.severity

    @property
    def failed(self) -> bool:
        """Whether anything found stops the build."""
        return any(self.severity(found) == "error" for found in self._found.values())

    def sorted(self) -> list[Diagnostic]:
        """Everything found, in source order."""
        return [self._found[key] for key in sorted(self._found)]

    def count(self, severity: Severity) -> int:
        """How many findings have *severity* in this run."""
        return sum(self.severity(found) == severity for found in self._found.values())
