"""What a service host says it has: its own record of each project, and the domains it runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mlnc.output.bundle import Bundle
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.connect.session import Session

REMOVAL = "removal"
"""Stands in place of a pending generation when the removal of a project was interrupted."""


@dataclass(frozen=True, slots=True)
class State:
    """A server's record of one project: generations are None where there is none; *waiting* names hosts that ran.

    *pending* is a generation whose deployment was begun and not finished, or ``REMOVAL``.
    """

    applied: str | None = None
    pending: str | None = None
    waiting: tuple[str, ...] = ()
    by: str = ""
    when: str = ""


@dataclass(slots=True)
class Survey:
    """What one server has. *listings* are the files of projects that are not as wanted; *domains* are names and UUIDs.

    *before* are the files that projects had when an upgrade began that has brought what is wanted, and has not ended.
    *no_domains* says why the domains cannot be told, where that is so. *noted* and *ran* are what an upgrade has left
    by project while it has not ended: plan, step and word for each step, and the hosts that ran when it began.
    """

    states: dict[str, State] = field(default_factory=dict)
    listings: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    no_domains: str | None = None
    noted: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    ran: dict[str, list[str]] = field(default_factory=dict)


class Unreachable(Exception):
    """A server could not be reached, or did not answer as it must."""


def survey(
    session: Session,
    root: str,
    toolstack: str,
    wanted: Mapping[str, Bundle | None],
    recorded: Callable[[str], str | None],
) -> Survey:
    """One round trip: what the server has, compared with the *wanted* bundle of each project, None where it is to have
    nothing. *recorded* is the generation of a project that it has by the record here. Raises Unreachable.
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
    """The record of each project that an answer tells of."""
    return {
        project: State(_known(applied), _known(pending), tuple(waiting.split()), by, when)
        for project, applied, pending, waiting, by, when in answer.told("state")
    }


def domains(answer: Answer) -> dict[str, str]:
    """Name and UUID of each domain that an answer tells of."""
    return dict(_pairs(answer))


def no_domains(answer: Answer) -> str | None:
    """Why an answer cannot tell of domains, None where it can."""
    return next((words[0] or "no answer" for words in answer.told("no-domains")), None)


def expect(answer: Answer) -> Answer:
    """*answer*, if the server was reached and did what it was asked. Raises Unreachable with what was said."""
    if not answer.reached:
        raise Unreachable(_reason(answer.errors))
    if answer.status != 0:
        said = [*answer.lines[-3:], *answer.errors.splitlines()[-3:]]
        raise Unreachable("; ".join(said) or f"ended with status {answer.status}")
    return answer


def _reason(errors: str) -> str:
    """The last thing ssh said, which is the reason; a changed host key with what to do."""
    lines: Iterable[str] = [line for line in errors.splitlines() if line.strip()]
    last = list(lines)[-1:] or ["the connection failed"]
    if "Host key verification failed" in last[0]:
        return (
            "its host key is unknown or has changed, so nothing was sent. Find out why; if the key is right, put it"
            " into known_hosts (ssh to the server once by hand)"
        )
    return last[0]


def _pairs(answer: Answer) -> list[tuple[str, str]]:
    return [(words[0], words[1]) for words in answer.told("domain")]


def _known(word: str) -> str | None:
    return None if word in ("", "-") else word
