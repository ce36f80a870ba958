"""Refusals of the storage target: names that LVM rejects, texts that break a line, unsafe sharing."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from mlnc.ir.model import Course
from mlnc.output.artifact import Refusal
from mlnc.targets.storage.storage_lock import lock_server, locked_groups
from mlnc.targets.storage.storage_volume import Wanted, wanted_volumes

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.-]{0,126}")
"""Names that LVM accepts for volumes, groups and tags (lvm(8)); none of these characters is special in sh."""

SERVER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.:-]{0,126}")
"""Names of service hosts. They occur in tags only, which may contain the colons of IPv6 addresses (lvm(8))."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Characters that end a line or a word in the line-based records of the scripts."""

WARNINGS = frozenset({"fat32-not-grown", "shared-group-unlocked"})
"""Diagnostic codes of this module that do not stop a build."""

ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?")
"""Names of users and groups (useradd(8)), and numeric IDs."""


def refusals(course: Course) -> list[Refusal]:
    """Return all errors and warnings about the volumes of *course*, sorted by IR path."""
    found: list[Refusal] = []
    for _, project in sorted(course.projects.items()):
        wanted = sorted(wanted_volumes(project), key=lambda each: each.machine.service_host)
        for each in wanted:
            found += [refusal for check in CHECKS for refusal in check(course, each)]
        for server, here in groupby(wanted, key=lambda each: each.machine.service_host):
            found += _several_locks(course, server, list(here))
    return sorted(found, key=lambda refusal: refusal.where) + list(_unlocked(course))


def _names(_: Course, each: Wanted) -> Iterator[Refusal]:
    """Check every name that occurs in a command or a tag."""
    names = {"project": each.project, "host": each.host, "volume": each.name}
    if each.volume.kind == "lvm":
        names["volume group"] = each.volume.volume_group or ""
    if each.volume.snapshot:
        names["template volume"] = each.volume.template or ""
    for what, name in names.items():
        if not NAME.fullmatch(name):
            hint = "use letters, digits and + _ . - only, at most 127, a letter, digit or _ first"
            yield Refusal("storage-name", each.where, f"LVM cannot carry the {what} name {name!r}", hint)
    server = each.machine.service_host
    if not SERVER.fullmatch(server):
        hint = "use letters, digits and + _ . : - only, at most 127, a letter, digit or _ first"
        yield Refusal("storage-name", each.where, f"LVM cannot carry the service host name {server!r}", hint)


def _texts(course: Course, each: Wanted) -> Iterator[Refusal]:
    """Check paths and templates: any text of one line is valid."""
    templates = course.site.service_hosts[each.machine.service_host].templates
    texts = {"path": each.volume.path, "template": each.volume.template or "", "templates folder": templates}
    for what, text in texts.items():
        if CONTROL.search(text):
            yield Refusal("storage-text", each.where, f"the {what} {text!r} holds a control character")
    if each.volume.kind == "file" and not each.volume.path.startswith("/"):
        yield Refusal("storage-text", each.where, f"the path {each.volume.path!r} is not absolute")


def _accounts(_: Course, each: Wanted) -> Iterator[Refusal]:
    """Check owner and group of an image file."""
    for name in (each.machine.owner, each.machine.group):
        if each.volume.kind == "file" and name and not ACCOUNT.fullmatch(name):
            yield Refusal("storage-text", each.where, f"{name!r} is no name of a user or group")


def _snapshots(_: Course, each: Wanted) -> Iterator[Refusal]:
    """Refuse a snapshot of a file: a snapshot is in the volume group of its origin."""
    if each.volume.snapshot and each.volume.kind == "file":
        message = "lvm_snapshot needs a logical volume, but this is an image file"
        yield Refusal("snapshot-of-file", each.where, message, "add lvm, or leave lvm_snapshot out")


def _fat32(_: Course, each: Wanted) -> Iterator[Refusal]:
    """Warn that fat32 is not grown: parted dropped support in version 3, fatresize is rarely installed."""
    if each.volume.resize == "fat32" and not (
        each.volume.sizing == "template" and not each.volume.size_bytes
    ):
        message = "the fat32 file system of the template is copied as it is and not grown"
        yield Refusal("fat32-not-grown", each.where, message, "grow it inside the guest")


def _lock_has_server(course: Course, each: Wanted) -> Iterator[Refusal]:
    """Require an ``lvm_execute_server`` for ``lvm lock``, which does not name a server."""
    group = each.volume_group
    facts = course.site.service_hosts[each.machine.service_host]
    if not group or not each.volume.lock:
        return
    holder = lock_server(facts, group)
    if holder is None:
        message = f"lvm lock, but {each.machine.service_host} names no lvm_execute_server for {group}"
        hint = f"add `lvm_execute_server /dev/{group} SERVER` to the service host"
        yield Refusal("lvm-lock-without-server", each.where, message, hint)
    elif not NAME.fullmatch(holder.replace(":", "_")):
        yield Refusal("storage-name", each.where, f"{holder!r} is no name or address of a server")


CHECKS: tuple[Callable[[Course, Wanted], Iterable[Refusal]], ...] = (
    _names,
    _texts,
    _accounts,
    _snapshots,
    _fat32,
    _lock_has_server,
)


def _several_locks(course: Course, server: str, here: list[Wanted]) -> Iterator[Refusal]:
    """Refuse several locks in one script: two servers that take two locks in turn can deadlock."""
    groups = [group for group in locked_groups(here) if lock_server(course.site.service_hosts[server], group)]
    if len(groups) > 1:
        message = f"the volumes on {server} need the locks of several volume groups: {', '.join(groups)}"
        where = next(each.where for each in here if each.volume_group == groups[1])
        yield Refusal("lvm-lock-several", where, message, "use one locked volume group a project and server")


def _unlocked(course: Course) -> Iterator[Refusal]:
    """Warn once for each server that changes a shared volume group without its lock."""
    wanted = [each for _, project in sorted(course.projects.items()) for each in wanted_volumes(project)]
    open_groups = {
        (each.machine.service_host, each.volume_group)
        for each in wanted
        if each.volume_group and each.volume.shared and not each.volume.lock
    }
    for server, group in sorted(open_groups):
        message = f"nothing keeps other servers from changing volume group {group} while {server} does"
        hint = "write `lvm lock` and name an lvm_execute_server, or deploy to its servers one after the other"
        yield Refusal("shared-group-unlocked", f"site/service_hosts/{server}", message, hint)
