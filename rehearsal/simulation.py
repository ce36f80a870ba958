"""One rehearsal: its folder, the course that is played, and the runner's own deployment of it."""

import shutil
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from invoke.context import Context

from mlnc.ir.model import Course, ServiceHost, Site
from mlnc.output.errors import Refused
from mlnc.output.output_folder import DEPLOYED, LOG
from mlnc.output.secret_names import secret_names
from mlnc.rehearsal.deployed_output import rebase
from mlnc.rehearsal.expected_state import expected
from mlnc.rehearsal.folder_transport import Rehearsal
from mlnc.rehearsal.host_setup import prepare
from mlnc.rehearsal.observed_state import observed
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.server_state import Facts, restricted
from mlnc.runner.connect.connections import Connections
from mlnc.runner.connect.transport import Transport
from mlnc.runner.deploy.deploy_run import deploy
from mlnc.runner.deploy.deployment_plan import make_plan
from mlnc.runner.deployment import Options
from mlnc.runner.results import Display, Result
from mlnc.runner.review import load_output, objections
from mlnc.runner.run_context import RunContext
from mlnc.runner.secret_values import Secrets
from mlnc.runner.selection import select

_PARALLEL = 8
"""So many servers are worked on at once."""


class Simulation:
    """What is rehearsed: the projects of *out* named in *projects* (none: all), in the empty folder *path*.

    *later* are output folders of the same course as it becomes: the servers are made so that they can be played, too.
    Raises Refused where *out* is not what was built, or has no such project.
    """

    def __init__(
        self,
        context: Context,
        out: Path,
        path: Path,
        projects: Iterable[str] = (),
        later: Iterable[Path] = (),
    ) -> None:
        self.folder = Folder(path.resolve())
        self._context = context
        self._projects = tuple(projects)
        self.course, *ahead = [self._read(each) for each in (out, *later)]
        shutil.copytree(out, self.out, ignore=shutil.ignore_patterns(DEPLOYED, LOG))
        prepare(self.folder, self.course, *ahead)

    @property
    def out(self) -> Path:
        """The output folder that is played. To play an upgrade, build into it and call :meth:`turn`."""
        return self.folder.path / "out"

    @property
    def servers(self) -> list[str]:
        """The servers that have any of the projects."""
        found: set[str] = set()
        for project in self.course.projects.values():
            found.update(host.service_host for host in project.hosts.values())
            found.update(server for switch in project.switches.values() for server in switch.service_hosts)
        return sorted(found)

    def turn(self) -> None:
        """From now on what is in :attr:`out` by now is played. Raises Refused where that is not what was built."""
        self.course = self._read(self.out)

    def take(self, out: Path, projects: Iterable[str] = ()) -> None:
        """From now on the *projects* (none: all) of *out* are played. Its plans begin with what the servers have here.

        Raises Refused where *out* is not what was built, or has no such project.
        """
        self._projects = tuple(projects)
        self.course = self._read(out)
        for each in self.out.iterdir():
            if each.name != DEPLOYED:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        shutil.copytree(out, self.out, ignore=shutil.ignore_patterns(DEPLOYED, LOG), dirs_exist_ok=True)
        rebase(self.out, out)

    def losses(self) -> frozenset[str]:
        """The hosts whose data the plans destroy, as PROJECT/HOST."""
        with closing(self.run()) as run:
            plans = [plan for name in run.manifest.projects if (plan := run.plan(name)) is not None]
        return frozenset(
            f"{plan.project}/{host}" for plan in plans for step in plan.steps for host in step.data_loss
        )

    def deploy(self, options: Options, display: Display) -> list[Result]:
        """Deploy as the runner does; the secrets have made-up values, and the records stay in the folder."""
        with closing(self.run()) as run:
            plan = make_plan(run, select(run, self._projects), options, _PARALLEL)
            return deploy(run, plan, options, display, _PARALLEL)

    def facts(self, started: bool) -> tuple[Facts, Facts]:
        """What the IR wants, its domains *started* or not, and what the servers have of that and beyond it."""
        wanted = expected(self.course, started)
        return wanted, restricted(observed(self.folder, self.course), wanted)

    def run(self) -> RunContext:
        """The runner's desk, whose servers are rehearsed; to be closed."""
        return self._run(self.out)

    def _run(self, out: Path) -> RunContext:
        run = RunContext(Connections(self._context, out, self._way), "rehearse")
        projects = [run.project(name) for name in run.manifest.projects]
        names = {name for each in projects for server in run.site for name in secret_names(each, server)}
        run.secrets = Secrets({name: made_up(name) for name in names})
        self._site = run.site
        return run

    def _read(self, out: Path) -> Course:
        """The projects of *out* that are played. Raises Refused where it is not what was built."""
        found = objections(out, load_output(out), reviewed=False)
        if found:
            raise Refused("\n      ".join(found))
        with closing(self._run(out)) as run:
            select(run, self._projects)
            chosen = self._projects or sorted(run.manifest.projects)
            named = {name: run.project(name) for name in sorted(chosen) if name in run.manifest.projects}
            return Course(Site(ir_version=1, service_hosts=run.site), named)

    def _way(self, context: Context, server: ServiceHost, private: Path, _: str) -> Transport:
        name = next(name for name, facts in self._site.items() if facts is server)
        return Rehearsal(context, self.folder, name, private)


def made_up(secret: str) -> str:
    """A value for the secret of that name; it fits everywhere, a VNC password being the shortest."""
    return sha256(f"rehearsed {secret}".encode()).hexdigest()[:8]
