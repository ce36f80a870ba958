"""Simulated servers of one rehearsal: the folder, the course, and deployments by the real runner."""

import shutil
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from mlnc.ir.model import IR_VERSION, Course, ServiceHost, Site
from mlnc.output.errors import Refused
from mlnc.output.output_folder import DEPLOYED, LOG
from mlnc.output.secret_names import secret_names
from mlnc.rehearsal.deployed_output import rebase
from mlnc.rehearsal.expected_state import expected
from mlnc.rehearsal.folder_transport import FolderTransport
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
"""Number of servers to work on in parallel."""


class Simulation:
    """Rehearsed servers in the empty folder *path*, for *projects* (none: all) of the output folder *out*.

    *later* are output folders of later versions of the course: the servers are set up so that these can be deployed,
    too. Raises Refused if *out* was modified after the build, or lacks one of the projects.
    """

    def __init__(
        self,
        out: Path,
        path: Path,
        projects: Iterable[str] = (),
        later: Iterable[Path] = (),
    ) -> None:
        self.folder = Folder(path.resolve())
        self._projects = tuple(projects)
        self.course, *ahead = [self._read(each) for each in (out, *later)]
        shutil.copytree(out, self.out, ignore=shutil.ignore_patterns(DEPLOYED, LOG))
        prepare(self.folder, self.course, *ahead)

    @property
    def out(self) -> Path:
        """Output folder to deploy. To rehearse an upgrade, build into it and call :meth:`reload`."""
        return self.folder.path / "out"

    @property
    def servers(self) -> list[str]:
        """Servers that have hosts or switches of the projects."""
        found: set[str] = set()
        for project in self.course.projects.values():
            found.update(host.service_host for host in project.hosts.values())
            found.update(server for switch in project.switches.values() for server in switch.service_hosts)
        return sorted(found)

    def reload(self) -> None:
        """Use the current content of :attr:`out`. Raises Refused if it was modified after the build."""
        self.course = self._read(self.out)

    def switch_to(self, out: Path, projects: Iterable[str] = ()) -> None:
        """Use the *projects* (none: all) of *out*; its plans start from the generations on the rehearsed servers.

        Raises Refused if *out* was modified after the build, or lacks one of the projects.
        """
        self._projects = tuple(projects)
        self.course = self._read(out)
        for each in self.out.iterdir():
            if each.name != DEPLOYED:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        shutil.copytree(out, self.out, ignore=shutil.ignore_patterns(DEPLOYED, LOG), dirs_exist_ok=True)
        rebase(self.out, out)

    def losses(self) -> frozenset[str]:
        """Hosts whose data the plans destroy, as PROJECT/HOST."""
        with closing(self.run()) as run:
            plans = [plan for name in run.manifest.projects if (plan := run.plan(name)) is not None]
        return frozenset(
            f"{plan.project}/{host}" for plan in plans for step in plan.steps for host in step.data_loss
        )

    def deploy(self, options: Options, display: Display) -> list[Result]:
        """Deploy with the runner; secrets have placeholder values, and the records stay in the rehearsal folder."""
        with closing(self.run()) as run:
            plan = make_plan(run, select(run, self._projects), options, _PARALLEL)
            return deploy(run, plan, options, display, _PARALLEL)

    def facts(self, started: bool) -> tuple[Facts, Facts]:
        """Expected facts, with domains *started* or not, and observed facts with additional items."""
        wanted = expected(self.course, started)
        return wanted, restricted(observed(self.folder, self.course), wanted)

    def run(self) -> RunContext:
        """Run context of the runner, connected to the rehearsed servers; the caller closes it."""
        return self._run(self.out)

    def _run(self, out: Path) -> RunContext:
        run = RunContext(Connections(out, self._transport), "rehearse")
        projects = [run.project(name) for name in run.manifest.projects]
        names = {name for each in projects for server in run.site for name in secret_names(each, server)}
        run.secrets = Secrets({name: placeholder_secret(name) for name in names})
        self._site = run.site
        return run

    def _read(self, out: Path) -> Course:
        """Course of the chosen projects of *out*. Raises Refused if *out* was modified after the build."""
        found = objections(out, load_output(out), reviewed=False)
        if found:
            raise Refused("\n      ".join(found))
        with closing(self._run(out)) as run:
            select(run, self._projects)
            chosen = self._projects or sorted(run.manifest.projects)
            named = {name: run.project(name) for name in sorted(chosen) if name in run.manifest.projects}
            return Course(Site(IR_VERSION, run.site), named)

    def _transport(self, server: ServiceHost, _: Path) -> Transport:
        name = next(name for name, facts in self._site.items() if facts is server)
        return FolderTransport(self.folder, name)


def placeholder_secret(secret: str) -> str:
    """Value for the secret of that name: eight characters, the limit of VNC passwords."""
    return sha256(f"rehearsed {secret}".encode()).hexdigest()[:8]
