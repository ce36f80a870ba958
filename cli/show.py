"""``mlnc show``: the resolved hosts of a project as text, or its expanded blocks as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from mlnc.cli.show_rows import rows
from mlnc.compiler.discovery import no_project
from mlnc.compiler.expansion import Expanded, expand_project
from mlnc.compiler.pipeline import Compiled, Earlier, Front
from mlnc.compiler.source_map import Origins
from mlnc.compiler.suggestion import suggest
from mlnc.ir.model import Host, Project

Item = TypeVar("Item")

_NAME, _VALUE = 15, 46
"""Columns of name and value in a line; the source position follows."""


class UnknownHost(Exception):
    """The project has no host of that name; the message says so."""


def as_tree(front: Front, path: Path, only: str | None) -> str:
    """Return the expanded blocks of the project in *path* as JSON (mln-language.md, section 1), of all hosts or one.

    Directives are not checked. Values are printed as written, literal secrets included. The result is empty if the
    report of *front* has errors. Raises UnknownHost.
    """
    expanded = _expanded(front, path)
    if expanded is None or front.report.failed:
        return ""
    expanded.hosts = _chosen(expanded.hosts, only, path)
    return json.dumps(expanded.data(), indent=2) + "\n"


def _expanded(front: Front, path: Path) -> Expanded | None:
    file = front.loader.load(path)
    if file is None or front.report.failed:
        return None
    expanded = expand_project(file, front.report.add)
    if expanded is None:
        front.report.add(no_project(path, file))
    else:
        front.expanded.append(expanded)
    return expanded


def resolved(front: Front, path: Path, site: Path | None, only: str | None) -> str:
    """Return the hosts of the project in *path*, or one of them, with every setting and its source position.

    The result is empty if the report of *front* has errors. Raises UnknownHost.
    """
    found = front.load([path], site)
    compiled = front.run(found, Earlier()) if found else None
    if compiled is None:
        return ""
    lines: list[str] = []
    for lowered in compiled.lowered.values():
        if only is None:
            lines += _project(lowered.project, compiled)
        for name, host in _chosen(lowered.project.hosts, only, path).items():
            lines += _host(name, host, lowered.origins)
    return "\n".join(lines).rstrip("\n") + "\n"


def _chosen(hosts: dict[str, Item], only: str | None, path: Path) -> dict[str, Item]:
    if only is None:
        return hosts
    if only not in hosts:
        near = suggest(only, hosts)
        raise UnknownHost(f"{path} has no host {only}" + (f"; did you mean {near}?" if near else ""))
    return {only: hosts[only]}


def _project(project: Project, compiled: Compiled) -> Iterator[str]:
    yield f"project {project.project} ({compiled.mains[project.project].as_posix()})"
    for name, switch in project.switches.items():
        members = ", ".join(f"{member.host} {member.interface}" for member in switch.members)
        yield f"  switch {name}: bridge {switch.bridge} on {', '.join(switch.service_hosts) or 'no server'}: {members}"
    yield ""


def _host(name: str, host: Host, origins: Origins) -> Iterator[str]:
    yield f"host {name}: {host.type} domain {host.domain} on {host.service_host}"
    for label, value, path in rows(host):
        origin = origins.places.get(f"hosts/{name}/{path}")
        yield f"  {label:{_NAME}} {value:{_VALUE}} {origin.span if origin else ''}".rstrip()
    yield ""
