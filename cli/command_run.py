"""One run of a command: report, progress on a terminal, exit code."""

import shutil
import sys
import time
from functools import cached_property
from pathlib import Path

import click

from mlnc.cli.build import Built
from mlnc.cli.excerpt import WIDTH
from mlnc.cli.masking import Masking
from mlnc.cli.plan_summary import summarize
from mlnc.cli.printing import as_json, as_text
from mlnc.cli.secret_spans import literals, secret_places
from mlnc.compiler.diagnostic_codes import CODES
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Compiled, Front
from mlnc.compiler.suggestion import suggest
from mlnc.ir.quantity import counted

_PROGRESS_DELAY_SECONDS = 0.7
"""A shorter run shows no progress."""


class CommandRun:
    """Front end made from the command line options; prints findings and sets the exit code.

    If the command *has_output* of its own on standard output, JSON findings go to standard error. *outcome* is the
    effect of errors, for the last line.
    """

    def __init__(
        self, warnings: tuple[str, ...], form: str, outcome: str | None = None, has_output: bool = False
    ) -> None:
        silenced = {_silenced(each) for each in warnings if each != "error"}
        self.form = form
        self.outcome = outcome
        self.has_output = has_output
        self.begun = time.monotonic()
        self.shown = False
        self.front = Front(Report(silenced, strict="error" in warnings), self.progress)

    def progress(self, label: str, done: int, total: int) -> None:
        """Update the progress line of a long run, on a terminal only."""
        if not sys.stderr.isatty() or time.monotonic() - self.begun < _PROGRESS_DELAY_SECONDS:
            return
        filled = 30 * done // total
        click.echo(f"\r{label:8} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total} ", nl=False, err=True)
        self.shown = True

    def finish(self, summary: str | None = None) -> None:
        """Print the findings and *summary*; exit with 1 if there were errors."""
        if self.shown:
            click.echo("\r\033[K", nl=False, err=True)
        report = self.front.report
        if self.form == "json":
            click.echo(as_json(report, self.masking), nl=False, err=self.has_output)
        elif report.sorted():
            click.echo(as_text(report, self.masking, _width()), nl=False, err=True)
        if report.failed:
            outcome = f"; {self.outcome}" if self.outcome else ""
            click.echo(f"{self.counted}{outcome}", err=True)
            raise SystemExit(1)
        if summary:
            click.echo(", ".join(filter(None, (summary, self.counted))), err=self.form == "json")

    @cached_property
    def masking(self) -> Masking:
        """Masking of the secrets in all sources that were read."""
        front = self.front
        sources = [file.source for file in front.loader.files.values() if file is not None]
        places = secret_places(sources, guarded=not front.expanded)
        return Masking(places, literals(front.expanded))

    @property
    def counted(self) -> str:
        """The numbers of errors and warnings as text."""
        counts = {kind: self.front.report.count(kind) for kind in ("error", "warning")}
        return " and ".join(counted(number, kind) for kind, number in counts.items() if number)

    def summary(self, built: Built, out: Path) -> str:
        """Return the plans, one line for each virtual machine that changes, and one line of file counts."""
        written = built.written
        plans = self.masking.text(summarize(built.planned, built.removed))
        counts = f"{len(written.made)} made, {len(written.changed)} changed, {len(written.removed)} removed"
        seconds = time.monotonic() - self.begun
        done = (
            f"{_course(built.compiled)} in {out}: {counts}, {written.unchanged} unchanged ({seconds:.1f} s)"
        )
        return f"{plans}\n{done}" if plans else done

    def checked(self, compiled: Compiled) -> str:
        """Return one line with the numbers of checked projects, hosts and servers."""
        return f"{_course(compiled)}: no errors"


def _course(compiled: Compiled) -> str:
    hosts = [host for each in compiled.lowered.values() for host in each.project.hosts.values()]
    servers = {host.service_host for host in hosts}
    projects = counted(len(compiled.lowered), "project")
    return f"{projects}, {counted(len(hosts), 'host')} on {counted(len(servers), 'server')}"


def _width() -> int:
    """Return the columns of the terminal on standard error; a fixed number if it is not a terminal."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stderr.isatty() else WIDTH


def _silenced(option: str) -> str:
    code = option.removeprefix("no-")
    if code == option:
        raise click.UsageError("-W takes error, or no-CODE with the code of a warning: no-lone-zero")
    if code not in CODES:
        near = suggest(code, CODES)
        raise click.UsageError(f"unknown warning {code}" + (f"; did you mean no-{near}?" if near else ""))
    if CODES[code].severity == "error":
        raise click.UsageError(f"{code} is an error: it cannot be silenced")
    return code
