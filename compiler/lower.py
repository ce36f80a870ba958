"""Lowering of the checked model to the IR: sorts, names and fills in defaults. It cannot fail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from mlnc.compiler import naming
from mlnc.compiler.disk_devices import devices
from mlnc.compiler.lower_guest import guest
from mlnc.compiler.lower_network import interfaces, switches
from mlnc.compiler.lower_site import default
from mlnc.compiler.lower_source_map import trace, trace_host
from mlnc.compiler.lower_storage import disks, mounts, volumes
from mlnc.compiler.sensitive_names import directive_tells
from mlnc.compiler.source_map import Origins
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.typed_model import PLATFORMS, ProjectModel, SiteModel, TypedBlock
from mlnc.compiler.values import SecretText
from mlnc.ir.model import IR_VERSION, DomainType, ForeignBlock, Host, Platform, Project, Secret, Site, Vnc
from mlnc.schemas.language import load

LOCALHOST = "localhost"
HOOKS = tuple(
    f"{when}{subject}{event}"
    for event in ("Start", "Stop")
    for when in ("before", "after")
    for subject in ("Project", "Hosts")
)


@dataclass(slots=True)
class Lowered:
    """A project's IR, the source of each item, and the literal secrets, which the IR does not contain."""

    project: Project
    origins: Origins
    secrets: dict[str, str] = field(default_factory=dict)


def domain_type(host: TypedBlock) -> DomainType:
    """Return the guest type of *host*."""
    if host.flag("pvh"):
        return "pvh"
    return "hvm" if host.flag("hvm") else "pv"


def platform(host: TypedBlock) -> Platform:
    """Return the platform of *host*: Xen, unless it has a block of another platform or ``xen off``."""
    if host.flag("xen") or host.flag("hvm") or host.flag("pvh"):
        return "xen"
    for name in PLATFORMS:
        if name in host.free:
            return cast(Platform, name)
    return "uml" if host.get("xen") is False else "xen"


def server_of(host: TypedBlock, site: SiteModel) -> str:
    """Return the name of the server that runs *host*."""
    return site.server(host.get("service_host", LOCALHOST))


def used_servers(model: ProjectModel, site: SiteModel) -> set[str]:
    """Return the servers that the hosts and switches of a project use."""
    named = [switch.get("service_host") for switch in model.switches.values()]
    return {server_of(host, site) for host in model.hosts.values()} | {
        site.server(name) for name in named if name
    }


def lower_project(model: ProjectModel, servers: SiteModel, site: Site) -> Lowered:
    """Lower *model* to the IR; *site* must contain every server that it uses."""
    return _Lowering(model, servers, site).run()


