"""Lowering of the configuration inside a guest."""

from collections.abc import Callable, Mapping
from typing import Literal

from mlnc.compiler.disk_devices import devices
from mlnc.compiler.typed_model import TypedBlock, TypedRecord
from mlnc.compiler.values import SecretText
from mlnc.ir.model import DomainType, Guest, GuestFile, GuestGroup, Mount, Role, Secret, SshKey, User, Volume

Keep = Callable[[SecretText, str], Secret]
"""Function from a secret's text and the path of its directive to the reference in the IR."""


def guest(
    host: TypedBlock,
    name: str,
    kind: DomainType,
    volumes: Mapping[Role, Volume],
    attached: tuple[Mount, ...],
    keep: Keep,
) -> Guest:
    """Return the guest configuration of host *name*."""
    password: SecretText | None = host.get("root_passwd")
    names = devices(host, kind)
    return Guest(
        mode=_mode(host, kind),
        hostname=name,
        root_device=names.root_device,
        swap_device=f"/dev/{names.swap}" if "swap" in volumes else None,
        nameservers=tuple(host.all("nameserver")),
        root_password=keep(password, "root_passwd") if password else None,
        users=tuple(_user(record, keep) for record in _last_of_each(host.records.get("users", []))),
        groups=tuple(_group(name, block) for name, block in sorted(host.named.get("groups", {}).items())),
        ssh_keys=tuple(SshKey(record["user"], record["key"]) for record in host.records.get("sshkey", ())),
        files=tuple(
            GuestFile(record["source"], record["target"], record["mode"])
            for record in host.records.get("files", ())
        ),
        modules=tuple(dict.fromkeys(record["module"] for record in host.records.get("modules", ()))),
        mounts=attached,
        internal_swap_bytes=host.get("internalswap") or None,
        startup=host.lines("startup"),
        shutdown=host.lines("shutdown"),
        user_data=host.lines("user_data"),
    )


def _mode(host: TypedBlock, kind: DomainType) -> Literal["mount", "cloud-init", "none"]:
    if host.get("guest") == "cloud-init":
        return "cloud-init"
    return "none" if kind == "hvm" else "mount"


def _last_of_each(records: list[TypedRecord]) -> list[TypedRecord]:
    """Keep the last record of each user, so that a host's line overrides its superclass's."""
    return list({record["user"]: record for record in records}.values())


def _user(record: TypedRecord, keep: Keep) -> User:
    name: str = record["user"]
    password: str | SecretText | None = record["hash"]
    home = record["home"] or ("/root" if name == "root" else f"/home/{name}")
    hashed = keep(password, f"users/{name}") if isinstance(password, SecretText) else password
    return User(name, hashed, home, record["uid"])


def _group(name: str, block: TypedBlock) -> GuestGroup:
    return GuestGroup(
        name, tuple(dict.fromkeys(record["user"] for record in block.records.get("groups", ())))
    )
