"""Locations of domains, asked immediately before a step depends on them: no VM may run twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mlnc.output.plan_model import Guard
from mlnc.runner.observe.survey import Unreachable, domains, expect, no_domains
from mlnc.runner.run_context import RunContext

Found = dict[str, str]
"""UUID of each domain of a server, by name."""


@dataclass(frozen=True, slots=True)
class DomainLocations:
    """Domains of each server that answered (*running*), reasons of those that did not (*silent*), *fenced* servers."""

    running: Mapping[str, Found] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    fenced: Collection[str] = ()

    def of(self, domain: str, uuid: str) -> list[str]:
        """The servers that have *domain*, sorted, including those where it arrives, leaves or lingers."""
        return sorted(name for name, found in self.running.items() if _has_domain(found, domain, uuid))

    def runs(self, guards: Iterable[Guard]) -> list[str]:
        """``HOST=SERVER`` for each domain of *guards* that a server has."""
        return sorted(
            {f"{guard.host}={server}" for guard in guards for server in self.of(guard.domain, guard.uuid)}
        )

    def objection(self, guards: Iterable[Guard]) -> str | None:
        """The reason to refuse a step with these *guards*; None if it may start."""
        for guard in guards:
            for server in guard.servers:
                if server in self.silent:
                    return (
                        f"{server} does not report whether {guard.domain} runs there: {self.silent[server]}."
                        " Nothing was started, since two servers must never run it. If the server is powered off,"
                        f" give --fence {server}"
                    )
            elsewhere = [each for each in self.of(guard.domain, guard.uuid) if each not in guard.may_run]
            if elsewhere:
                return f"{guard.domain} is on {', '.join(elsewhere)}, which this step forbids; nothing was started"
        return None


def look(run: RunContext, servers: Iterable[str], fenced: Collection[str] = ()) -> DomainLocations:
    """Ask *servers*, except those *fenced*, for their domains, in parallel."""
    asked = sorted(set(servers) - set(fenced))
    found = run.everywhere(asked, lambda server: _ask(run, server), len(asked))
    running = {server: answer for server, answer in found.items() if not isinstance(answer, str)}
    silent = {server: answer for server, answer in found.items() if isinstance(answer, str)}
    return DomainLocations(running, silent, fenced)


def guarded(guards: Iterable[Guard]) -> set[str]:
    """The servers to ask before a step with these *guards*."""
    return {server for guard in guards for server in guard.servers}


def _ask(run: RunContext, server: str) -> Found | str:
    if server not in run.site:
        return "it is no longer in the site file"
    try:
        answer = expect(run.ask(server, "list_domains", (run.site[server].toolstack,)))
    except Unreachable as error:
        return run.secrets.masked(str(error))
    silent = no_domains(answer)
    return domains(answer) if silent is None else f"its toolstack does not answer ({silent})"


def _has_domain(found: Found, domain: str, uuid: str) -> bool:
    """True if *found* has *domain* under one of the names a toolstack gives it during a move, or its UUID.

    ``domain_exists`` in the shell library uses the same names.
    """
    names = (
        domain,
        f"{domain}--incoming",
        f"{domain}--migratedaway",
        f"migrating-{domain}",
        f"Zombie-{domain}",
    )
    return any(name in found for name in names) or uuid in found.values()
