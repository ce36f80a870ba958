"""Reading of the previous state for plans: deployed records, or the files that ``--from`` names."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mlnc.ir.bridges import project_servers
from mlnc.ir.ir_yaml import InvalidIr, load_project
from mlnc.ir.model import Project
from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.deployed_record import DeployedRecord, ir_name, parse_record, parse_servers, record_texts
from mlnc.output.errors import Refused
from mlnc.output.output_folder import DEPLOYED
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState


class OldSideRefused(Exception):
    """The previous state cannot be read; the message gives the reason."""


_PROJECT = re.compile(r'^project: "?([^"\n]+)"?$', re.MULTILINE)
"""The line of a record or an IR with the name of its project."""


@dataclass(slots=True)
class Texts:
    """Texts of records and IRs by project, and their place."""

    place: str
    records: dict[str, str] = field(default_factory=dict)
    irs: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, text: str) -> None:
        """Add the file *path* under the project that its text names, because an old copy may have been renamed."""
        found = _PROJECT.search(text)
        name = found[1] if found else PurePosixPath(path).stem
        if "\ndeployed_version:" in f"\n{text}":
            self.records[name] = text
        elif "\nir_version:" in f"\n{text}" and "\nproject:" in text:
            self.irs[name] = text


def read_before(
    out: Path, projects: Mapping[str, Project], texts: Mapping[str, str], given: str | None
) -> DeployedState:
    """Read the previous state of *projects*, whose IRs have these *texts*: the records in *out*, or *given*.

    *given* is a file (a record or an IR), a folder of such files, or a git revision of the repository of *out*.
    Raises OldSideRefused.
    """
    try:
        found = _given(out, given) if given is not None else Texts(str(out / DEPLOYED), record_texts(out))
        return _before(found, projects, texts)
    except (Refused, InvalidIr) as error:
        raise OldSideRefused(str(error)) from error


def _before(found: Texts, projects: Mapping[str, Project], texts: Mapping[str, str]) -> DeployedState:
    before = DeployedState()
    for name, project in projects.items():
        text = found.records.get(name)
        if text is not None:
            head = parse_servers(text, name, f"{found.place}/{name}.yaml")
            if _same(head, texts[name], project):
                before.unchanged[name] = head.generations
    wanted = {name for name in projects if name not in before.unchanged}
    wanted |= {projects[name].renamed_from or name for name in wanted}
    for name in sorted(wanted):
        old = _project(found, name)
        if old is not None:
            before.projects[name] = old
    for name in sorted(found.records.keys() - projects.keys() - wanted - {SERVER_ROOM}):
        gone = _project(found, name)
        if gone is not None:
            before.removed[name] = gone
    return before


def _same(head: DeployedRecord, text: str, project: Project) -> bool:
    """Return True if every server has exactly this IR; then the documents are not read."""
    return sorted(head.irs) == project_servers(project) and set(head.irs.values()) <= {ir_name(text)}


def _project(found: Texts, name: str) -> DeployedProject | None:
    if name in found.records and name != SERVER_ROOM:
        record = parse_record(found.records[name], name, f"{found.place}/{name}.yaml")
        applied = {server: record.applied(server) for server in sorted(record.irs)}
        irs = {server: ir for server, ir in applied.items() if ir is not None}
        return DeployedProject(name, {server: record.generations[server] for server in irs}, irs)
    if name in found.irs:
        project = load_project(found.irs[name])
        return DeployedProject(name, {}, dict.fromkeys(project_servers(project), project))
    return None


# --- --from ----------------------------------------------------------------------------------------------------------


def _given(out: Path, given: str) -> Texts:
    path = Path(given)
    found = Texts(given)
    if path.is_file():
        _read(found, [path])
    elif path.is_dir():
        _read(found, sorted(path.glob("*.yaml")))
        for room in (DEPLOYED, "ir"):
            _read(found, sorted((path / room).glob("*.yaml")))
    else:
        _revision(out, given, found)
    if not found.records and not found.irs:
        raise OldSideRefused(f"{given} contains no record and no IR of a project")
    return found


def _read(found: Texts, files: Iterable[Path]) -> None:
    for file in files:
        try:
            found.add(file.name, file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise OldSideRefused(f"{file} cannot be read: {error}") from error


def _revision(out: Path, revision: str, found: Texts) -> None:
    """Read the records and IRs of *out* in a git *revision*."""
    git = ["git", "-C", str(out if out.is_dir() else out.absolute().parent)]
    if revision.startswith("-") or not _git(
        [*git, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    ):
        raise OldSideRefused(
            f"{revision} is not a file, a folder, or a git revision of the repository of {out}"
        )
    names = _git([*git, "ls-tree", "--name-only", revision, f"{DEPLOYED}/", "ir/"]) or ""
    for name in filter(lambda name: name.endswith(".yaml"), names.splitlines()):
        found.add(name, _git([*git, "show", f"{revision}:./{name}"]) or "")


def _git(command: list[str]) -> str | None:
    """Return the output of git; None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", errors="replace")
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
