"""mln.conf of each service host, for the original's daemon.

Keys and types come from ``schemas/mln-conf.yaml``. A value that the original would read as something else is
refused (code ``mln-conf-value``, an error): the file never says what MLN does not understand.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mlnc.ir.model import Course, ServiceHost
from mlnc.ir.shared_storage import storage_name
from mlnc.output.artifact import Artifact, Emitted, Refusal, server_folder
from mlnc.schemas.yaml_text import load
from mlnc.targets.mlnd.mlnd_acl import allowed
from mlnc.targets.render import render

_UNITS = (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


@dataclass(frozen=True, slots=True)
class Key:
    """A key of mln.conf: its type's pattern and meaning, and the IR field that its value comes from."""

    name: str
    source: str
    type: str
    pattern: re.Pattern[str]
    meaning: str


@cache
def known_keys() -> tuple[Key, ...]:
    """The keys that mlnc writes, in the order of the file (``schemas/mln-conf.yaml``)."""
    data: Any = load(files("mlnc.schemas").joinpath("mln-conf.yaml").read_text(encoding="utf-8"))
    types = data["types"]
    return tuple(
        Key(
            each["key"],
            each["from"],
            each["type"],
            re.compile(types[each["type"]]["pattern"]),
            types[each["type"]]["meaning"],
        )
        for each in data["keys"]
    )


def emit(course: Course) -> Emitted:
    """``hosts/<service host>/_server/mln.conf`` for every service host of *course*."""
    emitted = Emitted()
    for name in sorted(course.site.service_hosts):
        _server(course, name, emitted)
    return emitted


def size_text(size_bytes: int) -> str:
    """*size_bytes* in the largest unit of the original that says it exactly; odd bytes round up to KiB."""
    for unit, factor in _UNITS:
        if size_bytes % factor == 0:
            return f"{size_bytes // factor}{unit}"
    return f"{-(-size_bytes // 1024)}K"


def _server(course: Course, name: str, emitted: Emitted) -> None:
    """Add the file of the service host *name* and its refusals to *emitted*."""
    allow = allowed(course, name)
    emitted.refusals += [each for each in allow.refusals if each not in emitted.refusals]
    lines = []
    for key in known_keys():
        for value in _values(key, name, course.site.service_hosts[name], allow.patterns):
            if key.pattern.fullmatch(value):
                lines.append((key.name, value))
            else:
                emitted.refusals.append(_unreadable(key, name, value))
    text = render("mln_conf/mln.conf.j2", lines=lines)
    emitted.artifacts.append(Artifact(f"{server_folder(name)}/mln.conf", text))


def _values(key: Key, name: str, server: ServiceHost, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The values of *key* on one server, each as it is written; none where the site says nothing."""
    special: dict[str, Any] = {"name": name, "allowed": patterns}
    value = special[key.source] if key.source in special else getattr(server, key.source)
    if value is None:
        return ()
    values = value if isinstance(value, tuple) else (value,)
    return tuple(dict.fromkeys(_written(key.type, each) for each in values))


def _written(kind: str, value: Any) -> str:
    """*value* of the schema's type *kind* as mln.conf has it."""
    if kind == "size":
        return size_text(value)
    if kind == "memory":
        return f"{value}M"
    return _path_prefix(value) if kind == "storage" else str(value)


def _path_prefix(path: str) -> str:
    """A ``san_path`` as the start of a disk's path, the one spelling with which MLN migrates (reference, 5.6)."""
    name = storage_name(path)
    return name if name.startswith("/") else f"/dev/{name}"


def _unreadable(key: Key, name: str, value: str) -> Refusal:
    """The refusal of a value whose words or characters mean something else to the original."""
    where = f"site/service_hosts/{name}" + ("" if key.source == "name" else f"/{key.source}")
    return Refusal(
        "mln-conf-value", where, f"MLN would misread {key.name} {value!r}; it takes this: {key.meaning}"
    )
