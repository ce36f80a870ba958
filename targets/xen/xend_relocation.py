r"""Whom xend on a service host takes domains from: the value of ``xend-relocation-hosts-allow``.

xend splits the value at single spaces and tries each part, with Python's ``re.match``, on the name to which the
peer's address resolves or, where it has none, on the address (xen-formats.md, section 3). The match is tied to
the start only, so each part here begins with ``^`` and ends with ``$``; an empty part would admit everyone.
"""

import re
from dataclasses import dataclass

from mlnc.ir.model import Course
from mlnc.ir.shared_storage import migration_peers
from mlnc.output.artifact import Refusal

_META = re.compile(r"[.^$*+?{}\[\]\\|()]")
_STRANGERS = ("203.0.113.77", "host.stranger.example")
"""A name and an address of nobody: a pattern that admits both admits everyone."""


@dataclass(frozen=True, slots=True)
class HostsAllow:
    """The expressions for one server, in the order of the file, and what is wrong with those of the site."""

    expressions: tuple[str, ...]
    refusals: tuple[Refusal, ...]


def hosts_allow(course: Course, name: str) -> HostsAllow:
    """Who may send domains to *name*: itself, the servers that share its storage, then what the site allows.

    Codes: ``relocation-allow-syntax`` (error), ``relocation-allow-wide`` (warning).
    """
    servers = course.site.service_hosts
    expressions, refusals = ["^localhost$"], []
    for peer in migration_peers(course)[name]:
        exact = (peer, servers[peer].address)
        if all(map(_is_word, exact)):
            expressions += [f"^{_literal(each)}$" for each in exact]
        else:
            refusals.append(_unusable_peer(peer))
    for n, pattern in enumerate(servers[name].relocation_allow):
        expression, problem = _site_pattern(pattern)
        expressions += [] if expression is None else [expression]
        if problem is not None:
            where = f"site/service_hosts/{name}/relocation_allow/{n}"
            refusals.append(Refusal(problem[0], where, f"relocation_allow {pattern} {problem[1]}"))
    return HostsAllow(tuple(dict.fromkeys(expressions)), tuple(refusals))


def _literal(text: str) -> str:
    return _META.sub(r"\\\g<0>", text)


def _is_word(text: str) -> bool:
    """Whether *text* is printable ASCII without blanks: in hosts-allow a blank would begin another part."""
    return re.fullmatch(r"[!-~]+", text) is not None


def _unusable_peer(name: str) -> Refusal:
    message = f"neither the name nor the address of {name!r} may hold blanks or characters outside ASCII"
    return Refusal("relocation-allow-syntax", f"site/service_hosts/{name}/address", message)


def _site_pattern(pattern: str) -> tuple[str | None, tuple[str, str] | None]:
    """The expression for a pattern of the site (None: unusable), and code and text of what is wrong with it."""
    expression = _expression(pattern)
    if expression is None:
        return None, (
            "relocation-allow-syntax",
            "is neither a name or address, where * stands for any characters, nor a regular expression "
            "between ^ and $",
        )
    if all(re.match(expression, stranger) for stranger in _STRANGERS):
        return expression, ("relocation-allow-wide", "lets every machine send domains to this server")
    return expression, None


def _expression(pattern: str) -> str | None:
    """*pattern* as one anchored regular expression; None where it is not one printable ASCII word or invalid."""
    if not _is_word(pattern):
        return None
    if pattern[0] == "^" or pattern[-1] == "$":
        return pattern if pattern[0] == "^" and pattern[-1] == "$" and _compiles(pattern) else None
    # In an address * stands for digits: a name such as 10.0.0.evil.example must not pass for one.
    run = "[0-9]+" if re.fullmatch(r"[0-9.*]*[0-9.][0-9.*]*", pattern) else ".*"
    return f"^{run.join(map(_literal, pattern.split('*')))}$"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
