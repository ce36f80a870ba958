"""Results of a target: files to write, and refusals."""

from dataclasses import dataclass, field

SERVER_ROOM = "_server"
"""Folder of a service host for the files that its projects share; no project name begins with an underscore."""

LIBRARY = "lib"
"""Folder below ``out/`` of the shell library that all service hosts share, and its name in the bundle of a server."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One generated file: its path below ``out/`` (with ``/``), its text and its executable bit."""

    path: str
    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item of the IR that a target cannot express.

    ``where`` is its IR path, ``project/hosts/NAME/field``; the driver converts it to a source position. ``code`` is a
    diagnostic code, which determines whether it is an error or a warning.
    """

    code: str
    where: str
    message: str
    hint: str | None = None


@dataclass(slots=True)
class Emitted:
    """The results of all targets for one course."""

    artifacts: list[Artifact] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def host_folder(service_host: str, project: str) -> str:
    """Return the folder below ``out/`` with the files of *project* for *service_host*."""
    return f"hosts/{service_host}/{project}"


def server_folder(service_host: str) -> str:
    """Return the folder below ``out/`` with the files for *service_host* that its projects share."""
    return f"hosts/{service_host}/{SERVER_ROOM}"
