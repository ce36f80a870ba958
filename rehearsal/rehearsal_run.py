"""A rehearsal from its beginning to what is said of its end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from mlnc.output.output_folder import DEPLOYED
from mlnc.rehearsal.deployed_output import remake
from mlnc.rehearsal.disk_canary import lost_words, write_words
from mlnc.rehearsal.event_log import violations
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.report import difference_lines, table
from mlnc.rehearsal.server_state import differences
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.console.command_output import with_display
from mlnc.runner.deployment import Options
from mlnc.runner.results import Result, exit_status


class Play:
    """The *projects* of *out* (none: all), played in *folder* from what was deployed last."""

    def __init__(self, context: Context, out: Path, folder: Folder, projects: list[str]) -> None:
        self._out = out
        self._folder = folder
        self._projects = projects
        self._again = remake(out, folder.before, projects)
        later = (out,) if self._again else ()
        first = folder.before if self._again else out
        self._stage = Simulation(context, first, folder.path, () if self._again else projects, later)
        self._old = self._stage.course

    def play(self, start: bool) -> list[Result]:
        """Deploy what was deployed, if anything, and then what is built; what came of the last that was begun."""
        servers = f"{len(self._stage.servers)} servers are made in {self._folder.path}"
        if not self._again:
            print(f"{servers}; deploying", flush=True)
            return self._deploy(Options(start))
        print(f"{servers}; deploying what out/{DEPLOYED} says they have", flush=True)
        results = self._deploy(Options(start))
        if exit_status(results):
            return results
        write_words(self._folder, self._old)
        self._stage.take(self._out, self._projects)
        losses = self._stage.losses()
        consent = f", with the consent to lose the data of {', '.join(sorted(losses))}" if losses else ""
        print(f"deploying what is built{consent}", flush=True)
        return self._deploy(Options(start, lossy=losses))

    def report(self, start: bool) -> bool:
        """Print what there is; whether anything is wrong."""
        stage = self._stage
        wanted, found = stage.facts(start)
        differing = differences(wanted, found)
        wrong = violations(self._folder)
        if self._again:
            wrong += lost_words(self._folder, self._old, stage.course, stage.losses())
        print("\n".join([*table(wanted, found, stage.servers), *wrong, *difference_lines(differing)]))
        return bool(differing or wrong)

    def _deploy(self, options: Options) -> list[Result]:
        return with_display(False, lambda display: self._stage.deploy(options, display))


@contextmanager
def stage_folder(keep: str) -> Iterator[Path]:
    """The folder *keep*, new, or a temporary one that goes afterwards."""
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
        raise Exit(f"mlnc: {keep} is there already; name a new folder, or remove it", code=1) from None
    yield Path(keep)
