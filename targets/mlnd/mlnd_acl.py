"""Whom the original's daemon on a service host obeys: the ``daemon_allow`` patterns of mln.conf.

The daemon turns a pattern into a regular expression (a dot is a dot, ``*`` is a run of digits, all else stays) and
looks for it anywhere in the peer's IPv4 address; whoever it admits has a root shell (MLN reference, section 4.3).
So a pattern of four numbers or ``*`` is written between ``^`` and ``$``.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from mlnc.ir.model import Course, ServiceHost
from mlnc.ir.shared_storage import exchange_peers
from mlnc.output.artifact import Refusal

_QUAD = re.compile(r"([0-9]+|\*)(\.([0-9]+|\*)){3}")
_NEVER_IN_ADDRESS = re.compile(r"(?<!\\)[A-Za-z/:_@%]")
_STRANGERS = ("8.8.8.8", "203.0.113.77", "192.0.2.1")
"""Addresses of nobody: a pattern that admits all of them admits everyone."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The patterns for one server, in the order of the file, and what is wrong with those of the site."""

    patterns: tuple[str, ...]
    refusals: tuple[Refusal, ...]


def allowed(course: Course, name: str) -> Allowed:
    """What ``daemon_allow`` says on the service host *name*: the site's patterns, then its peers by name.

    Codes: ``daemon-allow-wide``, ``daemon-allow-name`` (warnings), ``daemon-allow-syntax`` (error).
    """
    servers = course.site.service_hosts
    read = [
        _site_pattern(pattern, f"site/service_hosts/{name}/daemon_allow/{n}", servers)
        for n, pattern in enumerate(servers[name].daemon_allow)
    ]
    read += [_peer(peer, servers[peer]) for peer in exchange_peers(course)[name]]
    patterns = dict.fromkeys(pattern for pattern, _ in read if pattern is not None)
    return Allowed(tuple(patterns), tuple(refusal for _, refusal in read if refusal is not None))


def original_reading(pattern: str) -> str:
    """The regular expression that the original's daemon makes of *pattern*."""
    return pattern.replace(".", r"\.").replace("*", r"\d+")


def _peer(name: str, server: ServiceHost) -> tuple[str | None, Refusal | None]:
    """The exact pattern for a server that exchanges VMs with this one."""
    if _is_ipv4(server.address):
        return f"^{server.address}$", None
    message = (
        f"{name} exchanges virtual machines with other servers, but their mln.conf cannot allow it: "
        f"MLN's daemon compares IPv4 addresses, and the address of {name} is {server.address}"
    )
    where = f"site/service_hosts/{name}/address"
    return None, Refusal("daemon-allow-name", where, message, f"declare the IPv4 address of {name}")


def _site_pattern(
    pattern: str, where: str, servers: dict[str, ServiceHost]
) -> tuple[str | None, Refusal | None]:
    """What is written for a pattern of the site (None: nothing), and what is wrong with it."""
    if pattern in servers and _is_ipv4(servers[pattern].address):
        return f"^{servers[pattern].address}$", None
    if not _is_regex(pattern):
        message = f"MLN cannot read the daemon_allow pattern {pattern!r}"
        return None, Refusal("daemon-allow-syntax", where, message, "write an address such as ^10.0.0.1$")
    if _NEVER_IN_ADDRESS.search(pattern):
        message = f"daemon_allow {pattern} never matches: MLN's daemon compares IPv4 addresses only"
        return None, Refusal("daemon-allow-name", where, message, "write an address such as ^10.0.0.*$")
    return _by_width(pattern, where)


def _by_width(pattern: str, where: str) -> tuple[str, Refusal | None]:
    """*pattern* as it is written, with a warning where it admits more than it seems to."""
    if _QUAD.fullmatch(pattern):
        exact = f"^{pattern}$"
        message = f"daemon_allow {pattern} also matches inside longer addresses; mlnc writes {exact}"
        return exact, Refusal("daemon-allow-wide", where, message, f"write {exact}")
    if _admits_everyone(pattern):
        message = f"daemon_allow {pattern} admits every address, and whoever is admitted has a root shell"
        return pattern, Refusal("daemon-allow-wide", where, message, "name the addresses")
    if not _is_anchored(pattern):
        message = (
            f"daemon_allow {pattern} is not tied to the whole address, so it admits more than it seems to"
        )
        return pattern, Refusal("daemon-allow-wide", where, message, "put it between ^ and $")
    return pattern, None


def _is_ipv4(text: str) -> bool:
    try:
        return str(IPv4Address(text)) == text
    except ValueError:
        return False


def _is_regex(pattern: str) -> bool:
    """Whether the original can use *pattern*: one printable ASCII word, and a regular expression in the end."""
    if not re.fullmatch(r"[!-~]+", pattern):
        return False
    try:
        re.compile(original_reading(pattern))
    except re.error:
        return False
    return True


def _admits_everyone(pattern: str) -> bool:
    compiled = re.compile(original_reading(pattern))
    return all(compiled.search(address) for address in _STRANGERS)


def _is_anchored(pattern: str) -> bool:
    """Whether *pattern* stands for whole addresses: between ``^`` and ``$``, no ``|`` outside brackets."""
    if not (pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith(r"\$")):
        return False
    bare = re.sub(r"\\.", "", pattern)
    while bare != (inner := re.sub(r"\([^()]*\)|\[[^]]*\]", "", bare)):
        bare = inner
    return "|" not in bare
