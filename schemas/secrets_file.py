"""The secrets file beside a course, as it is read: ``secrets: {NAME: VALUE}``, for its owner's eyes alone."""

import stat
from pathlib import Path

from mlnc.schemas.yaml_text import YamlError, load


class SecretsRefused(Exception):
    """The secrets file cannot be used; the message says why and what to do, and shows no value."""


def read(store: Path) -> dict[str, str]:
    """The secrets in *store* by name; none where there is no such file. Raises SecretsRefused."""
    try:
        mode = store.stat().st_mode
        text = store.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SecretsRefused(f"{store} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SecretsRefused(f"{store} is not UTF-8 text") from None
    if stat.S_IMODE(mode) & 0o077:
        raise SecretsRefused(
            f"others than you may read {store} (mode {stat.S_IMODE(mode):o}); run: chmod 600 {store}"
        )
    return _parsed(store, text)


def _parsed(store: Path, text: str) -> dict[str, str]:
    try:
        data = load(text)
    except YamlError:
        raise SecretsRefused(f"{store} is not YAML") from None
    found = data["secrets"] if isinstance(data, dict) and data.keys() == {"secrets"} else None
    if not isinstance(found, dict) or not all(
        isinstance(item, str) for pair in found.items() for item in pair
    ):
        raise SecretsRefused(
            f"{store} is not of the form secrets: {{NAME: 'VALUE'}}; quote values that look like numbers"
        )
    empty = [name for name, value in found.items() if not value]
    if empty:
        raise SecretsRefused(f"{store} has an empty value for {empty[0]}: take the line out to have one made")
    return found
