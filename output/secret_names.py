"""Names of the secrets that a project needs on a service host."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from mlnc.ir.model import Project, Secret


def secret_names(project: Project, server: str) -> list[str]:
    """Return the names of the secrets that the hosts of *project* on *server* use, sorted."""
    hosts = [host for host in project.hosts.values() if host.service_host == server]
    return sorted({secret.secret for host in hosts for secret in _found(host)})


def _found(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _found(getattr(value, field.name))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _found(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _found(inner)
