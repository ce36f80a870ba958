"""The desk: what one run of the runner works with, and how it works on several servers at once."""

import getpass
import os
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from mlnc.ir.ir_yaml import InvalidIr, load_project
from mlnc.ir.model import Project
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import Bundle, bundles
from mlnc.output.deployed_record import DeployedRecord, read_records, write_record
from mlnc.output.errors import Refused
from mlnc.output.plan_model import UpgradePlan
from mlnc.output.plan_store import load_plan
from mlnc.runner.connect.connections import Connections
from mlnc.runner.connect.protocol import Answer, Heard, ignore
from mlnc.runner.review import load_output
from mlnc.runner.run_log import Transcript, now
from mlnc.runner.secret_values import Secrets, load

T = TypeVar("T")


class RunContext:
    """One run: the output folder and what is known of it, the *lines* to the servers, the transcript.

    *stopping* is set when the user wants an end: what has begun is finished, nothing more is begun.
    """

    def __init__(self, lines: Connections, command: str) -> None:
        self.out = lines.out
        self.command = command
        self.lines = lines
        self.site = lines.site
        self.manifest = load_output(self.out)
        self.bundles = bundles(self.out, self.manifest)
        self.records = read_records(self.out)
        self.stopping = threading.Event()
        self.by = f"{getpass.getuser()}@{socket.gethostname()}".replace(" ", "-")
        self._lock = threading.Lock()
        self._projects: dict[str, Project] = {}
        self._plans: dict[str, UpgradePlan | None] = {}

    # --- what is known here ------------------------------------------------------------------------------------

    def project(self, name: str) -> Project:
        """The IR of a project of the output folder. Raises Refused where it cannot be read."""
        if name not in self._projects:
            try:
                self._projects[name] = load_project(self.ir_text(name))
            except (OSError, InvalidIr) as error:
                raise Refused(f"the IR of {name} cannot be read: {error}. Build again") from None
        return self._projects[name]

    def plan(self, name: str) -> UpgradePlan | None:
        """The plan of a project; None where the build made none. Raises Refused for one that is damaged."""
        if name not in self._plans:
            self._plans[name] = load_plan(self.out, self.manifest, name)
        return self._plans[name]

    def ir_text(self, name: str) -> str:
        """The text of the IR of a project. Raises OSError."""
        return (self.out / "ir" / f"{name}.yaml").read_text(encoding="utf-8")

    @cached_property
    def stores(self) -> list[Path]:
        """The secrets files by convention: beside the sources of the projects."""
        sources = self.manifest.projects.values()
        folders = {Path(os.path.normpath(self.out.resolve() / source)).parent for source in sources}
        return [folder / "secrets.yaml" for folder in sorted(folders)]

    @cached_property
    def secrets(self) -> Secrets:
        """Every secret there is. Raises Refused where a file of them cannot be used."""
        return load(self.out, self.stores)

    @cached_property
    def transcript(self) -> Transcript:
        """The transcript of this run, begun when first asked for."""
        return Transcript(self.out, self.command, self.secrets.masked)

    def recorded(self, project: str, server: str) -> str | None:
        """The generation that *server* has of *project* by the record here."""
        record = self.records.get(project)
        return record.generations.get(server) if record else None

    def library(self, server: str) -> str:
        """The generation of what all projects of *server* share; ``-`` where there is nothing."""
        bundle = self.bundles.get(server, {}).get(SERVER_ROOM)
        return bundle.generation if bundle else "-"

    # --- what was done -----------------------------------------------------------------------------------------

    def note_applied(self, bundle: Bundle) -> None:
        """Record that the server of *bundle* has it now."""
        text = None if bundle.project == SERVER_ROOM else self.ir_text(bundle.project)
        self.note(bundle.project, bundle.server, bundle.generation, text)

    def note(self, project: str, server: str, generation: str, ir_text: str | None) -> None:
        """Record that *server* has *generation* of *project* now."""
        with self._lock:
            record = self.records.setdefault(project, DeployedRecord(project))
            record.note(server, generation, ir_text)
            write_record(self.out, record)

    def note_removed(self, project: str, server: str) -> None:
        """Record that *server* has nothing of *project* any more."""
        with self._lock:
            record = self.records.get(project)
            if record:
                record.forget(server)
                write_record(self.out, record)

    # --- the servers -------------------------------------------------------------------------------------------

    def ask(
        self,
        server: str,
        verb: str,
        arguments: Iterable[str],
        stdin: bytes = b"",
        heard: Heard = ignore,
    ) -> Answer:
        """Run *verb* on *server*, below the folder that it keeps projects in."""
        root = self.site[server].projects
        return self.lines.session(server).ask(verb, (root, *arguments), stdin, heard)

    def signature(self) -> tuple[str, str]:
        """Who does this, and when: for the servers' records."""
        return self.by, now()

    def everywhere(self, servers: Iterable[str], work: Callable[[str], T], parallel: int) -> dict[str, T]:
        """What *work* yields for each server; at most *parallel* are worked on at once.

        On Ctrl-C, ``stopping`` is set and what has begun is waited for. *work* must not raise but for mistakes of ours.
        """
        with ThreadPoolExecutor(max(1, parallel)) as pool:
            running: dict[str, Future[T]] = {server: pool.submit(work, server) for server in servers}
            left = set(running.values())
            while left:
                left -= self.wait(left)
        return {server: future.result() for server, future in running.items()}

    def wait(self, running: Iterable[Future[T]]) -> set[Future[T]]:
        """Wait a moment for any of *running*; those that have ended. On Ctrl-C, ``stopping`` is set."""
        try:
            return wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done
        except KeyboardInterrupt:
            self.stopping.set()
            return set()

    def close(self) -> None:
        """Close the lines and the transcript."""
        self.lines.close()
        if "transcript" in self.__dict__:
            self.transcript.close()
