"""``mlnc secrets``: the secrets file beside a course, and the passwords that are made for it."""

import csv
import io
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from mlnc.compiler.ir import Course, Secret
from mlnc.schemas.yaml_text import YamlError, dump, load

_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody confuses when a password is read from paper."""

_LENGTH = 14
_VNC_LENGTH = 8
"""VNC compares the first 8 characters of a password only (RFC 6143, section 7.2.2)."""


class SecretsRefused(Exception):
    """The secrets file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place in the IR where a secret is used: ``what`` is the rest of its path below project or host."""

    project: str
    host: str
    what: str
    secret: str


@dataclass(frozen=True, slots=True)
class Provided:
    """The secrets of a course: every use, every value by name, and which of them were made now."""

    store: Path
    uses: tuple[Use, ...]
    values: dict[str, str]
    made: tuple[str, ...]

    def listing(self) -> str:
        """Names, never values."""
        new = set(self.made)
        names = dict.fromkeys(use.secret for use in self.uses)
        lines = [f"{name}  {'made' if name in new else 'there already'}\n" for name in names]
        return "".join(
            [*lines, f"{len(self.made)} made, {len(names) - len(self.made)} there already in {self.store}\n"]
        )


def provide(course: Course, store: Path) -> Provided:
    """Every secret that *course* uses, with a value: from *store*, or made and put there.

    Raises SecretsRefused for a file that others may read, or that is not ``secrets: {name: value}``.
    """
    uses = tuple(use for project in sorted(course.projects) for use in _uses(course, project))
    values = read(store)
    missing = {use.secret: use for use in uses if use.secret not in values}
    made = {name: _password(use) for name, use in missing.items()}
    if made:
        _write(store, values | made)
    return Provided(store, uses, values | made, tuple(made))


def _password(use: Use) -> str:
    length = _VNC_LENGTH if use.what == "vnc/password" else _LENGTH
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


def read(store: Path) -> dict[str, str]:
    """The secrets in *store* by name; none where there is no such file."""
    try:
        mode = store.stat().st_mode
        text = store.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsRefused(f"{store} cannot be read: {error}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise SecretsRefused(
            f"others than you may read {store} (mode {stat.S_IMODE(mode):o}); run: chmod 600 {store}"
        )
    return _parsed(store, text)


def _parsed(store: Path, text: str) -> dict[str, str]:
    try:
        data = load(text)
    except YamlError as error:
        raise SecretsRefused(f"{store} is not YAML") from error
    found = data.get("secrets") if isinstance(data, dict) else None
    if not isinstance(found, dict) or not all(
        isinstance(item, str) for pair in found.items() for item in pair
    ):
        raise SecretsRefused(
            f"{store} is not of the form secrets: {{NAME: 'VALUE'}}; quote values that look like numbers"
        )
    return found


def _write(store: Path, values: dict[str, str]) -> None:
    """Atomically, and never readable by others, not for a moment."""
    text = dump(
        {"secrets": dict(sorted(values.items()))}, header=["# Written by mlnc secrets: keep it out of git."]
    )
    staged = store.with_name(f".{store.name}.new")
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


def hand_out(provided: Provided) -> str:
    """CSV with the values, a line a use: project, host, what, secret, value."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["project", "host", "what", "secret", "value"])
    for use in provided.uses:
        rows.writerow([use.project, use.host, use.what, use.secret, provided.values[use.secret]])
    return text.getvalue()
