"""Where domains run, asked just before something depends on it: nothing may run twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mlnc.output.plan_model import Guard
from mlnc.runner.observe.survey import Unreachable, domains, expect, no_domains
from mlnc.runner.run_context import RunContext

Found = dict[str, str]
"""The name of each domain of a server, with its UUID."""


@dataclass(frozen=True, slots=True)
class DomainLocations:
    """What each server that was asked runs, and why others did not say. Those that are *fenced* are off."""

    running: Mapping[str, Found] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    fenced: Collection[str] = ()

    def of(self, domain: str, uuid: str) -> list[str]:
        """The servers on which that domain is, sorted; also one that arrives there, leaves, or lingers."""
        return sorted(name for name, found in self.running.items() if _is_there(found, domain, uuid))

    def runs(self, guards: Iterable[Guard]) -> list[str]:
        """``HOST=SERVER`` for each domain of *guards* that is somewhere."""
        return sorted(
            {f"{guard.host}={server}" for guard in guards for server in self.of(guard.domain, guard.uuid)}
        )

    def objection(self, guards: Iterable[Guard]) -> str | None:
        """Why a step with these *guards* must not begin; None if it may."""
        for guard in guards:
            for server in guard.servers:
                if server in self.silent:
                    return (
                        f"{server} does not say whether {guard.domain} runs there: {self.silent[server]}. Two"
                        f" servers must never run it, so nothing was begun; if {server} is switched off, say"
                        f" --fence {server}"
                    )
            elsewhere = [each for each in self.of(guard.domain, guard.uuid) if each not in guard.may_run]
            if elsewhere:
                return f"{guard.domain} is on {', '.join(elsewhere)}, where it must not be now; nothing was begun"
        return None


def look(run: RunContext, servers: Iterable[str], fenced: Collection[str] = ()) -> DomainLocations:
    """Ask *servers* what they run, side by side, but for those that are *fenced*."""
    asked = sorted(set(servers) - set(fenced))
    found = run.everywhere(asked, lambda server: _ask(run, server), len(asked))
    running = {server: answer for server, answer in found.items() if not isinstance(answer, str)}
    silent = {server: answer for server, answer in found.items() if isinstance(answer, str)}
    return DomainLocations(running, silent, fenced)


def guarded(guards: Iterable[Guard]) -> set[str]:
    """The servers that have to be asked for *guards*."""
    return {server for guard in guards for server in guard.servers}


def _ask(run: RunContext, server: str) -> Found | str:
    if server not in run.site:
        return "it is not in the site file any more"
    try:
        answer = expect(run.ask(server, "list_domains", (run.site[server].toolstack,)))
    except Unreachable as error:
        return run.secrets.masked(str(error))
    silent = no_domains(answer)
    return domains(answer) if silent is None else f"its toolstack does not answer ({silent})"


def _is_there(found: Found, domain: str, uuid: str) -> bool:
    """Names as the toolstacks change them while a domain moves: see ``domain_exists`` in the library."""
    names = (
        domain,
        f"{domain}--incoming",
        f"{domain}--migratedaway",
        f"migrating-{domain}",
        f"Zombie-{domain}",
    )
    return any(name in found for name in names) or uuid in found.values()
