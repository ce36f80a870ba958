"""The checks of one project: small functions from the model to diagnostics, listed at the end."""

import re
from collections.abc import Callable, Iterator

from mlnc.compiler import naming, rename_checks, secret_checks
from mlnc.compiler.addresses import ipv4, ipv6
from mlnc.compiler.diagnostics import Diagnostic, Related
from mlnc.compiler.disk_devices import devices
from mlnc.compiler.lower import domain_type, server_of
from mlnc.compiler.lower_site import default
from mlnc.compiler.source import Origin
from mlnc.compiler.suggestion import suggest
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.typed_model import ProjectModel, SiteModel, TypedBlock, TypedRecord

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
TAKEN = frozenset({"site"})
"""Names whose files in out/ir are not those of a project."""
_GENERATED = (".cfg", ".sh")
"""Endings of generated files, which stand beside folders named after hosts."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?")
_SWITCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_FORMER = {"project": _PROJECT, "host": _HOST, "switch": _SWITCH}
_CARD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")


def names(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """Names that Xen, LVM, Linux and the DNS accept (xl.cfg(5), lvm(8), hostname(7))."""
    if not _PROJECT.fullmatch(model.name):
        yield _invalid_name("project", model.name, model.globals.value_origin("project"))
    elif model.name in TAKEN:
        message = (
            f"a project cannot be called {model.name}: out/ir/{model.name}.yaml is the file of the servers"
        )
        yield Diagnostic(
            "invalid-name", message, model.globals.value_origin("project"), "choose another name"
        )
    for kind, settings in (("project", model.globals), *model.blocks()):
        before = settings.get("renamed_from")
        if before is not None and not _FORMER[kind].fullmatch(before):
            yield _invalid_name(kind, before, settings.value_origin("renamed_from"))
    for name, host in model.hosts.items():
        trouble = _volume_trouble(name, model.name)
        if not _HOST.fullmatch(name):
            yield _invalid_name("host", name, host.origin)
        elif name.endswith(_GENERATED):
            message = (
                f"a host cannot be called {name}: the folder of its guest could be taken for a file in out/"
            )
            yield Diagnostic("invalid-name", message, host.origin, "choose another ending")
        elif trouble:
            message = f"{naming.domain(name, model.name)} is no name for a volume: {trouble}"
            yield Diagnostic("invalid-name", message, host.origin, "rename the host or the project")
        for card, settings in host.named.get("network", {}).items():
            if not _CARD.fullmatch(card):
                yield _invalid_name("network card", card, settings.origin)
    for name, switch in model.switches.items():
        if not _SWITCH.fullmatch(name):
            yield _invalid_name("switch", name, switch.origin)


def _volume_trouble(host: str, project: str) -> str | None:
    """Why the longest name of a volume of *host* is none; None where *project* is no name by itself."""
    return naming.volume_trouble(naming.swap_volume(host, project)) if _PROJECT.fullmatch(project) else None


def _invalid_name(what: str, name: str, origin: Origin) -> Diagnostic:
    hint = "use letters, digits, _ . and -, and begin with a letter or digit"
    if "$" in name:
        hint = (
            "variables are not filled in here"
            if what == "network card"
            else "is a variable of global missing?"
        )
    return Diagnostic("invalid-name", f"{name!r} is not a valid {what} name", origin, hint)


def any_host(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A project has hosts."""
    if not model.hosts:
        origin = model.globals.value_origin("project")
        hint = "add a host, or remove the file if the project is no longer wanted"
        yield Diagnostic("no-hosts", f"project {model.name!r} has no hosts", origin, hint)


def service_host_names(model: ProjectModel, site: SiteModel) -> Iterator[Diagnostic]:
    """Where any server is declared, every service_host is a declared one."""
    if not site.declared:
        return
    for kind, block in model.blocks():
        setting = block.setting("service_host")
        if setting is None and kind == "host":
            message = f"host {block.node.name!r} has no service_host and is placed on localhost"
            hint = "write service_host SERVER in it or in a superclass, or declare service_host localhost { }"
            if "localhost" not in site.aliases:
                yield Diagnostic("no-service-host", message, block.origin, hint)
        elif setting is not None and setting.value not in site.aliases:
            yield _undeclared(setting.value, setting.origin, site)


