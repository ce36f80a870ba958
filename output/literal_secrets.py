"""The literal secrets of the sources in ``out/.secrets.yaml``, mode 0600 and ignored by git."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlnc.output.manifest import file_state
from mlnc.output.output_folder import SECRETS, OutputRefused
from mlnc.schemas.yaml_text import YamlError, dump, load

HEADER = ("Written by mlnc: secrets that stand in clear in the sources. Never commit this file.",)


def dump_secrets(secrets: Mapping[str, str]) -> str:
    """Return the text of the secrets file, sorted by name."""
    return dump({"secrets": dict(sorted(secrets.items()))}, HEADER)


def load_secrets(out: Path) -> dict[str, str]:
    """Read the secrets of the output folder *out*, by name; empty if there is no file.

    Raises OutputRefused if the file is damaged; the message does not show its content.
    """
    state = file_state(out / SECRETS)
    if state is None and not os.path.lexists(out / SECRETS):
        return {}
    if state is None:
        raise _damaged(out)
    try:
        data: Any = load(state.content.decode())
    except (UnicodeDecodeError, YamlError):
        raise _damaged(out) from None
    secrets = data.get("secrets") if isinstance(data, dict) else None
    if not isinstance(secrets, dict) or not all(
        isinstance(word, str) for pair in secrets.items() for word in pair
    ):
        raise _damaged(out)
    return secrets


def _damaged(out: Path) -> OutputRefused:
    return OutputRefused(f"{out / SECRETS} is damaged: remove it and build every project again")
