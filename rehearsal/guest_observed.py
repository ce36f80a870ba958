"""Observed content of the guests of a rehearsal, read from their disk images with debugfs and mcopy."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from mlnc.ir.model import Course, GuestFile, Host, Role
from mlnc.rehearsal.guest_expected import SET
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.rehearsal.server_state import Facts, add_item
from mlnc.rehearsal.volume_images import image
from mlnc.schemas.yaml_text import YamlError, load

_HEADER_LINES = 2
"""Lines that precede the project's commands in a guest's startup and shutdown scripts."""

_TOOLS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def add(facts: Facts, folder: Folder, course: Course) -> None:
    """Add the content of each guest that *course* configures."""
    for project in course.projects.values():
        for name, host in project.xen_hosts().items():
            if host.guest.mode != "none":
                values = _values(folder, host)
                if values is not None:
                    add_item(facts, host.service_host, "guest", f"{project.project}/{name}", **values)


def _values(folder: Folder, host: Host) -> dict[str, str] | None:
    """Content of the disk of *host*; None without a disk or without a guest system on it."""
    role: Role = "seed" if host.guest.mode == "cloud-init" else "root"
    volume = host.volumes.get(role)
    file = image(folder, host.service_host, volume) if volume else None
    if file is None:
        return None
    if role == "seed":
        return _seed(file)
    with TemporaryDirectory() as tree:
        _run("debugfs", "-R", f"rdump / {tree}", str(file))
        return _configured(Path(tree), host) if (Path(tree) / "etc").is_dir() else None


def _seed(file: Path) -> dict[str, str] | None:
    """Settings that cloud-init reads from the seed image; None if its YAML is invalid."""
    try:
        meta, user = (
            load(_run("mcopy", "-i", str(file), f"::{name}", "-")) for name in ("meta-data", "user-data")
        )
    except YamlError:
        return None
    if not isinstance(meta, dict) or not isinstance(user, dict):
        return None
    names = sorted(each["name"] for each in user.get("users", ()) if "homedir" in each)
    instance = str(meta.get("instance-id", ""))
    return {
        "hostname": str(meta.get("local-hostname", "")),
        "instance": instance[:36],
        "users": " ".join(names),
    }


def _configured(tree: Path, host: Host) -> dict[str, str]:
    rows = [line.split() for line in _lines(tree, "etc/fstab")]
    swap = tree / "swapfile"
    addresses = [
        line.split()[1] for line in _lines(tree, "etc/resolv.conf") if line.startswith("nameserver ")
    ]
    values = {
        "hostname": " ".join(_lines(tree, "etc/hostname")),
        "nameservers": " ".join(addresses),
        "kernel modules": " ".join(sorted(each.name for each in (tree / "lib/modules").glob("*"))),
        "modules": " ".join(sorted(_lines(tree, "etc/modules-load.d/mlnc.conf"))),
        "startup": "\n".join(_commands(tree / "etc/mlnc/startup")),
        "shutdown": "\n".join(_commands(tree / "etc/mlnc/shutdown")),
        "file systems": "\n".join(sorted(f"{row[0]} {row[1]}" for row in rows if row[0] != "proc")),
        "swap file": f"{swap.stat().st_size}" if swap.exists() else "",
    }
    values |= {f"card {name}": text for name, text in _cards(tree)}
    values |= _accounts(tree, host)
    return values | {f"file {file.target}": _file(tree, file) for file in host.guest.files}


def _cards(tree: Path) -> Iterator[tuple[str, str]]:
    """Network cards of interfaces(5), in the form of :mod:`mlnc.rehearsal.guest_expected`."""
    found: dict[str, list[str]] = {}
    for line in _lines(tree, "etc/network/interfaces"):
        match line.split():
            case ["auto", card]:
                found[card] = ["auto"]
            case ["iface", card, family, mode]:
                words = found.setdefault(card, [])
                words += [family] if mode == "static" else [family, mode]
            case ["address", address]:
                words.append(address)
            case ["netmask", netmask]:
                words[-1] += f"/{netmask}"
            case ["gateway", gateway]:
                words += ["via", gateway]
    return ((card, " ".join(words)) for card, words in found.items() if card != "lo")


def _accounts(tree: Path, host: Host) -> dict[str, str]:
    passwd, shadow, group = (_table(tree / "etc" / name) for name in ("passwd", "shadow", "group"))
    literal = {user.name: user.hash for user in host.guest.users}
    values = {f"home of {name}": row[5] for name, row in passwd.items()}
    values |= {f"uid of {name}": row[2] for name, row in passwd.items()}
    values |= {
        f"group {name}": " ".join(sorted(filter(None, row[3].split(",")))) for name, row in group.items()
    }
    for name, row in shadow.items():
        crypted = row[1].startswith("$")
        values[f"password of {name}"] = SET if crypted and row[1] != literal.get(name) else row[1]
    for name, row in passwd.items():
        values[f"keys of {name}"] = "\n".join(_lines(tree, f"{row[5]}/.ssh/authorized_keys".lstrip("/")))
    return values


def _file(tree: Path, file: GuestFile) -> str:
    """Octal mode of the copied file if the project sets one, else ``present``; empty if the file does not exist."""
    name = Path(file.source).name
    target = tree / file.target.lstrip("/")
    if file.target.endswith("/") or (target / name).is_file():
        target /= name
    if not target.exists():
        return ""
    return f"mode {target.stat().st_mode & 0o7777:o}" if file.mode else "present"


def _commands(file: Path) -> list[str]:
    return file.read_text().splitlines()[_HEADER_LINES:] if file.exists() else []


def _lines(tree: Path, name: str) -> list[str]:
    """Lines of a file without comments and blank lines; empty if the file does not exist."""
    file = tree / name
    lines = file.read_text().splitlines() if file.is_file() else []
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _table(file: Path) -> dict[str, list[str]]:
    """Rows of a file in the format of passwd(5), by their first field."""
    return (
        {(row := line.split(":"))[0]: row for line in file.read_text().splitlines()} if file.is_file() else {}
    )


def _run(*words: str) -> str:
    """Output of a command; empty if it is not installed."""
    environment = {**os.environ, "PATH": _TOOLS}
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", check=False, env=environment
        )
    except FileNotFoundError:
        return ""
    return done.stdout
