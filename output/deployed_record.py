"""Deployed records, ``out/deployed/<project>.yaml``: the last applied state (``schemas/deployed.schema.json``)."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlnc.ir.ir_yaml import InvalidIr, load_project, project_from_data, to_data
from mlnc.ir.model import Project
from mlnc.output.errors import Refused
from mlnc.output.manifest import digest
from mlnc.output.output_folder import DEPLOYED
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import YamlError, dump, load

HEADER = (
    "yaml-language-server: $schema=../../schemas/deployed.schema.json",
    "Written by invoke deploy: what was applied last. Commit it.",
)
_IR_DIGITS = 16
_DOCUMENTS = re.compile(r"^irs:\n(?: .*\n)+\Z", re.MULTILINE)
"""The IR documents, which are written as the last part of a record."""
_REPAIR = "Restore it from git, or delete it and run 'invoke deployed'"


@dataclass(slots=True)
class DeployedRecord:
    """The deployed state of one project: by service host its generation and the name of its IR.

    *documents* are the IRs as data. They are most of a record, and most runs need none, so they are parsed at first
    use; until then *unread* holds the text of the record and its place.
    """

    project: str
    generations: dict[str, str] = field(default_factory=dict)
    irs: dict[str, str | None] = field(default_factory=dict)
    unread: tuple[str, str] | None = None
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, Any]:
        """The IRs by name. Raises Refused if the record is damaged."""
        if self.unread is not None:
            text, place = self.unread
            self.read = parse_record(text, self.project, place).read
            self.unread = None
        return self.read

    def applied(self, server: str) -> Project | None:
        """Return the IR that was last applied on *server*; None if there is none. Raises Refused if it is damaged."""
        name = self.irs.get(server)
        if name is None:
            return None
        try:
            return project_from_data(self.documents.get(name))
        except InvalidIr as error:
            raise Refused(f"the record of {self.project} is damaged: {error}. {_REPAIR}") from None

    def note(self, server: str, generation: str, ir_text: str | None) -> None:
        """Record that *server* has *generation*, made of the IR *ir_text*. Raises Refused if that is invalid."""
        name = None if ir_text is None else ir_name(ir_text)
        if ir_text is not None and name is not None:
            self.documents[name] = to_data(_ir(self.project, ir_text))
        self.generations[server] = generation
        self.irs[server] = name

    def forget(self, server: str) -> None:
        """Record that *server* has nothing of the project."""
        self.generations.pop(server, None)
        self.irs.pop(server, None)


def read_records(out: Path) -> dict[str, DeployedRecord]:
    """Read the records of the output folder, by project. Raises Refused for a damaged record."""
    return {
        name: parse_servers(text, name, str(out / DEPLOYED / f"{name}.yaml"))
        for name, text in record_texts(out).items()
    }


def record_texts(out: Path) -> dict[str, str]:
    """Return the text of each record of the output folder by project. Raises Refused if a file cannot be read."""
    found = {}
    for file in sorted((out / DEPLOYED).glob("*.yaml")):
        try:
            found[file.stem] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(str(file), str(error)) from None
    return found


def parse_record(text: str, project: str, place: str) -> DeployedRecord:
    """Parse *text*, found at *place*, as the record of *project*. Raises Refused if it is damaged."""
    try:
        data: Any = load(text)
    except YamlError as error:
        raise _damaged(place, str(error)) from None
    found = problem("deployed", data)
    if found is None and data["project"] != project:
        found = f"it is the record of {data['project']}"
    if found is not None:
        raise _damaged(place, found)
    servers = data["servers"]
    return DeployedRecord(
        data["project"],
        {name: each["generation"] for name, each in servers.items()},
        {name: each["ir"] for name, each in servers.items()},
        read=data["irs"],
    )


def parse_servers(text: str, project: str, place: str) -> DeployedRecord:
    """Parse as ``parse_record`` does, but the documents only when they are used. Raises Refused."""
    documents = _DOCUMENTS.search(text)
    if documents is None:
        return parse_record(text, project, place)
    record = parse_record(f"{text[: documents.start()]}irs: {{}}\n", project, place)
    record.unread = (text, place)
    return record


def ir_name(text: str) -> str:
    """Return the name of the IR *text* in a record: the first 16 digits of its SHA-256."""
    return digest(text.encode())[:_IR_DIGITS]


def write_record(out: Path, record: DeployedRecord) -> None:
    """Write *record* atomically; remove the file of a record without servers. Raises OSError."""
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


def _text(record: DeployedRecord) -> str:
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


def _ir(project: str, text: str) -> Project:
    try:
        return load_project(text)
    except InvalidIr as error:
        raise Refused(f"the IR of {project} cannot be read: {error}") from None


def _damaged(file: str, reason: str) -> Refused:
    return Refused(f"{file} is damaged: {reason}. {_REPAIR}")
