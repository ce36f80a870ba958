"""A folder of a course whose commands are the real ones, and whose servers are rehearsed: for pages that show them.

The servers are made by the first command that needs them, for what is built then and for what ``ahead`` holds, a folder
that was built of what the course will become.
"""

import os
import shutil
import sys
from pathlib import Path

from checkout import TESTS

from mlnc.ir.ir_yaml import load_project, load_site
from mlnc.ir.model import Course, ServiceHost
from mlnc.rehearsal.folder_transport import FolderTransport
from mlnc.rehearsal.host_setup import prepare
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.runner.connect.connections import Connections

TASKS = """\
from mlnc.runner.console import task_options
from rehearsed_desk import RehearsedConnections

task_options.Connections = RehearsedConnections

from mlnc.runner.tasks import *
"""
"""The ``tasks.py`` of such a course."""


class RehearsedConnections(Connections):
    """Lines to servers that are folders in the folder SERVERS of the environment."""

    def __init__(self, out: Path) -> None:
        self._stage = Folder(Path(os.environ["SERVERS"]))
        super().__init__(out, self._transport)
        if not self._stage.path.exists():
            self._stage.path.mkdir()
            ahead = sorted(Path(os.environ["AHEAD"]).iterdir())
            prepare(self._stage, read_course(out), *map(read_course, ahead))
            self._share_templates()

    def _share_templates(self) -> None:
        """Let every server have the same bytes under one name, as administrators do."""
        first: dict[str, Path] = {}
        for name, facts in sorted(self.site.items()):
            for file in self._stage.on(name, facts.templates).iterdir():
                if first.setdefault(file.name, file) != file:
                    shutil.copyfile(first[file.name], file)

    def _transport(self, server: ServiceHost, _: Path) -> FolderTransport:
        name = next(name for name, facts in self.site.items() if facts is server)
        return FolderTransport(self._stage, name)


def read_course(out: Path) -> Course:
    """What was built in *out*."""
    projects = {
        file.stem: load_project(file.read_text())
        for file in sorted((out / "ir").glob("*.yaml"))
        if file.stem != "site"
    }
    return Course(load_site((out / "ir" / "site.yaml").read_text()), projects)


def desk_environment(folder: Path, ahead: Path) -> dict[str, str]:
    """The environment of the commands of the course in *folder*; writes what they need beside it."""
    commands = folder.parent / "bin"
    commands.mkdir()
    scripts = {name: f'exec {sys.executable} -m {name} "$@"' for name in ("mlnc", "invoke")}
    for name, text in (scripts | {"vi": ":"}).items():
        (commands / name).write_text(f"#!/bin/sh\n{text}\n")
        (commands / name).chmod(0o755)
    return os.environ | {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(TESTS / "support"),
        "SERVERS": str(folder.parent / "servers"),
        "AHEAD": str(ahead),
        "HOME": str(folder.parent),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "LC_ALL": "C.UTF-8",
    }
