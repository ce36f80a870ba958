"""What a command takes, with all the processes that it leaves behind."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Usage:
    """What one run took: seconds on the clock, and of the CPU."""

    seconds: float
    cpu_seconds: float


def adopt_orphans() -> None:
    """From now on, a process whose parent has ended becomes a child of this one (prctl(2), Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def usage_of(command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]) -> tuple[int, Usage]:
    """The exit status of *command* and what it took; what it leaves running, ssh mostly, is ended and counted too."""
    before = _children()
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    status, cpu = _wait(process.pid)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    for orphan in _children() - before:
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGTERM)
        cpu += _wait(orphan)[1]
    return process.returncode, Usage(seconds, cpu)


def _wait(process: int) -> tuple[int, float]:
    """Wait for a child; its wait status and CPU seconds, those of the children that it has waited for included."""
    _, status, usage = os.wait4(process, 0)
    return status, usage.ru_utime + usage.ru_stime


def _children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(word) for task in tasks for word in task.read_text().split()}
