"""Front end passes on a text, for the tests of these passes. No files are read or written."""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.discovery import Found
from mlnc.compiler.expansion import Expanded, expand_project
from mlnc.compiler.parser import parse
from mlnc.compiler.pipeline import Compiled, Earlier, Front
from mlnc.compiler.source import Source
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.syntax_tree import File


@dataclass
class Read:
    """Result of parsing a text: tree and diagnostics."""

    file: File
    found: list[Diagnostic] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.found]


def read(text: str) -> Read:
    """Parse *text* after removing its common indentation."""
    found: list[Diagnostic] = []
    return Read(parse(Source("test.mln", dedent(text)), found.append), found)


@dataclass
class Project(Read):
    """Result of expanding a text."""

    expanded: Expanded | None = None

    def node(self, path: str) -> ExpandedBlock:
        """Expanded block at *path*, such as ``global``, ``host/a/network/eth0`` or ``switch/lan``."""
        assert self.expanded is not None, self.found
        kind, *names = path.split("/")
        node = self.expanded.globals
        if kind != "global":
            members = {"host": self.expanded.hosts, "switch": self.expanded.switches}
            node = (members.get(kind) or self.expanded.service_hosts)[names.pop(0)]
        for name in names:
            node = node.blocks[name]
        return node

    def lines(self, path: str) -> list[str]:
        return [entry.text for entry in self.node(path).lines]

    def value(self, path: str) -> str:
        """Value of the setting at *path*; the last name is the setting."""
        block, _, name = path.rpartition("/")
        return self.node(block).values[name].value


def expand(text: str) -> Project:
    """Expand *text*; ``global { project p }`` is prepended if *text* has no project directive."""
    whole = dedent(text) if "project" in text else "global { project p }\n" + dedent(text)
    made = read(whole)
    expanded = expand_project(made.file, made.found.append)
    return Project(made.file, made.found, expanded)


@dataclass
class Checked:
    """Result of all passes: the compiled project, None after errors, and the report."""

    compiled: Compiled | None
    report: Report

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.report.sorted()]


def check(text: str) -> Checked:
    """Parse *text* and run all passes."""
    made = read(text)
    report = Report()
    report.extend(made.found)
    path = Path("test.mln")
    return Checked(Front(report).run(Found({path: made.file}), Earlier()), report)
