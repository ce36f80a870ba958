"""Set up the service hosts of a rehearsal in their state before the first deployment."""

import os
import shutil
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from mlnc.ir.model import Course
from mlnc.rehearsal.guest_template import make_opaque_template, make_template
from mlnc.rehearsal.host_requirements import (
    DEFAULT_MEMORY_MIB,
    DOM0_MIB,
    EXTENT_BYTES,
    KERNEL_VERSION,
    TEMPLATE_BYTES,
    Needs,
    extents,
    kernel_version,
    needs,
)
from mlnc.rehearsal.rehearsal_paths import INSIDE, Folder

COMMANDS = {
    "lvm-report": ("lvs", "vgs"),
    "lvm-change": (
        "lvcreate",
        "lvchange",
        "lvconvert",
        "lvextend",
        "lvreduce",
        "lvremove",
        "lvrename",
        "vgchange",
    ),
}
"""Fakes that serve several commands, as LVM's own program does."""

_FOLDERS = (
    *(
        "boot",
        "dev",
        "etc/systemd/system",
        "etc/xen",
        "etc/init.d",
        "opt",
        "proc",
        "rehearsal",
        "root",
        "run",
    ),
    *("srv", "tmp", "usr", "var/lib", "var/lock", "var/log", "var/run", "var/tmp"),
)
_NODES = ("null", "zero", "full", "random", "urandom")
_STANDARD = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_SETTINGS = ("alternatives", "ld.so.cache", "ld.so.conf.d", "mke2fs.conf", "nsswitch.conf", "ssl/openssl.cnf")
"""Paths below /etc that programs of this machine read; those that exist are copied."""


def prepare(folder: Folder, *courses: Course) -> None:
    """Create every server of *courses* in the empty *folder*, with all that the projects of these courses need.

    The courses are deployed one after the other; the facts of a server come from the site of the last one.
    """
    course = courses[-1]
    with as_file(files("mlnc.rehearsal").joinpath("fakes")) as fakes:
        shutil.copytree(fakes, folder.fakes)
    for program, names in COMMANDS.items():
        for name in names:
            (folder.fakes / name).symlink_to(program)
    for each in folder.fakes.iterdir():
        each.chmod(0o755)
    servers = {name: needs(courses, name) for name in sorted(course.site.service_hosts)}
    for server, needed in servers.items():
        _make_root(folder.root(server), server, needed)
        _make_state(folder, course, server, needed)
        _make_files(folder, course, server, needed)
    _make_groups(folder, course, servers)


def _make_root(root: Path, server: str, needed: Needs) -> None:
    """Create the root folder of a server: system folders, devices, and the settings that programs read."""
    for each in _FOLDERS:
        (root / each).mkdir(parents=True, exist_ok=True)
    for each in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        _make_programs(Path("/") / each, root / each)
    for node in _NODES:
        (root / "dev" / node).touch()
    for name, target in _STANDARD.items():
        (root / "dev" / name).symlink_to(target)
    for setting in _SETTINGS:
        _copy_setting(Path("/etc") / setting, root / "etc" / setting)
    (root / "etc/hostname").write_text(f"{server}\n")
    (root / "etc/passwd").write_text(
        _numbered("root:x:0:0:root:/root:/bin/sh", needed.owners, "x:{0}:{0}::/:/bin/sh")
    )
    (root / "etc/group").write_text(_numbered("root:x:0:", needed.groups, "x:{0}:"))


def _make_programs(source: Path, target: Path) -> None:
    """Create *target* like *source*, a program folder of this machine that is usually a link into /usr.

    ``lib`` becomes a folder of links, because a server has kernel modules of its own there. Where *source* is a real
    folder, *target* is empty: ``enter.sh`` mounts the machine's folder there.
    """
    if source.name == "lib" and source.is_symlink():
        target.mkdir()
        for each in source.iterdir():
            if each.name != "modules":
                (target / each.name).symlink_to(f"/usr/lib/{each.name}")
    elif source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_dir():
        target.mkdir()


