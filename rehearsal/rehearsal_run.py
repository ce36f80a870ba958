"""One rehearsal: deploy the old state, deploy the build, and report the differences."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.exceptions import Exit

from mlnc.output.output_folder import DEPLOYED
from mlnc.rehearsal.deployed_output import regenerate
from mlnc.rehearsal.disk_canary import lost_canaries, write_canaries
from mlnc.rehearsal.event_log import violations
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.report import difference_lines, table
from mlnc.rehearsal.server_state import differences
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.console.command_output import with_display
from mlnc.runner.deployment import Options
from mlnc.runner.results import Result, exit_status


class RehearsalRun:
    """Rehearsal of the *projects* of *out* (none: all) in *folder*, starting from the deployed records."""

    def __init__(self, out: Path, folder: Folder, projects: list[str]) -> None:
        self._out = out
        self._folder = folder
        self._projects = projects
        self._is_upgrade = regenerate(out, folder.before, projects)
        later = (out,) if self._is_upgrade else ()
        first = folder.before if self._is_upgrade else out
        self._simulation = Simulation(first, folder.path, () if self._is_upgrade else projects, later)
        self._old = self._simulation.course

    def run(self, start: bool) -> list[Result]:
        """Deploy the recorded state, if any, then the build; returns the results of the last deployment started."""
        servers = f"{len(self._simulation.servers)} servers created in {self._folder.path}"
        if not self._is_upgrade:
            print(f"{servers}; deploying the build", flush=True)
            return self._deploy(Options(start))
        print(f"{servers}; deploying the state recorded in out/{DEPLOYED}", flush=True)
        results = self._deploy(Options(start))
        if exit_status(results):
            return results
        write_canaries(self._folder, self._old)
        self._simulation.switch_to(self._out, self._projects)
        losses = self._simulation.losses()
        consent = f", with consent to destroy the data of {', '.join(sorted(losses))}" if losses else ""
        print(f"deploying the build{consent}", flush=True)
        return self._deploy(Options(start, lossy=losses))

    def report(self, start: bool) -> bool:
        """Print the state of the servers, violations and differences; returns True if there are any."""
        simulation = self._simulation
        wanted, found = simulation.facts(start)
        differing = differences(wanted, found)
        failures = violations(self._folder)
        if self._is_upgrade:
            failures += lost_canaries(self._folder, self._old, simulation.course, simulation.losses())
        print("\n".join([*table(wanted, found, simulation.servers), *failures, *difference_lines(differing)]))
        return bool(differing or failures)

    def _deploy(self, options: Options) -> list[Result]:
        return with_display(False, lambda display: self._simulation.deploy(options, display))


@contextmanager
def rehearsal_folder(keep: str) -> Iterator[Path]:
    """Yield the new folder *keep*, or a temporary one that is removed afterwards. Raises Exit if *keep* exists."""
    if not keep:
        folder = Path(tempfile.mkdtemp(prefix="mlnc-rehearsal-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
        return
    try:
        Path(keep).mkdir(parents=True)
    except FileExistsError:
        raise Exit(f"mlnc: {keep} exists already; name a new folder, or remove it", code=1) from None
    yield Path(keep)
