"""``mlnc show``: what a project comes to, for people, and the expanded blocks as JSON for machines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from mlnc.compiler.discover import no_project
from mlnc.compiler.expand import Expanded, expand_project
from mlnc.compiler.front import Compiled, Earlier, Front
from mlnc.compiler.ir import Host, Interface, Project, Secret, Volume
from mlnc.compiler.origins import Origins
from mlnc.compiler.reference import suggest

Item = TypeVar("Item")

_NAME, _VALUE = 16, 46
"""Columns of a line: name, value, origin."""


class UnknownHost(Exception):
    """The project has no host of that name; the message says so."""


def as_tree(front: Front, path: Path, only: str | None) -> str:
    """The expanded blocks of the project in *path* as JSON (mln-language.md, section 1), with all its hosts or one.

    It stops after expansion and does not ask whether a directive is known. What was written is printed as it
    was written, literal secrets included. Nothing where the report of *front* has errors. Raises UnknownHost.
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
    """The hosts of the project in *path*, or one of them, with every setting and its origin.

    Nothing where the report of *front* has errors. Raises UnknownHost.
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
    for field, value in _facts(host):
        origin = origins.places.get(f"hosts/{name}/{field}")
        label = field.replace("_mib", "").replace("_", " ").replace("/", " ")
        yield f"  {label:{_NAME}}{value:{_VALUE}}{origin.span if origin else ''}".rstrip()
    for card in host.interfaces.items():
        yield from _card(*card, name, origins)
    for volume in host.volumes:
        yield f"  {volume.role + ' disk':{_NAME}}{_volume(volume)}"
    for disk in host.disks:
        yield f"  {disk.device:{_NAME}}{disk.path}"
    yield from _guest(host)
    yield ""


def _facts(host: Host) -> Iterator[tuple[str, str]]:
    yield "platform", host.platform
    yield "memory_mib", f"{host.memory_mib} MiB"
    yield "vcpus", str(host.vcpus)
    for field in ("cpus", "kernel", "ramdisk", "kernel_arguments", "owner", "group"):
        value = getattr(host, field)
        if value:
            yield field, value
    yield "boot_order", str(host.boot_order)
    if host.vnc is not None:
        display = "next free" if host.vnc.display is None else str(host.vnc.display)
        yield "vnc/display", f"{display} on {host.vnc.listen}"
        if host.vnc.password is not None:
            yield "vnc/password", _secret(host.vnc.password)
    for line in host.xen_extra:
        yield "xen_extra", line


def _card(name: str, card: Interface, host: str, origins: Origins) -> Iterator[str]:
    place = f"{card.bridge} (switch {card.switch})" if card.switch else card.bridge
    origin = origins.places.get(f"hosts/{host}/interfaces/{name}")
    yield f"  {name:{_NAME}}{place + ' ' + card.mac:{_VALUE}}{origin.span if origin else ''}".rstrip()
    for mode, address, length, gateway in (
        (card.mode, card.address, card.prefix_length, card.gateway),
        (card.mode6, card.address6, card.prefix_length6, card.gateway6),
    ):
        if address:
            yield f"  {'':{_NAME}}{address}/{length}{' gateway ' + gateway if gateway else ''}"
        elif mode != "none":
            yield f"  {'':{_NAME}}{mode}"


def _volume(volume: Volume) -> str:
    size = {
        "exact": f"{volume.size_bytes} bytes",
        "free": f"template and {volume.free_space_bytes} bytes free",
        "template": f"as large as its template, at least {volume.size_bytes} bytes",
    }[volume.sizing]
    source = f" from {volume.template}" if volume.template else ""
    return f"{volume.kind} {volume.path}, {size}{source}{', shared' if volume.shared else ''}"


def _guest(host: Host) -> Iterator[str]:
    guest = host.guest
    yield f"  {'guest':{_NAME}}{guest.mode}"
    if guest.root_password is not None:
        yield f"  {'root password':{_NAME}}{_secret(guest.root_password)}"
    if guest.users:
        yield f"  {'users':{_NAME}}{', '.join(user.name for user in guest.users)}"
    for what in ("startup", "shutdown", "user_data"):
        for line in getattr(guest, what):
            yield f"  {what:{_NAME}}{line}"


def _secret(secret: Secret) -> str:
    return f"secret {secret.secret}"
