"""How long a cold build takes, against copying what it writes: ``python -m bench.build [--groups N ...]``.

For each size (60 and 600 groups of two hosts, unless others are named) it writes a course into a temporary folder and
then, by turns and several times, builds it in a fresh process into an empty folder and copies the result with
``cp -r``. One run prints the best and the median of both in seconds and their ratio, which says more of mlnc
than seconds do: both sides meet the same disk and the same load. Then it prints the phases of one more
build, run in one process of its own: importing mlnc, its passes, and ``rest``, which is mostly the text of the IR.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.course import write_course

ROOT = Path(__file__).parent.parent
PASSES = ("load", "expand", "resolve", "check", "lower", "link")


def timed(action: Callable[[], object]) -> float:
    """The seconds that *action* takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def build(course: Path, out: Path) -> None:
    """Build *course* as a person does, in a new process."""
    command = [sys.executable, "-m", "mlnc", "build", str(course), "-o", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def copy(source: Path, target: Path) -> None:
    """Copy a folder as a person does."""
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)


def ratios(folder: Path, runs: int) -> str:
    """The table of a cold build of ``folder/course`` against the copy of its output, over *runs* turns."""
    out, twin = folder / "out", folder / "twin"
    builds: list[float] = []
    copies: list[float] = []
    for _ in range(runs):
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(twin, ignore_errors=True)
        builds.append(timed(lambda: build(folder / "course", out)))
        copies.append(timed(lambda: copy(out, twin)))
    rows = [(name, choose(builds), choose(copies)) for name, choose in (("best", min), ("median", median))]
    lines = [
        f"  {name:8} build {made:7.3f} s   cp -r {took:7.3f} s   ratio {made / took:6.1f}"
        for name, made, took in rows
    ]
    return "\n".join(lines)


class Clock:
    """Adds up the seconds of named phases."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def measured(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """*function*, with its time added to phase *name*."""

        def call(*args: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

        return call


def phases(course: Path, out: Path) -> dict[str, float]:
    """The seconds of each phase of a build in this process, which must not have imported mlnc before."""
    clock = Clock()
    begun = time.perf_counter()
    clock.measured("import", _import)()
    building, front = _import()
    for name in PASSES:
        setattr(front, name, clock.measured(name, getattr(front, name)))
    for name, function in (("emit", "emit_all"), ("write", "write")):
        setattr(building, function, clock.measured(name, getattr(building, function)))
    if building.build(front, [course], None, out) is None:
        raise SystemExit("the course does not compile")
    total = time.perf_counter() - begun
    return {**clock.seconds, "rest": total - sum(clock.seconds.values()), "total": total}


def _import() -> tuple[Any, Any]:
    """The module that drives a build, and a front end for it."""
    from mlnc.cli import build as building
    from mlnc.compiler.diagnostics import Report
    from mlnc.compiler.pipeline import Front

    return building, Front(Report())


def measure(groups: int, runs: int) -> None:
    """Print everything about a course of *groups* groups."""
    with tempfile.TemporaryDirectory(prefix="mlnc-bench-") as name:
        folder = Path(name)
        write_course(folder / "course", groups)
        print(f"{groups} groups, {2 * groups} hosts, {runs} runs")
        print(ratios(folder, runs))
        files = [path for path in (folder / "out").rglob("*") if path.is_file()]
        print(f"  {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB", flush=True)
        command = [
            sys.executable,
            "-m",
            "bench.build",
            "--phases",
            str(folder / "course"),
            str(folder / "phases"),
        ]
        subprocess.run(command, check=True, cwd=ROOT)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure cold builds against cp -r of their output.")
    parser.add_argument("--groups", type=int, nargs="+", default=[60, 600], help="sizes of the courses")
    parser.add_argument("--runs", type=int, default=5, help="how often each side is measured")
    parser.add_argument("--phases", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phases:
        found = phases(*options.phases)
        print("  phases: " + "  ".join(f"{name} {seconds:.3f}" for name, seconds in found.items()))
        return
    for groups in options.groups:
        measure(groups, options.runs)


if __name__ == "__main__":
    main()
