"""``out/deployed/<project>.yaml``: what was applied last, to be committed (``schemas/deployed.schema.json``)."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlnc.ir.ir_versions import upgrade_document
from mlnc.ir.ir_yaml import InvalidIr, from_data, load_project, to_data
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
"""The documents, as the last part of a record, which is where they are written."""
_MEND = "Restore it from git, or delete it and run 'invoke deployed'"


@dataclass(slots=True)
class DeployedRecord:
    """What each service host has of one project: its generation, and the IR (as data in *documents*) it was made of.

    The documents are *read* when they are asked for, for they are nearly all of a record, and most runs need none;
    until then *unread* holds the text and where it was found.
    """

    project: str
    generations: dict[str, str] = field(default_factory=dict)
    irs: dict[str, str | None] = field(default_factory=dict)
    unread: tuple[str, str] | None = None
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def documents(self) -> dict[str, Any]:
        """Each IR by its name. Raises Refused where the record is damaged."""
        if self.unread is not None:
            text, place = self.unread
            self.read = parse_record(text, self.project, place).read
            self.unread = None
        return self.read

    def applied(self, server: str) -> Project | None:
        """The IR that was applied on *server* last. Raises Refused where the record does not hold one."""
        name = self.irs.get(server)
        if name is None:
            return None
        document = upgrade_document(self.documents.get(name))
        found = problem("ir", document)
        if found is not None:
            raise Refused(f"the record of {self.project} is damaged: {found}. {_MEND}")
        return from_data(Project, document)

    def note(self, server: str, generation: str, ir_text: str | None) -> None:
        """*server* has *generation* now, made of the IR whose text is given. Raises Refused if it is none."""
        name = None if ir_text is None else ir_name(ir_text)
        if ir_text is not None and name is not None:
            self.documents[name] = to_data(_ir(self.project, ir_text))
        self.generations[server] = generation
        self.irs[server] = name

    def forget(self, server: str) -> None:
        """*server* has nothing of the project any more."""
        self.generations.pop(server, None)
        self.irs.pop(server, None)


def read_records(out: Path) -> dict[str, DeployedRecord]:
    """Every record of the output folder by project. Raises Refused for one that is damaged."""
    return {
        name: parse_servers(text, name, str(out / DEPLOYED / f"{name}.yaml"))
        for name, text in record_texts(out).items()
    }


def record_texts(out: Path) -> dict[str, str]:
    """The text of every record of the output folder by project, unread. Raises Refused."""
    found = {}
    for file in sorted((out / DEPLOYED).glob("*.yaml")):
        try:
            found[file.stem] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(str(file), str(error)) from None
    return found


def parse_record(text: str, project: str, place: str) -> DeployedRecord:
    """The record that *text*, which was found at *place*, holds of *project*. Raises Refused if it holds none."""
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
    """As ``parse_record``, but the documents, all but a few lines of it, are read when asked for. Raises Refused."""
    documents = _DOCUMENTS.search(text)
    if documents is None:
        return parse_record(text, project, place)
    record = parse_record(f"{text[: documents.start()]}irs: {{}}\n", project, place)
    record.unread = (text, place)
    return record


def ir_name(text: str) -> str:
    """What a record calls the IR of *text*."""
    return digest(text.encode())[:_IR_DIGITS]


def write_record(out: Path, record: DeployedRecord) -> None:
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
    return Refused(f"{file} is damaged: {reason}. {_MEND}")
