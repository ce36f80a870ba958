"""Secrets of deployed virtual machines, which a new random value would replace, and the place of the secrets file."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from mlnc.output.deployed_record import read_records
from mlnc.output.errors import Refused
from mlnc.output.output_folder import some
from mlnc.output.secret_names import secret_names
from mlnc.schemas.secrets_file import SecretsRefused

_SHOWN = 5


def deployed_names(out: Path) -> frozenset[str]:
    """Names of the secrets that the records in *out* say are in use. Raises SecretsRefused for a damaged record."""
    try:
        return frozenset(
            name
            for record in read_records(out).values()
            for server in record.irs
            if (project := record.applied(server)) is not None
            for name in secret_names(project, server)
        )
    except Refused as error:
        raise SecretsRefused(str(error)) from error


def refuse_deployed(names: Iterable[str], out: Path, store: Path) -> None:
    """Raise SecretsRefused if deployed virtual machines use one of *names*, for which *store* has no value."""
    used = sorted(deployed_names(out).intersection(names))
    if used:
        raise SecretsRefused(
            f"{store} has no value for secrets that deployed virtual machines use: {some(used, _SHOWN)}."
            " Copy the file from whoever deployed them (it is not in git),"
            " or give them new passwords with --replace-deployed"
        )


def is_exposed(store: Path) -> bool:
    """Tell if *store* lies in a git repository that does not ignore it, so that a commit can publish it."""
    try:
        ignored = subprocess.run(
            ["git", "-C", str(store.absolute().parent), "check-ignore", "-q", "--", store.name],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return ignored.returncode == 1  # git-check-ignore(1): 1 not ignored, 128 no repository
