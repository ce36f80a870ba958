"""Diagnostics: findings in the user's sources as values, with code, message, origin and hint; not rendered here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from mlnc.compiler.diagnostic_codes import CODES
from mlnc.compiler.source import Origin, Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Related:
    """A further span that explains a diagnostic."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``origin`` is None only if no source line is at fault (for example a missing file)."""

    code: str
    message: str
    origin: Origin | None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    projects: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return CODES[self.code].severity

    @property
    def key(self) -> tuple[str, int, int, str, str]:
        """Sort key: span, code, message. The same finding in several projects has one key."""
        path, start, end = self.origin.key if self.origin else ("", 0, 0)
        return path, start, end, self.code, self.message


Notice = Callable[[Diagnostic], None]
"""Receives the diagnostics of a pass."""


class Report:
    """Collects the diagnostics of a run; a finding in several projects is kept once, with their names.

    Warnings whose code is in *silenced* are dropped; *strict* makes the other warnings errors.
    """

    def __init__(self, silenced: Iterable[str] = (), strict: bool = False) -> None:
        self._found: dict[tuple[str, int, int, str, str], Diagnostic] = {}
        self._silenced = frozenset(silenced)
        self._strict = strict

    def add(self, diagnostic: Diagnostic, project: str | None = None) -> None:
        """Add *diagnostic*, found in *project*."""
        if diagnostic.severity == "warning" and diagnostic.code in self._silenced:
            return
        known = self._found.get(diagnostic.key, diagnostic)
        names = known.projects
        if project is not None and project not in names:
            names = (*names, project)
        self._found[diagnostic.key] = replace(known, projects=names)

    def extend(self, diagnostics: Iterable[Diagnostic], project: str | None = None) -> None:
        """Add several diagnostics, found in *project*."""
        for diagnostic in diagnostics:
            self.add(diagnostic, project)

    def severity(self, diagnostic: Diagnostic) -> Severity:
        """The severity of *diagnostic* in this run: ``-W error`` makes warnings errors."""
        return "error" if self._strict else diagnostic.severity

    @property
    def failed(self) -> bool:
        """True if any finding is an error in this run."""
        return any(self.severity(found) == "error" for found in self._found.values())

    def sorted(self) -> list[Diagnostic]:
        """All findings, in source order."""
        return [self._found[key] for key in sorted(self._found)]

    def count(self, severity: Severity) -> int:
        """The number of findings of *severity* in this run."""
        return sum(self.severity(found) == severity for found in self._found.values())