def _copy_setting(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.is_file():
        shutil.copyfile(source, target)


def _numbered(first: str, names: Iterable[str], rest: str) -> str:
    """Lines of passwd(5) or group(5): *first*, then one line with a unique number for each of *names*."""
    others = sorted(set(names) - {"root"})
    lines = [
        first,
        *(f"{name}:{rest.format(n)}" for n, name in enumerate(others, 1000) if not name.isdigit()),
    ]
    return "".join(f"{line}\n" for line in lines)


def _make_state(folder: Folder, course: Course, server: str, needed: Needs) -> None:
    """Create the state files of the fakes: no domains, the server's bridges, memory (MiB), names and addresses."""
    state = folder.state(server)
    for each in ("domains", "ending", "links", "fdb", "groups"):
        (state / each).mkdir(parents=True)
    facts = course.site.service_hosts[server]
    if facts.uplink is not None:
        (state / "links" / facts.uplink).write_text("dummy|up|||\n")
    for bridge in needed.bridges:
        (state / "links" / bridge).write_text("bridge|up|||\n")
    (state / "memory").write_text(f"{DOM0_MIB + (facts.memory_mib or DEFAULT_MEMORY_MIB)}\n")
    (state / "xen-version").write_text(f"{facts.xen_version or '4.17.0'}\n")
    (state / "next-id").write_text("1\n")
    (state / "addresses").write_text(f"{server}\n{facts.address}\n")


def _make_files(folder: Folder, course: Course, server: str, needed: Needs) -> None:
    """Create folders, templates, source files, kernels and additional disks of *server*."""
    facts = course.site.service_hosts[server]
    for path in sorted(needed.folders):
        _make_folder(folder, course, server, path)
    for name, kind in sorted(needed.templates.items()):
        file = folder.on(server, facts.templates) / name
        if kind is None:
            make_opaque_template(file)
        else:
            make_template(file, kind, needed.accounts)
    for path in sorted(needed.ramdisks | needed.sources | needed.devices, reverse=True):
        _make_file(folder, server, path)
    for kernel in sorted(needed.kernels):
        _make_kernel(folder, server, kernel)
    modules = [f"/lib/modules/{kernel_version(kernel)}" for kernel in needed.kernels]
    for tree in [*modules, *filter(None, [facts.modules])]:
        folder.on(server, tree).mkdir(parents=True, exist_ok=True)
        (folder.on(server, tree) / "modules.dep").touch()
    if facts.toolstack == "xm":
        folder.on(server, "/etc/xen/xend-config.sxp").write_text("# -*- sh -*-\n(vncpasswd '')\n")


def _make_file(folder: Folder, server: str, path: str) -> None:
    """Create a file with arbitrary content if it is missing; files below /usr are those of this machine."""
    file = folder.on(server, path)
    if not file.exists() and not path.startswith("/usr/"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{path} of the rehearsed server {server}\n")


def _make_kernel(folder: Folder, server: str, kernel: str) -> None:
    """Create the file *kernel*; if its name has no version, a link to a kernel whose name has one."""
    if kernel.endswith(kernel_version(kernel)):
        _make_file(folder, server, kernel)
        return
    _make_file(folder, server, f"/boot/vmlinuz-{KERNEL_VERSION}")
    folder.on(server, kernel).parent.mkdir(parents=True, exist_ok=True)
    folder.on(server, kernel).symlink_to(f"/boot/vmlinuz-{KERNEL_VERSION}")


def _make_folder(folder: Folder, course: Course, server: str, path: str) -> None:
    """Create the folder *path* of *server*; for shared storage, a link to the common folder."""
    target = folder.on(server, path)
    if len(_sharing(course, path)) > 1 and not target.exists():
        folder.shared(path).mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(f"{INSIDE}/shared{path}")
    else:
        target.mkdir(parents=True, exist_ok=True)


def _sharing(course: Course, storage: str) -> list[str]:
    """Servers that list *storage* in their ``san_paths``."""
    return [
        name
        for name, facts in sorted(course.site.service_hosts.items())
        if storage in (path.removeprefix("/dev/") for path in facts.san_paths)
    ]


def _make_groups(folder: Folder, course: Course, servers: dict[str, Needs]) -> None:
    """Create the volume groups; a shared group is created once and linked into the state of each of its servers."""
    for server, needed in servers.items():
        for group in {*needed.extents, course.site.service_hosts[server].volume_group}:
            sharing = _sharing(course, group)
            shared = server in sharing and len(sharing) > 1
            name = group if shared else f"{group}@{server}"
            users = sharing if shared else [server]
            _make_group(folder.storage(name), [servers[user] for user in users], group)
            (folder.state(server) / "groups" / group).symlink_to(f"{INSIDE}/storage/{name}")


def _make_group(storage: Path, users: list[Needs], group: str) -> None:
    """Create a volume group with the origins of its snapshots, 1.5 times the needed size; skip an existing group."""
    if storage.exists():
        return
    for each in ("volumes", "data"):
        (storage / each).mkdir(parents=True)
    needed = sum(user.extents.get(group, 0) for user in users)
    uuid = uuid5(NAMESPACE_URL, f"mlnc rehearsal {storage.name}")
    (storage / "group").write_text(f"{EXTENT_BYTES} {needed + needed // 2 + 16} {uuid}\n")
    for name in sorted({name for user in users for name in user.origins.get(group, ())}):
        accounts = {account for user in users for account in user.accounts}
        make_template(storage / "data" / name, "ext4", accounts)
        os.truncate(storage / "data" / name, extents(TEMPLATE_BYTES) * EXTENT_BYTES)
        (storage / "volumes" / name).write_text(f"{extents(TEMPLATE_BYTES)}||\n")
