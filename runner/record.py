"""``out/deployed/<project>.yaml``: what was applied last, to be committed (``schemas/deployed.schema.json``)."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlnc.compiler.codec import InvalidIr, from_data, load_project, to_data
from mlnc.compiler.ir import Project
from mlnc.runner.bundle import Refused
from mlnc.schemas.contracts import problem
from mlnc.schemas.yaml_text import YamlError, dump, load
from mlnc.targets.manifest import digest
from mlnc.targets.output import DEPLOYED

HEADER = (
    "yaml-language-server: $schema=../../schemas/deployed.schema.json",
    "Written by invoke deploy: what was applied last. Commit it.",
)
_IR_DIGITS = 16
_MEND = "Restore it from git, or delete it and run 'invoke deployed'"


@dataclass(slots=True)
class Record:
    """What each service host has of one project: its generation, and the IR (as data in *documents*) it was made of.

    The documents are read when they are asked for: most runs need none of them.
    """

    project: str
    generations: dict[str, str] = field(default_factory=dict)
    irs: dict[str, str | None] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)

    def applied(self, server: str) -> Project | None:
        """The IR that was applied on *server* last. Raises Refused where the record does not hold one."""
        name = self.irs.get(server)
        if name is None:
            return None
        found = problem("ir", self.documents.get(name))
        if found is not None:
            raise Refused(f"the record of {self.project} is damaged: {found}. {_MEND}")
        return from_data(Project, self.documents[name])

    def note(self, server: str, generation: str, ir_text: str | None) -> None:
        """*server* has *generation* now, made of the IR whose text is given. Raises Refused if it is none."""
        name = None if ir_text is None else digest(ir_text.encode())[:_IR_DIGITS]
        if ir_text is not None and name is not None:
            self.documents[name] = to_data(_ir(self.project, ir_text))
        self.generations[server] = generation
        self.irs[server] = name

    def forget(self, server: str) -> None:
        """*server* has nothing of the project any more."""
        self.generations.pop(server, None)
        self.irs.pop(server, None)


def read_records(out: Path) -> dict[str, Record]:
    """Every record of the output folder by project. Raises Refused for one that is damaged."""
    files = sorted((out / DEPLOYED).glob("*.yaml"))
    return {record.project: record for record in map(_read, files)}


def write_record(out: Path, record: Record) -> None:
    """Put *record* in its place, atomically; one that says nothing is removed. Raises OSError."""
    file = out / DEPLOYED / f"{record.project}.yaml"
    if not record.generations:
        file.unlink(missing_ok=True)
        return
    text = _text(record)
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(exist_ok=True)
    staged = file.with_name(f".{file.name}.new")
    staged.write_text(text, encoding="utf-8")
    os.replace(staged, file)


def _text(record: Record) -> str:
    servers = {
        server: {"generation": generation, "ir": record.irs[server]}
        for server, generation in sorted(record.generations.items())
    }
    used = {name for name in record.irs.values() if name is not None}
    data = {
        "deployed_version": 1,
        "project": record.project,
        "servers": servers,
        "irs": {name: record.documents[name] for name in sorted(used)},
    }
    return dump(data, HEADER)


def _read(file: Path) -> Record:
    try:
        data: Any = load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YamlError) as error:
        raise _damaged(file, str(error)) from None
    found = problem("deployed", data)
    if found is None and data["project"] != file.stem:
        found = f"it is the record of {data['project']}"
    if found is not None:
        raise _damaged(file, found)
    servers = data["servers"]
    return Record(
        data["project"],
        {name: each["generation"] for name, each in servers.items()},
        {name: each["ir"] for name, each in servers.items()},
        data["irs"],
    )


def _ir(project: str, text: str) -> Project:
    try:
        return load_project(text)
    except InvalidIr as error:
        raise Refused(f"the IR of {project} cannot be read: {error}") from None


def _damaged(file: Path, reason: str) -> Refused:
    return Refused(f"{file} is damaged: {reason}. {_MEND}")
