"""``mlnc secrets``: the secrets file of a course and the generation of its passwords."""

import csv
import fcntl
import io
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from mlnc.ir.model import Course, Secret
from mlnc.schemas.secrets_file import SecretsRefused, read
from mlnc.schemas.yaml_text import dump

_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that are not confused when a password is read from paper."""

_LENGTH = 14
_VNC_LENGTH = 8
"""VNC compares the first 8 characters of a password only (RFC 6143, section 7.2.2)."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a secret in the IR: ``what`` is its path below the project or host."""

    project: str
    host: str
    what: str
    secret: str


@dataclass(frozen=True, slots=True)
class Provided:
    """The secrets of a course: uses, values by name, names of generated ones and of those in clear in the sources."""

    store: Path
    uses: tuple[Use, ...]
    values: dict[str, str]
    made: tuple[str, ...]
    clear: tuple[str, ...]

    def listing(self) -> str:
        """Return the names with their origin, and counts. Values are not included."""
        origin = dict.fromkeys(self.made, "generated") | dict.fromkeys(self.clear, "in clear in the sources")
        names = dict.fromkeys(use.secret for use in self.uses)
        lines = [f"{name}  {origin.get(name, 'existing')}\n" for name in names]
        counts = [f"{len(self.made)} generated", f"{len(names) - len(origin)} existing in {self.store}"]
        counts += [f"{len(self.clear)} in clear in the sources"] if self.clear else []
        return "".join([*lines, ", ".join(counts), "\n"])


def provide(
    course: Course,
    store: Path,
    literals: Mapping[str, str],
    refuse: Callable[[Iterable[str]], None] = lambda _: None,
) -> Provided:
    """Return every secret that *course* uses, with its value from *store*; generate and store missing values.

    *literals*, the secrets that the sources contain, keep their values and are not stored. *refuse* gets the names
    of the missing values, and raises SecretsRefused if one of them must not be generated.
    Raises SecretsRefused for a file that other users can read, or that is not ``secrets: {name: value}``.
    """
    uses = tuple(use for project in sorted(course.projects) for use in _uses(course, project))
    places: dict[str, set[str]] = {}
    for use in uses:
        places.setdefault(use.secret, set()).add(use.what)
    with _locked(store):
        values = read(store)
        wanted = [name for name in places if name not in values and name not in literals]
        refuse(wanted)
        made = {name: _password(places[name]) for name in wanted}
        if made:
            _write(store, values | made)
    clear = tuple(name for name in places if name in literals)
    return Provided(store, uses, {**values, **made, **literals}, tuple(made), clear)


def _password(places: set[str]) -> str:
    """Generate a password for the uses *places*: short only if VNC alone uses it."""
    length = _VNC_LENGTH if places == {"vnc/password"} else _LENGTH
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _uses(course: Course, project: str) -> Iterator[Use]:
    for path, secret in _found(course.projects[project], ()):
        inside = path[0] == "hosts"
        yield Use(project, path[1] if inside else "", "/".join(path[2:] if inside else path), secret.secret)


def _found(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _found(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _found(inner, (*path, key))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _found(inner, (*path, getattr(inner, "name", str(number))))


@contextmanager
def _locked(store: Path) -> Iterator[None]:
    """Lock *store*, so that of two concurrent runs neither loses passwords that the other generated."""
    try:
        folder = os.open(store.parent, os.O_RDONLY)
    except OSError as error:
        raise SecretsRefused(f"{store.parent} cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(store: Path, values: dict[str, str]) -> None:
    """Write *values* atomically, readable by the owner only from the start. A symbolic link is kept."""
    text = dump(
        {"secrets": dict(sorted(values.items()))}, header=["Written by mlnc secrets: keep it out of git."]
    )
    store = Path(os.path.realpath(store))
    staged = store.with_name(f"{store.name}.new")
    try:
        staged.unlink(missing_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(store)
    except OSError as error:
        raise SecretsRefused(f"{store} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            staged.unlink(missing_ok=True)


def hand_out(provided: Provided) -> str:
    """Return CSV with the values, one line per use: project, host, what, secret, value."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["project", "host", "what", "secret", "value"])
    for use in provided.uses:
        rows.writerow([use.project, use.host, use.what, use.secret, provided.values[use.secret]])
    return text.getvalue()
