"""Xen target: one domain file for each virtual machine, ``hosts/<service host>/<project>/<host>.cfg``.

The target refuses settings that the toolstack of a service host cannot express, and writes no file then: a domain
that differs from its project is worse than a domain that does not start.
"""

from collections.abc import Iterator

from mlnc.ir.model import Course, Host, ServiceHost
from mlnc.output.artifact import Artifact, Emitted, Refusal, host_folder
from mlnc.targets.xen.domain_file import domain_file, knows_type
from mlnc.targets.xen.xen_extra_checks import refuse_extra
from mlnc.targets.xen.xen_text_checks import refuse_words


def emit(course: Course) -> Emitted:
    """Return the domain files of all Xen hosts of *course*, by project and host name, and the refusals.

    Warnings: ``foreign-platform`` (the host is left out), ``kernel-arguments-unused`` (the rest is built).
    Errors: ``pvh-unsupported``, ``kernel-missing``, ``xen-unwritable``, ``xen-extra-syntax``,
    ``xen-extra-unknown-key``, ``xen-extra-type``, ``xen-extra-conflict``, ``xen-extra-secret``.
    """
    emitted = Emitted()
    for name, project in sorted(course.projects.items()):
        for host_name, host in sorted(project.hosts.items()):
            server = course.site.service_hosts[host.service_host]
            faults = list(_faults(host, server, f"{name}/hosts/{host_name}"))
            emitted.refusals += [*faults, *_omissions(host, f"{name}/hosts/{host_name}")]
            if host.is_xen and not faults:
                path = f"{host_folder(host.service_host, name)}/{host_name}.cfg"
                emitted.artifacts.append(Artifact(path, domain_file(name, host_name, host, server)))
    return emitted


def _faults(host: Host, server: ServiceHost, where: str) -> Iterator[Refusal]:
    """Yield the errors that leave *host* without a domain file."""
    if not host.is_xen:
        return
    if host.type == "pvh" and (server.toolstack == "xm" or not knows_type(server)):
        message = f"{server.toolstack} on {host.service_host} starts no PVH domain"
        yield Refusal(
            "pvh-unsupported", f"{where}/type", message, "xl does since Xen 4.10; else use hvm or neither"
        )
    if host.type != "hvm" and host.kernel is None:
        yield Refusal("kernel-missing", f"{where}/kernel", "the domain has no kernel to start", "set kernel")
    yield from refuse_words(host, server.toolstack, where)
    yield from refuse_extra(host, server.toolstack, f"{where}/xen_extra")


def _omissions(host: Host, where: str) -> Iterator[Refusal]:
    """Yield warnings for settings of the project that the domain file omits."""
    if not host.is_xen:
        message = f"host {host.domain} is left out: mlnc builds Xen domains, not {host.platform}"
        yield Refusal("foreign-platform", where, message)
    elif host.type == "hvm" and host.kernel_arguments:
        message = "a fully virtual domain boots its own kernel, so extra has no effect"
        yield Refusal("kernel-arguments-unused", f"{where}/kernel_arguments", message)
