"""The secrets that go along: which a project needs on a server, their values, and what hides them from view."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlnc.ir.model import Host, Project
from mlnc.output.errors import Refused
from mlnc.output.literal_secrets import load_secrets
from mlnc.output.output_folder import OutputRefused, some
from mlnc.output.secret_names import secret_names
from mlnc.schemas.secret_placeholder import VALUE
from mlnc.schemas.secrets_file import SecretsRefused, read

MASK = "***"


class Secrets:
    """The values of a course's secrets; no method shows one but :meth:`lines` and :meth:`all_lines`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        words = {value for value in self._values.values() if value}
        self._hidden = sorted(words, key=lambda word: (-len(word), word))

    def lacking(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that have no value."""
        return sorted({name for name in names if not self._values.get(name)})

    def unfit(self, project: Project, server: str) -> list[str]:
        """The secrets of *project* whose value the file or the protocol that takes them could not hold."""
        displays = [host.vnc.password for host in _hosts(project, server) if host.vnc and host.vnc.password]
        in_files = {secret.secret for secret in displays}
        return [
            name
            for name in secret_names(project, server)
            if "\n" in self._values[name] or (name in in_files and not VALUE.fullmatch(self._values[name]))
        ]

    def lines(self, names: Iterable[str]) -> bytes:
        """What a script reads: a line ``NAME``, tab, value for each."""
        return "".join(f"{name}\t{self._values[name]}\n" for name in sorted(set(names))).encode()

    def all_lines(self) -> bytes:
        """The lines of all there are."""
        return self.lines(self._values)

    def masked(self, text: str) -> str:
        """*text* without the value of any secret."""
        for word in self._hidden:
            text = text.replace(word, MASK)
        return text


def load(out: Path, stores: Iterable[Path]) -> Secrets:
    """The secrets in *stores*, the files beside the sources, and the literals of *out*. Raises Refused."""
    try:
        values = load_secrets(out)
        for store in stores:
            for name, value in read(store).items():
                if values.setdefault(name, value) != value:
                    raise Refused(f"the secret {name} has two values; the other one is in {store}")
    except (SecretsRefused, OutputRefused) as error:
        raise Refused(str(error)) from None
    return Secrets(values)


def expect(secrets: Secrets, wanted: Iterable[tuple[Project, str]], stores: Iterable[Path]) -> None:
    """Raise Refused, naming all, unless every secret of each project on its server has a value that fits."""
    pairs = list(wanted)
    lacking = secrets.lacking(name for project, server in pairs for name in secret_names(project, server))
    if lacking:
        places = ", ".join(map(str, stores))
        raise Refused(
            f"{len(lacking)} secrets have no value in {places}: {some(lacking, 20)}. See mlnc secrets"
        )
    unfit = sorted({name for project, server in pairs for name in secrets.unfit(project, server)})
    if unfit:
        raise Refused(
            f"the value of these secrets has a character that a domain file cannot hold (only printable ASCII"
            f" without blanks, commas, quotes and backslashes): {some(unfit, 20)}"
        )


def _hosts(project: Project, server: str) -> list[Host]:
    return [host for host in project.hosts.values() if host.service_host == server]
