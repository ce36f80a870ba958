"""Makes the service hosts of a rehearsal, as they are before the first deploy."""

import os
import shutil
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from mlnc.ir.model import Course
from mlnc.rehearsal.guest_template import make_plain_template, make_template
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
"""Stand-ins that have several names, as LVM's own program has."""

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
"""What programs of this machine read below /etc, where it is there."""


def prepare(folder: Folder, *courses: Course) -> None:
    """Make every server that *courses* use, in the empty *folder*, with what each of them needs.

    They are played one after the other; what the site says of a server is taken from the last.
    """
    course = courses[-1]
    with as_file(files("mlnc.rehearsal").joinpath("standins")) as standins:
        shutil.copytree(standins, folder.standins)
    for program, names in COMMANDS.items():
        for name in names:
            (folder.standins / name).symlink_to(program)
    for each in folder.standins.iterdir():
        each.chmod(0o755)
    servers = {name: needs(courses, name) for name in sorted(course.site.service_hosts)}
    for server, needed in servers.items():
        _lay_root(folder.root(server), server, needed)
        _lay_state(folder, course, server, needed)
        _lay_files(folder, course, server, needed)
    _lay_groups(folder, course, servers)


def _lay_root(root: Path, server: str, needed: Needs) -> None:
    """The folders of a system, and of its settings those that programs need."""
    for each in _FOLDERS:
        (root / each).mkdir(parents=True, exist_ok=True)
    for each in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        _lay_programs(Path("/") / each, root / each)
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


def _lay_programs(there: Path, place: Path) -> None:
    """One of the folders that are links into /usr today; of *lib* the links are single ones, for a server has modules
    of its own there. Where it is a folder, the machine's own is mounted when the server is entered."""
    if there.name == "lib" and there.is_symlink():
        place.mkdir()
        for each in there.iterdir():
            if each.name != "modules":
                (place / each.name).symlink_to(f"/usr/lib/{each.name}")
    elif there.is_symlink():
        place.symlink_to(there.readlink())
    elif there.is_dir():
        place.mkdir()


def _copy_setting(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.is_file():
        shutil.copyfile(source, target)


def _numbered(first: str, names: Iterable[str], rest: str) -> str:
    """Lines of passwd(5) or group(5): *first*, and each of *names* with a number of its own."""
    others = sorted(set(names) - {"root"})
    lines = [
        first,
        *(f"{name}:{rest.format(n)}" for n, name in enumerate(others, 1000) if not name.isdigit()),
    ]
    return "".join(f"{line}\n" for line in lines)


def _lay_state(folder: Folder, course: Course, server: str, needed: Needs) -> None:
    """What the stand-ins know: no domain, the server's own bridges, its memory and the names it answers to."""
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


def _lay_files(folder: Folder, course: Course, server: str, needed: Needs) -> None:
    """Folders, templates, sources, kernels and further disks of *server*."""
    facts = course.site.service_hosts[server]
    for path in sorted(needed.folders):
        _lay_folder(folder, course, server, path)
    for name, kind in sorted(needed.templates.items()):
        file = folder.on(server, facts.templates) / name
        if kind is None:
            make_plain_template(file)
        else:
            make_template(file, kind, needed.accounts)
    for path in sorted(needed.ramdisks | needed.sources | needed.devices, reverse=True):
        _lay_file(folder, server, path)
    for kernel in sorted(needed.kernels):
        _lay_kernel(folder, server, kernel)
    modules = [f"/lib/modules/{kernel_version(kernel)}" for kernel in needed.kernels]
    for tree in [*modules, *filter(None, [facts.modules])]:
        folder.on(server, tree).mkdir(parents=True, exist_ok=True)
        (folder.on(server, tree) / "modules.dep").touch()
    if facts.toolstack == "xm":
        folder.on(server, "/etc/xen/xend-config.sxp").write_text("# -*- sh -*-\n(vncpasswd '')\n")


def _lay_file(folder: Folder, server: str, path: str) -> None:
    """A file that has to be there, whatever is in it; programs and libraries are those of this machine."""
    file = folder.on(server, path)
    if not file.exists() and not path.startswith("/usr/"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{path} of the rehearsed server {server}\n")


def _lay_kernel(folder: Folder, server: str, kernel: str) -> None:
    """The file *kernel*, a link where its name says no version."""
    if kernel.endswith(kernel_version(kernel)):
        _lay_file(folder, server, kernel)
        return
    _lay_file(folder, server, f"/boot/vmlinuz-{KERNEL_VERSION}")
    folder.on(server, kernel).parent.mkdir(parents=True, exist_ok=True)
    folder.on(server, kernel).symlink_to(f"/boot/vmlinuz-{KERNEL_VERSION}")


def _lay_folder(folder: Folder, course: Course, server: str, path: str) -> None:
    """The folder *path* of *server*: a link to a common one where it is shared storage."""
    place = folder.on(server, path)
    if len(_sharing(course, path)) > 1 and not place.exists():
        folder.shared(path).mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(f"{INSIDE}/shared{path}")
    else:
        place.mkdir(parents=True, exist_ok=True)


def _sharing(course: Course, storage: str) -> list[str]:
    """The servers that list *storage* among their ``san_paths``."""
    return [
        name
        for name, facts in sorted(course.site.service_hosts.items())
        if storage in (path.removeprefix("/dev/") for path in facts.san_paths)
    ]


def _lay_groups(folder: Folder, course: Course, servers: dict[str, Needs]) -> None:
    """The volume groups, each with half as much again as its volumes take; a shared one is made once."""
    for server, needed in servers.items():
        for group in {*needed.extents, course.site.service_hosts[server].volume_group}:
            sharing = _sharing(course, group)
            shared = server in sharing and len(sharing) > 1
            name = group if shared else f"{group}@{server}"
            users = sharing if shared else [server]
            _lay_group(folder.storage(name), [servers[user] for user in users], group)
            (folder.state(server) / "groups" / group).symlink_to(f"{INSIDE}/storage/{name}")


def _lay_group(place: Path, users: list[Needs], group: str) -> None:
    """One volume group with the volumes that snapshots are taken of; nothing if it is there."""
    if place.exists():
        return
    for each in ("volumes", "data"):
        (place / each).mkdir(parents=True)
    room = sum(user.extents.get(group, 0) for user in users)
    uuid = uuid5(NAMESPACE_URL, f"mlnc rehearsal {place.name}")
    (place / "group").write_text(f"{EXTENT_BYTES} {room + room // 2 + 16} {uuid}\n")
    for name in sorted({name for user in users for name in user.origins.get(group, ())}):
        accounts = {account for user in users for account in user.accounts}
        make_template(place / "data" / name, "ext4", accounts)
        os.truncate(place / "data" / name, extents(TEMPLATE_BYTES) * EXTENT_BYTES)
        (place / "volumes" / name).write_text(f"{extents(TEMPLATE_BYTES)}||\n")