class _Lowering:
    def __init__(self, model: ProjectModel, servers: SiteModel, site: Site) -> None:
        self.model = model
        self.servers = servers
        self.site = site
        self.origins = Origins()
        self.secrets: dict[str, str] = {}

    def run(self) -> Lowered:
        top = self.model.globals
        hosts = {name: self.host(name, self.model.hosts[name]) for name in sorted(self.model.hosts)}
        password: SecretText | None = top.get("project_password")
        project = Project(
            ir_version=IR_VERSION,
            project=self.model.name,
            renamed_from=top.get("renamed_from"),
            autostart=top.flag("autostart"),
            stop_timeout_seconds=top.get("stop_timeout", default("global", "stop_timeout")),
            password=self.keep(password, "project_password") if password else None,
            hooks={hook: top.lines(hook) for hook in HOOKS if top.lines(hook)},
            switches=switches(self.model, self.servers, hosts),
            hosts=hosts,
            foreign=_foreign(top),
        )
        self.origins.set("", top.value_origin("project"))
        trace(self.origins, "global", "", top)
        for name, switch in self.model.switches.items():
            self.origins.set(f"switches/{name}", switch.origin)
            trace(self.origins, "switch", f"switches/{name}", switch)
        return Lowered(project, self.origins, self.secrets)

    def keep(self, text: SecretText, place: str) -> Secret:
        """Return the reference to a secret; a literal one is stored in ``secrets`` under the name of its place."""
        if text.name:
            return Secret(text.name)
        name = f"{self.model.name}/{place}"
        if text.literal is not None:
            self.secrets[name] = text.literal
        return Secret(name)

    def keep_of_host(self, host: str, text: SecretText, place: str) -> Secret:
        """Return the reference to a secret of *host*."""
        return self.keep(text, f"{host}/{place}")

    def host(self, name: str, host: TypedBlock) -> Host:
        place = server_of(host, self.servers)
        server = self.site.service_hosts[place]
        kind = domain_type(host)
        own_volumes = volumes(host, name, self.model.name, kind, server)
        names = devices(host, kind)
        attached = mounts(host, names)
        keep = partial(self.keep_of_host, name)
        lowered = Host(
            domain=naming.domain(name, self.model.name),
            uuid=naming.domain_uuid(*self.model.identity(name)),
            renamed_from=host.get("renamed_from"),
            platform=platform(host),
            type=kind,
            service_host=place,
            boot_order=host.get("boot_order", default("host", "boot_order")),
            memory_mib=host.get("memory", server.default_memory_mib),
            maxmem_mib=host.get("maxmem"),
            vcpus=host.get("vcpus", default("host", "vcpus")),
            max_vcpus=host.get("maxvcpus"),
            cpus=_unquoted(host.get("cpus")),
            kernel=None if kind == "hvm" else host.get("kernel", server.kernel),
            ramdisk=None if kind == "hvm" else self.ramdisk(host, place, server.ramdisk),
            kernel_arguments="" if kind == "hvm" else host.get("extra", ""),
            vnc=self.vnc(name, host),
            console=host.get("term", server.default_term),
            console_color=host.get("color", default("host", "color")),
            owner=host.get("sudo", host.get("owner")),
            group=host.get("group"),
            on_crash=host.get("on_crash"),
            xen_extra=host.lines("xen_extra"),
            volumes=own_volumes,
            disks=disks(own_volumes, attached, names),
            interfaces=interfaces(host, name, self.model, server),
            guest=guest(host, name, kind, own_volumes, attached, keep),
            foreign=_foreign(host),
        )
        trace_host(self.origins, f"hosts/{name}", host, lowered)
        return lowered

    def ramdisk(self, host: TypedBlock, place: str, of_server: str | None) -> str | None:
        """Return the host's RAM disk; the default RAM disk applies to the default kernel only."""
        stated: str | None = host.get("ramdisk")
        if stated is not None:
            return stated
        settings = self.servers.service_hosts.get(place)
        explicit = settings is not None and settings.get("xen_ramdisk") is not None
        return of_server if explicit or host.get("kernel") is None else None

    def vnc(self, name: str, host: TypedBlock) -> Vnc | None:
        password: SecretText | None = host.get("vncpasswd")
        if not any(host.setting(word) for word in ("vncdisplay", "vncpasswd", "vnckeymap", "vnclisten")):
            return None
        return Vnc(
            listen=host.get("vnclisten", default("host", "vnclisten")),
            display=host.get("vncdisplay"),
            keymap=host.get("vnckeymap"),
            password=self.keep(password, f"{name}/vncpasswd") if password else None,
        )


def _unquoted(text: str | None) -> str | None:
    """Strip the quotes that files for MLN 1 need, because MLN 1 copies the value to the domain file as it is."""
    if text and len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _foreign(settings: TypedBlock) -> dict[str, ForeignBlock]:
    return {name: _block(settings.free[name]) for name in sorted(settings.free)}


def _block(node: ExpandedBlock) -> ForeignBlock:
    """Copy a block of another platform without its secrets, because out/ is public to reviewers."""
    if node.name in _ACCOUNTS:
        return ForeignBlock(lines=tuple(f"{entry.name} @secret" for entry in node.lines))
    values = {name: entry.value for name, entry in sorted(node.values.items())}
    hidden = sorted(name for name in values if name in load().secret_names() or directive_tells(name))
    lines = tuple(entry.text for entry in node.lines if entry.name not in hidden)
    return ForeignBlock(values | dict.fromkeys(hidden, "@secret"), lines, dict(_children(node)))


_ACCOUNTS = frozenset({"users", "managed_users"})
"""Blocks of other platforms with records LOGIN PASSWORD ...: only the logins may be written to out/."""


def _children(node: ExpandedBlock) -> Iterator[tuple[str, ForeignBlock]]:
    for name in sorted(node.blocks):
        yield name, _block(node.blocks[name])
