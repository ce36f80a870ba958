"""What a person sees while a run goes on: a live table on a terminal, plain lines elsewhere, nothing for machines."""

import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TextIO

from mlnc.runner.results import FAILURES, Display, Result

_RED, _PLAIN = "\033[31m", "\033[0m"
_BAR = 20


def display(machine: bool, stream: TextIO | None = None) -> Display:
    """The display that fits: *machine* is true where the output is JSON."""
    stream = sys.stdout if stream is None else stream
    if machine:
        return Silent()
    return Table(stream) if stream.isatty() else LineDisplay(stream)


class Silent:
    """Shows nothing."""

    def expect(self, server: str, projects: int) -> None:
        """Nothing is shown."""

    def step(self, server: str, project: str, step: str) -> None:
        """Nothing is shown."""

    def done(self, result: Result) -> None:
        """Nothing is shown."""

    def say(self, text: str) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        """Nothing is shown."""


class LineDisplay(Silent):
    """A line for each project that something was done with, and the last lines of what failed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def done(self, result: Result) -> None:
        """Print what came of a project, unless it is as it was."""
        if result.outcome != "unchanged":
            self.say("\n".join(lines(result)))

    def say(self, text: str) -> None:
        """Print *text*."""
        with self._lock:
            print(text, file=self._stream, flush=True)


def lines(result: Result) -> list[str]:
    """*result* for people: where, what, how long; why, and the last output, where it failed."""
    seconds = f" ({result.seconds:.1f} s)" if result.seconds >= 0.05 else ""
    message = f": {result.message}" if result.message else ""
    shown = result.output if result.outcome == "failed" else ()
    return [
        f"{' '.join(filter(None, (result.server, result.project, result.step, result.outcome)))}{seconds}{message}",
        *(f"    {line}" for line in shown),
    ]


@dataclass(slots=True)
class _Row:
    """One server in the table."""

    expected: int = 0
    done: int = 0
    failed: int = 0
    doing: str = ""
    begun: float = field(default_factory=time.monotonic)


class Table(LineDisplay):
    """A line a server that renews itself; what fails is printed above it and stays."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._rows: dict[str, _Row] = {}
        self._shown = 0
        self._ended = threading.Event()
        threading.Thread(target=self._tick, daemon=True).start()

    def expect(self, server: str, projects: int) -> None:
        """A server comes into the table."""
        self._rows.setdefault(server, _Row()).expected += projects

    def step(self, server: str, project: str, step: str) -> None:
        """A step has begun."""
        row = self._rows.setdefault(server, _Row())
        row.doing, row.begun = f"{project}: {step}", time.monotonic()

    def done(self, result: Result) -> None:
        """Count a project; print it above the table where it failed or has something to say."""
        row = self._rows.setdefault(result.server, _Row())
        row.done += 1
        row.doing = ""
        if result.outcome in FAILURES:
            row.failed += 1
            self.say(_RED + "\n".join(lines(result)) + _PLAIN)
        elif result.message:
            self.say("\n".join(lines(result)))

    def say(self, text: str) -> None:
        """Print *text* above the table."""
        with self._lock:
            self._wipe()
            print(text, file=self._stream)
            self._draw()

    def close(self) -> None:
        """Leave the table as it is now."""
        self._ended.set()
        with self._lock:
            self._wipe()
            self._draw()
            self._shown = 0

    def _tick(self) -> None:
        while not self._ended.wait(0.2):
            with self._lock:
                self._wipe()
                self._draw()

    def _wipe(self) -> None:
        if self._shown:
            self._stream.write(f"\033[{self._shown}A\033[J")

    def _draw(self) -> None:
        width, height = shutil.get_terminal_size()
        rows = list(self._rows.items())[: max(1, height - 2)]
        names = max((len(server) for server, _ in rows), default=0)
        for server, row in rows:
            filled = _BAR * row.done // row.expected if row.expected else 0
            bar = "#" * filled + "." * (_BAR - filled)
            failed = f" {row.failed} failed" if row.failed else ""
            doing = f" {row.doing} {time.monotonic() - row.begun:.0f} s" if row.doing else ""
            text = f"{server:{names}} [{bar}] {row.done}/{row.expected}{failed}{doing}"[: width - 1]
            print(f"{_RED if row.failed else ''}{text}{_PLAIN if row.failed else ''}", file=self._stream)
        self._shown = len(rows)
        self._stream.flush()
