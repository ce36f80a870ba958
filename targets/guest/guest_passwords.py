"""Passwords of a guest: hashes as they stand in the project, and secrets that are hashed on the server."""

import base64
import hashlib
from dataclasses import dataclass

from mlnc.ir.model import Host, Secret


@dataclass(frozen=True, slots=True)
class Password:
    """What ``guest_password`` takes: *kind* ``hash`` with the hash itself, or ``secret`` with its name and a salt."""

    account: str
    kind: str
    value: str
    salt: str = ""

    @property
    def token(self) -> str:
        """What stands in a file of ``out/`` where the hash will be: the hash itself unless it is a secret."""
        return self.value if self.kind == "hash" else f"@hash/{self.value}@"


def passwords(host: Host) -> list[Password]:
    """The passwords of the guest of *host*: users in order, then root where ``root_passwd`` is set."""
    named: list[tuple[str, str | Secret | None]] = [(user.name, user.hash) for user in host.guest.users]
    named.append(("root", host.guest.root_password))
    return [_password(host.domain, account, value) for account, value in named if value is not None]


def secrets(host: Host) -> list[str]:
    """The names of the secrets that the guest's script reads, sorted."""
    return sorted({each.value for each in passwords(host) if each.kind == "secret"})


def _password(domain: str, account: str, value: str | Secret) -> Password:
    if isinstance(value, Secret):
        return Password(account, "secret", value.secret, _salt(domain, account))
    return Password(account, "hash", value)


def _salt(domain: str, account: str) -> str:
    """A salt for crypt(3), 16 characters: its own for each account, and the same at every build.

    A salt has to differ from account to account, so that one guess cannot be tried on many; it need not be hidden.
    """
    digest = hashlib.sha256(f"mlnc {account}@{domain}".encode()).digest()
    return base64.b64encode(digest, altchars=b"./").decode()[:16]
