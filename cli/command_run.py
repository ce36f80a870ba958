"""A run of the command: its report, its progress on a terminal, and how it ends."""

import shutil
import sys
import time
from functools import cached_property
from pathlib import Path

import click

from mlnc.cli.build import Built
from mlnc.cli.excerpt import WIDTH
from mlnc.cli.masking import Masking
from mlnc.cli.plan_summary import told
from mlnc.cli.printing import as_json, as_text
from mlnc.cli.secret_spans import literals, secret_places
from mlnc.compiler.diagnostic_codes import CODES
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Compiled, Front
from mlnc.compiler.suggestion import suggest

_PATIENCE_SECONDS = 0.7
"""A run that ends sooner shows no progress."""


class CommandRun:
    """Options of the command line turned into a front end, and findings turned into output and an exit code.

    A command that *has_output* of its own leaves standard output to it: findings go elsewhere as JSON too.
    *outcome* is what errors lead to, for the last line.
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
        """What masks the secrets of everything that was read."""
        front = self.front
        sources = [file.source for file in front.loader.files.values() if file is not None]
        places = secret_places(sources, guarded=not front.expanded)
        return Masking(places, literals(front.expanded))

    @property
    def counted(self) -> str:
        """How many errors and warnings were found."""
        counts = {kind: self.front.report.count(kind) for kind in ("error", "warning")}
        return " and ".join(_many(number, kind) for kind, number in counts.items() if number)

    def summary(self, built: Built, out: Path) -> str:
        """What plans the build made, in a line a virtual machine that changes, then what it did, in one line."""
        written = built.written
        plans = self.masking.text(told(built.planned))
        counts = f"{len(written.made)} made, {len(written.changed)} changed, {len(written.removed)} removed"
        seconds = time.monotonic() - self.begun
        done = (
            f"{_course(built.compiled)} in {out}: {counts}, {written.unchanged} unchanged ({seconds:.1f} s)"
        )
        return f"{plans}\n{done}" if plans else done

    def checked(self, compiled: Compiled) -> str:
        """What a check looked at, in one line."""
        return f"{_course(compiled)}: no errors"


def _course(compiled: Compiled) -> str:
    hosts = [host for each in compiled.lowered.values() for host in each.project.hosts.values()]
    servers = {host.service_host for host in hosts}
    return f"{_many(len(compiled.lowered), 'project')}, {_many(len(hosts), 'host')} on {_many(len(servers), 'server')}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _width() -> int:
    """The columns of the terminal that findings go to; a fixed number where they go elsewhere."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stderr.isatty() else WIDTH


def _silenced(option: str) -> str:
    code = option.removeprefix("no-")
    if code == option:
        raise click.UsageError("-W takes error, or no-CODE with the code of a warning: no-lone-zero")
    if code not in CODES:
        near = suggest(code, CODES)
        raise click.UsageError(f"there is no warning {code}" + (f"; did you mean no-{near}?" if near else ""))
    if CODES[code].severity == "error":
        raise click.UsageError(f"{code} is an error: it cannot be silenced")
    return code
