"""Lowering of the site: declared and used servers, with all defaults. It cannot fail."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from mlnc.compiler.typed_model import SiteModel, TypedBlock
from mlnc.compiler.values import parse
from mlnc.ir.model import IR_VERSION, ServiceHost, Site
from mlnc.schemas.language import load


@cache
def default(block: str, name: str) -> Any:
    """Return the default of a directive as a typed value; None if the table has none."""
    directive = load().get(block, name)
    return parse(directive.default, directive) if directive and directive.default is not None else None


def lower_site(model: SiteModel, used: Iterable[str]) -> Site:
    """Return every server that *model* declares or that is in *used*, by name."""
    names = sorted({*model.service_hosts, *used})
    return Site(IR_VERSION, {name: _server(name, model.service_hosts.get(name)) for name in names})


def _server(name: str, settings: TypedBlock | None) -> ServiceHost:
    def fact(directive: str) -> Any:
        found = settings.get(directive) if settings else None
        return default("service_host", directive) if found is None else found

    def facts(directive: str) -> tuple[Any, ...]:
        return tuple(settings.all(directive)) if settings else ()

    return ServiceHost(
        declared=settings is not None,
        address=fact("address") or name,
        user=fact("user"),
        port=fact("port"),
        toolstack=fact("toolstack"),
        xen_version=fact("xen_version"),
        memory_mib=fact("memory"),
        migrations=fact("migrations"),
        kernel=fact("xen_kernel"),
        ramdisk=ramdisk(settings),
        modules=fact("xen_modules"),
        bridge=fact("xen_bridge"),
        uplink=fact("uplink"),
        volume_group=fact("lvm_vg"),
        san_paths=facts("san_path"),
        lvm_execute_servers=facts("lvm_execute_server"),
        templates=fact("templates"),
        files=fact("files"),
        projects=fact("projects"),
        default_template=fact("default_template"),
        default_size_bytes=fact("default_size"),
        default_memory_mib=fact("default_memory"),
        default_term=fact("default_term"),
        daemon_allow=facts("daemon_allow"),
        relocation_allow=facts("relocation_allow"),
        relocation_address=fact("relocation_address") or "",
        relocation_port=fact("relocation_port"),
    )


def ramdisk(settings: TypedBlock | None) -> str | None:
    """Return the server's initial RAM disk; the default RAM disk applies to the default kernel only."""
    stated: str | None = settings.get("xen_ramdisk") if settings else None
    if stated is not None or (settings is not None and settings.get("xen_kernel") is not None):
        return stated
    found: str = default("service_host", "xen_ramdisk")
    return found
