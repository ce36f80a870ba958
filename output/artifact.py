"""What a target yields: files to be written, and what it could not express."""

from dataclasses import dataclass, field

SERVER_ROOM = "_server"
"""Folder of a service host for what all its projects share; no project name begins with an underscore."""

LIBRARY = "lib"
"""Folder below ``out/`` of the shell library that all service hosts share, and its name in the bundle of a server."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One generated file: its path below ``out/`` (with ``/``), its text, and whether it is executable."""

    path: str
    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of the IR a target cannot express.

    ``where`` is the IR path it concerns, ``project/hosts/NAME/field``; the driver turns it into the place in the
    sources. ``code`` is a diagnostic code, so a warning here is a warning there.
    """

    code: str
    where: str
    message: str
    hint: str | None = None


@dataclass(slots=True)
class Emitted:
    """The sum of what targets yield for one course."""

    artifacts: list[Artifact] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def host_folder(service_host: str, project: str) -> str:
    """The folder below ``out/`` that holds what *service_host* needs of *project*."""
    return f"hosts/{service_host}/{project}"


def server_folder(service_host: str) -> str:
    """The folder below ``out/`` that holds what *service_host* needs once, for all projects."""
    return f"hosts/{service_host}/{SERVER_ROOM}"
