"""``project.sh``, which starts, stops and lists the domains of a project on a service host, and the project's hooks.

The library file ``life.sh`` holds the commands. This module writes the facts of the project: its hosts in boot order,
and the requirements of each host before it starts.
"""

import re
from collections.abc import Iterator

from mlnc.ir.bridges import project_servers, switch_servers
from mlnc.ir.model import Course, Host, Project
from mlnc.output.artifact import Artifact, Emitted, Refusal, host_folder
from mlnc.schemas.secret_placeholder import placeholder
from mlnc.targets.render import quote_sh, render

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


def emit(course: Course) -> Emitted:
    """Return ``project.sh`` and ``hooks/<hook>.sh`` for each service host with Xen domains or switches of a project.

    Hooks are the eight of the MLN reference (section B.1), run by bash as in the original. Diagnostic code:
    ``life-name`` (error), a project, host or domain name that is not a single shell word.
    """
    emitted = Emitted()
    for name, project in sorted(course.projects.items()):
        emitted.refusals += _refusals(name, project)
        for server in project_servers(project):
            emitted.artifacts.append(_project_script(project, server))
            emitted.artifacts += _hooks(project, server)
    return emitted


def starting_order(project: Project, server: str) -> list[tuple[str, Host]]:
    """Return the Xen hosts of *project* on *server*, sorted by boot order and name."""
    return sorted(project.xen_hosts(server).items(), key=lambda each: (each[1].boot_order, each[0]))


def _refusals(name: str, project: Project) -> list[Refusal]:
    domains = {f"{name}/hosts/{host}/domain": facts.domain for host, facts in project.hosts.items()}
    words = {name: name} | {f"{name}/hosts/{host}": host for host in project.hosts} | domains
    return [
        Refusal("life-name", where, f"a script cannot name {word!r}: letters, digits, _ . + and - only")
        for where, word in sorted(words.items())
        if not _NAME.fullmatch(word)
    ]


def _project_script(project: Project, server: str) -> Artifact:
    """Return ``project.sh`` of *project* for *server*."""
    hosts = [
        {
            "name": name,
            "boot_order": host.boot_order,
            "domain": host.domain,
            "uuid": host.uuid,
            "address": _fixed_address(host),
            "needs": list(_needs(host)),
        }
        for name, host in starting_order(project, server)
    ]
    text = render(
        "life/project.sh.j2",
        project=project,
        hosts=hosts,
        hooks=sorted(project.hooks),
        switches=server in switch_servers(project),
    )
    return Artifact(f"{host_folder(server, project.project)}/project.sh", text, executable=True)


def _hooks(project: Project, server: str) -> list[Artifact]:
    """Return the hooks of *project*: one script each, with the lines of the project file."""
    folder = f"{host_folder(server, project.project)}/hooks"
    return [
        Artifact(f"{folder}/{hook}.sh", render("life/hook.sh.j2", hook=hook, lines=lines), executable=True)
        for hook, lines in sorted(project.hooks.items())
    ]


def _fixed_address(host: Host) -> str:
    """Return the first static address of *host*, IPv4 before IPv6; empty if it has none."""
    cards = host.interfaces.values()
    addresses = [card.address for card in cards if card.mode == "static"]
    addresses += [card.address6 for card in cards if card.mode6 == "static"]
    return next((address for address in addresses if address is not None), "")


def _needs(host: Host) -> Iterator[str]:
    """Yield the requirements of *host* before it starts, each as a command of ``life.sh``."""
    for bridge in dict.fromkeys(card.bridge for card in host.interfaces.values()):
        yield f"need_bridge {quote_sh(bridge)}"
    groups = {volume.path: volume for volume in host.volumes.values() if volume.kind == "lvm"}
    for disk in host.disks:
        volume = groups.get(disk.path)
        if volume is None:
            yield f"need_file {quote_sh(disk.path)}"
        else:
            yield f"need_lv {quote_sh(volume.volume_group)} {quote_sh(volume.name)}"
    if host.vnc is not None and host.vnc.password is not None:
        name = host.vnc.password.secret
        yield f"need_secret {quote_sh(placeholder(name))} {quote_sh(name)}"
    if host.console == "xterm" and host.type != "hvm":
        yield f"console xterm {quote_sh(host.console_color)}"
    elif host.console == "screen" and host.type != "hvm":
        yield "console screen"
