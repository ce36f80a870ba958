"""Survey of a service host: its record of each project, its domains, and progress of upgrades."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mlnc.output.bundle import Bundle
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.connect.session import Session

REMOVAL = "removal"
"""Value of ``State.pending`` after an interrupted removal of the project."""


@dataclass(frozen=True, slots=True)
class State:
    """A server's record of one project.

    *applied* is a generation or None. *pending* is the generation of an unfinished deployment, ``REMOVAL`` or None.
    *waiting* names hosts whose guest configuration is pending. *by* and *when* describe the last deployment.
    """

    applied: str | None = None
    pending: str | None = None
    waiting: tuple[str, ...] = ()
    by: str = ""
    when: str = ""


@dataclass(slots=True)
class Survey:
    """State of one server; every mapping but *domains* is by project.

    *listings* are the applied files of projects whose generation is not the wanted one. *before* are the files from
    before an unfinished upgrade that has already applied the wanted generation. *domains* maps names to UUIDs;
    *no_domains* is the reason if they are unknown. For an unfinished upgrade, *noted* has plan, step and progress of
    each step, and *ran* the hosts that ran when it began.
    """

    states: dict[str, State] = field(default_factory=dict)
    listings: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    no_domains: str | None = None
    noted: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    ran: dict[str, list[str]] = field(default_factory=dict)


class Unreachable(Exception):
    """A server cannot be reached, or answers with an error."""


def survey(
    session: Session,
    root: str,
    toolstack: str,
    wanted: Mapping[str, Bundle | None],
    recorded: Callable[[str], str | None],
) -> Survey:
    """Survey a server whose projects are below *root*, in one round trip. Raises Unreachable.

    *wanted* has the bundle of each project, None to be removed. *recorded* returns the generation of a project on
    this server in out/deployed.
    """
    lines = "".join(
        f"{project} {bundle.generation if bundle else '-'} {recorded(project) or '-'}\n"
        for project, bundle in wanted.items()
    )
    answer = expect(session.ask("survey", (root, toolstack), lines.encode()))
    listings, before = answer.texts("files"), answer.texts("before")
    found = Survey(states(answer), listings, before, dict(_pairs(answer)), no_domains(answer))
    for project, plan, step, word in answer.told("noted"):
        found.noted.setdefault(project, []).append((plan, step, word))
    for project, host in answer.told("ran"):
        found.ran.setdefault(project, []).append(host)
    return found


def states(answer: Answer) -> dict[str, State]:
    """The record of each project in *answer*."""
    return {
        project: State(_known(applied), _known(pending), tuple(waiting.split()), by, when)
        for project, applied, pending, waiting, by, when in answer.told("state")
    }


def domains(answer: Answer) -> dict[str, str]:
    """UUID of each domain in *answer*, by name."""
    return dict(_pairs(answer))


def no_domains(answer: Answer) -> str | None:
    """The reason why *answer* has no domains; None if it has them."""
    return next((words[0] or "no answer" for words in answer.told("no-domains")), None)


def expect(answer: Answer) -> Answer:
    """Return *answer* if the server was reached and succeeded. Raises Unreachable with its last messages."""
    if not answer.reached:
        raise Unreachable(_reason(answer.errors))
    if answer.status != 0:
        output = [*answer.lines[-3:], *answer.errors.splitlines()[-3:]]
        raise Unreachable("; ".join(output) or f"ended with status {answer.status}")
    return answer


def _reason(errors: str) -> str:
    """The last line of ssh, which is the reason; for a host key, also what to do."""
    lines: Iterable[str] = [line for line in errors.splitlines() if line.strip()]
    last = list(lines)[-1:] or ["the connection failed"]
    if "Host key verification failed" in last[0]:
        return (
            "its host key is unknown or has changed, so nothing was sent. Find the cause; if the key is right, add it"
            " to known_hosts (log in to the server once by hand)"
        )
    return last[0]


def _pairs(answer: Answer) -> list[tuple[str, str]]:
    return [(words[0], words[1]) for words in answer.told("domain")]


def _known(word: str) -> str | None:
    return None if word in ("", "-") else word
