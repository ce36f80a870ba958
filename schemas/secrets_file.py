"""Reader of a course's secrets file: ``secrets: {NAME: VALUE}``, readable by its owner only."""

import stat
from pathlib import Path

from mlnc.schemas.yaml_text import YamlError, load


class SecretsRefused(Exception):
    """Unusable secrets file. The message gives reason and remedy, and contains no secret value."""


def read(store: Path) -> dict[str, str]:
    """Values of the secrets in the file *store*, by name; empty if the file does not exist.

    Raises SecretsRefused for a file that is unreadable, readable by other users, or not in the expected form.
    """
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
            f"{store} is readable by other users (mode {stat.S_IMODE(mode):o}); run: chmod 600 {store}"
        )
    return _parsed(store, text)


def _parsed(store: Path, text: str) -> dict[str, str]:
    try:
        data = load(text)
    except YamlError:
        raise SecretsRefused(f"{store} is not valid YAML") from None
    found = data["secrets"] if isinstance(data, dict) and data.keys() == {"secrets"} else None
    if not isinstance(found, dict) or not all(
        isinstance(item, str) for pair in found.items() for item in pair
    ):
        raise SecretsRefused(
            f"{store} does not have the form secrets: {{NAME: 'VALUE'}}; quote values that look like numbers"
        )
    empty = [name for name, value in found.items() if not value]
    if empty:
        raise SecretsRefused(
            f"{store} has an empty value for {empty[0]}; delete the line to have a value generated"
        )
    return found