def _undeclared(name: str, origin: Origin, site: SiteModel) -> Diagnostic:
    near = suggest(name, site.aliases)
    known = ", ".join(sorted(site.service_hosts))
    hint = f"did you mean {near!r}?" if near else f"declared are {known}"
    return Diagnostic("undeclared-service-host", f"service host {name!r} is not declared", origin, hint)


def switch_names(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """Every switch that a card is plugged into is declared."""
    for card in cards(model):
        setting = card.setting("switch")
        if setting is not None and setting.value not in model.switches:
            near = suggest(setting.value, model.switches)
            hint = f"did you mean {near!r}?" if near else f"declare it: switch {setting.value} {{ }}"
            message = f"switch {setting.value!r} is not defined"
            yield Diagnostic("undefined-switch", message, setting.origin, hint)


def cards(model: ProjectModel) -> Iterator[TypedBlock]:
    """Every network card of the project."""
    for host in model.hosts.values():
        yield from host.named.get("network", {}).values()


def addresses(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """Addresses, netmasks and gateways agree."""
    found: list[Diagnostic] = []
    for card in cards(model):
        ipv4(card, found.append)
        ipv6(card, found.append)
        if card.get("switch") and card.get("bridge"):
            message = "switch has no effect: bridge wins over it"
            found.append(
                Diagnostic("without-effect", message, card.statement_origin("switch"), "keep one of them")
            )
    yield from found


def kinds(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A host is of one kind, and says nothing that its kind cannot do."""
    for host in model.hosts.values():
        if host.flag("hvm") and host.flag("pvh"):
            message = f"host {host.node.name} is both hvm and pvh"
            yield Diagnostic("conflicting-directives", message, host.value_origin("pvh"), "keep one of them")
        if host.get("xen") is False and (host.flag("hvm") or host.flag("pvh")):
            message = f"host {host.node.name} says xen off, but hvm and pvh are kinds of Xen domains"
            yield Diagnostic("conflicting-directives", message, host.value_origin("xen"), "keep one of them")
        if domain_type(host) == "hvm":
            yield from _without_hvm(host)


_NOT_HVM = ("kernel", "ramdisk", "extra", "swap")
_NOT_MOUNTED = ("root_passwd", "nameserver", "internalswap")
_NOT_MOUNTED_BLOCKS = ("users", "groups", "sshkey", "files", "modules", "startup", "shutdown", "user_data")


def _without_hvm(host: TypedBlock) -> Iterator[Diagnostic]:
    names: tuple[str, ...] = _NOT_HVM
    if host.get("guest") != "cloud-init":
        names += _NOT_MOUNTED
        for name in _NOT_MOUNTED_BLOCKS:
            # what a superclass brings for its other hosts is no mistake of this one
            if name in host.node.blocks and _has_own(host.node.blocks[name]):
                yield _idle(host, name, "an HVM guest is left alone unless it says guest cloud-init")
    for name in names:
        yield from _unless_inherited(host, name, "an HVM domain has no use for it")


def _has_own(node: ExpandedBlock) -> bool:
    """Whether any statement of *node* or of the blocks in it is not inherited."""
    return any(entry.inherited is None for entry in node.lines) or any(map(_has_own, node.blocks.values()))


def _idle(host: TypedBlock, name: str, reason: str) -> Diagnostic:
    return Diagnostic("without-effect", f"{name} has no effect: {reason}", host.statement_origin(name))


def limits(model: ProjectModel, site: SiteModel) -> Iterator[Diagnostic]:
    """How far a running domain can grow is not less than what it starts with."""
    for host in model.hosts.values():
        server = site.service_hosts.get(server_of(host, site))
        of_server = server.get("default_memory") if server else None
        memory = host.get("memory", of_server or default("service_host", "default_memory"))
        vcpus = host.get("vcpus", default("host", "vcpus"))
        if host.get("maxmem", memory) < memory:
            message = f"maxmem is {host.get('maxmem')} MiB, and memory {memory} MiB"
            yield _less(host, "maxmem", "memory", message)
        if host.get("maxvcpus", vcpus) < vcpus:
            message = f"maxvcpus is {host.get('maxvcpus')}, and vcpus {vcpus}"
            yield _less(host, "maxvcpus", "vcpus", message)


def _less(host: TypedBlock, limit: str, start: str, message: str) -> Diagnostic:
    setting = host.setting(start)
    related = (Related(f"{start} is set here", setting.origin.span),) if setting else ()
    hint = f"{limit} is at least {start}"
    return Diagnostic("conflicting-directives", message, host.value_origin(limit), hint, related)


def storage(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """The directives about disks go together."""
    for host in model.hosts.values():
        lvm = host.flag("lvm")
        if host.flag("lvm_snapshot") and not lvm:
            message = "lvm_snapshot needs lvm: a snapshot is a logical volume"
            yield Diagnostic("conflicting-directives", message, host.value_origin("lvm_snapshot"), "add lvm")
        if host.setting("lvm_vg") and not lvm:
            yield from _unless_inherited(host, "lvm_vg", "the host has no lvm, its disk is a file")
        if host.setting("filepath") and lvm:
            yield from _unless_inherited(host, "filepath", "the host has lvm, its disk is a volume")
        if host.setting("size") and host.setting("free_space"):
            yield from _unless_inherited(host, "size", "free_space takes its place")
        most = len(devices(host, domain_type(host)).mounts)
        if len(host.records.get("mount", ())) > most:
            message = f"more disks than the {most} that can be attached here"
            yield Diagnostic("invalid-value", message, host.value_origin("mount"))


def mounts(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """A folder of the guest takes one disk."""
    for host in model.hosts.values():
        seen: dict[str, TypedRecord] = {}
        for record in host.records.get("mount", ()):
            first = seen.setdefault(record["mountpoint"], record)
            if first is not record:
                message = f"two disks are mounted on {record['mountpoint']}"
                related = (Related("the first one is here", first.entry.origin.span),)
                yield Diagnostic("conflicting-directives", message, record.entry.origin, "keep one", related)


def _unless_inherited(host: TypedBlock, name: str, reason: str) -> Iterator[Diagnostic]:
    setting = host.setting(name)
    if setting is not None and setting.entry.inherited is None:
        yield _idle(host, name, reason)


def accounts(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """Two users of a host have two numbers."""
    for host in model.hosts.values():
        seen: dict[int, str] = {}
        for record in {record["user"]: record for record in host.records.get("users", ())}.values():
            uid, user = record["uid"], record["user"]
            if uid is not None and seen.setdefault(uid, user) != user:
                message = f"users {seen[uid]} and {user} have the same uid {uid}"
                yield Diagnostic("conflicting-directives", message, record.entry.field_origin(3))


CHECKS: tuple[Callable[[ProjectModel, SiteModel], Iterator[Diagnostic]], ...] = (
    names,
    any_host,
    service_host_names,
    switch_names,
    addresses,
    kinds,
    limits,
    storage,
    mounts,
    accounts,
    rename_checks.members,
    secret_checks.clear,
    secret_checks.carried,
    secret_checks.references,
)


def check_project(model: ProjectModel, site: SiteModel) -> Iterator[Diagnostic]:
    """Everything the checks find in *model*."""
    for check in CHECKS:
        yield from check(model, site)


def check_site(site: SiteModel) -> Iterator[Diagnostic]:
    """Names of servers, and addresses that two of them claim."""
    owners: dict[str, str] = {}
    for name, server in site.service_hosts.items():
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}", name):
            yield _invalid_name("service host", name, server.origin)
        address = server.get("address", name)
        if owners.setdefault(address, name) != name:
            message = f"service hosts {owners[address]} and {name} have the same address {address}"
            yield Diagnostic("conflicting-directives", message, server.value_origin("address"))
