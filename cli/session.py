"""A run of the command: its report, its progress on a terminal, and how it ends."""

import sys
import time
from pathlib import Path

import click

from mlnc.cli.build import Built
from mlnc.cli.masking import Masking
from mlnc.cli.printing import as_json, as_text
from mlnc.compiler.codes import CODES
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.front import Compiled, Front

_PATIENCE_SECONDS = 0.7
"""A run that ends sooner shows no progress."""


class Session:
    """Options of the command line turned into a front end, and findings turned into output and an exit code."""

    def __init__(self, warnings: tuple[str, ...], form: str) -> None:
        silenced = {_silenced(each) for each in warnings if each != "error"}
        self.form = form
        self.begun = time.monotonic()
        self.shown = False
        self.front = Front(Report(silenced, strict="error" in warnings), self.progress)

    def progress(self, what: str, done: int, of: int) -> None:
        """One line that renews itself, on a terminal only and once a run takes long."""
        if not sys.stderr.isatty() or time.monotonic() - self.begun < _PATIENCE_SECONDS:
            return
        filled = 30 * done // of
        click.echo(f"\r{what:8} [{'#' * filled}{'.' * (30 - filled)}] {done}/{of} ", nl=False, err=True)
        self.shown = True

    def finish(self, summary: str | None = None) -> None:
        """Print the findings and *summary*; end the program with 1 where anything was wrong."""
        if self.shown:
            click.echo("\r\033[K", nl=False, err=True)
        report = self.front.report
        masking = Masking(self.front.literals)
        if self.form == "json":
            click.echo(as_json(report, masking), nl=False)
        else:
            click.echo(as_text(report, masking), nl=False, err=True)
        if report.failed:
            click.echo(_counted(report), err=True)
            raise SystemExit(1)
        if summary:
            click.echo(summary, err=self.form == "json")

    def summary(self, built: Built, out: Path) -> str:
        """What a build did, in one line."""
        written = built.written
        counts = f"{len(written.made)} made, {len(written.changed)} changed, {len(written.removed)} removed"
        seconds = time.monotonic() - self.begun
        return (
            f"{_course(built.compiled)} in {out}: {counts}, {written.unchanged} unchanged ({seconds:.1f} s)"
        )

    def checked(self, compiled: Compiled) -> str:
        """What a check looked at, in one line."""
        return f"{_course(compiled)}: nothing stops a build"


def _course(compiled: Compiled) -> str:
    hosts = [host for each in compiled.lowered.values() for host in each.project.hosts.values()]
    servers = {host.service_host for host in hosts}
    return f"{_many(len(compiled.lowered), 'project')}, {_many(len(hosts), 'host')} on {_many(len(servers), 'server')}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _counted(report: Report) -> str:
    errors, warnings = report.count("error"), report.count("warning")
    said = [_many(number, what) for number, what in ((errors, "error"), (warnings, "warning")) if number]
    return f"{' and '.join(said)}; nothing was written"


def _silenced(option: str) -> str:
    code = option.removeprefix("no-")
    if not option.startswith("no-") or code not in CODES or CODES[code].severity != "warning":
        names = ", ".join(sorted(code for code, about in CODES.items() if about.severity == "warning"))
        raise click.UsageError(f"-W takes error or no-CODE, CODE one of: {names}")
    return code
