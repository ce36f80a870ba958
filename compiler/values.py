"""The types of the directive table: a word or text in, a typed value out, or Invalid with what is wrong.

One parser a type, in the table at the end. Sizes follow mln-language.md, section 14: ``b`` is 512 bytes; K M G T are
powers of 1024; kB KB MB GB TB powers of 1000.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlnc.schemas.language import Directive, Field

MIB = 1024 * 1024

UNITS: dict[str, int] = {
    "b": 512,
    "K": 1024,
    "M": MIB,
    "G": 1024**3,
    "T": 1024**4,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
}

Spec = Directive | Field


class Invalid(Exception):
    """A value that is not of its type: what is wrong with it, and what to write."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class SecretText:
    """The value of a secret directive: a reference (``name`` empty: named after its place) or a literal."""

    name: str | None
    literal: str | None


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address in a guest: ``length`` where it was written as ``/len``."""

    address: ipaddress.IPv4Address
    length: int | None


@dataclass(frozen=True, slots=True)
class Address6:
    """An IPv6 address in a guest with its prefix length."""

    address: ipaddress.IPv6Address
    length: int


def _text(text: str, _: Spec) -> str:
    return text


def _word(text: str, _: Spec) -> str:
    if " " in text:
        raise Invalid("is more than one word", "leave the blank out")
    return text


def _matching(pattern: str, what: str) -> Callable[[str, Spec], str]:
    compiled = re.compile(pattern)

    def parse(text: str, _: Spec) -> str:
        if not compiled.fullmatch(text):
            quoted = text[:1] in "\"'" and len(text) > 1
            raise Invalid(
                f"is not {what}", "the quotes are part of the value: leave them out" if quoted else None
            )
        return text

    return parse


def _integer(text: str, spec: Spec) -> int:
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise Invalid("is not a whole number")
    number = int(text)
    low, high = getattr(spec, "min", None), getattr(spec, "max", None)
    if (low is not None and number < low) or (high is not None and number > high):
        raise Invalid(f"is not a number {_range(low, high)}")
    return number


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f"from {low} up"
    return f"from {low} to {high}" if low is not None else f"up to {high}"


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})([A-Za-z]*)", text)
    if not match:
        raise Invalid("is not a size", "write a whole number and a unit: 512M, 4G")
    number, unit = int(match[1]), match[2]
    if unit not in UNITS:
        hint = (
            f"the units are {', '.join(UNITS)}: {match[1]}{_near_unit(unit)}"
            if unit
            else f"write {number}M or {number}G"
        )
        raise Invalid(f"has the unknown unit {unit!r}" if unit else "has no unit", hint)
    return number * UNITS[unit]


def _near_unit(unit: str) -> str:
    return unit[0].upper() if unit[0].upper() in UNITS else "M"


def _size(text: str, spec: Spec) -> int:
    size = 0 if text == "0" else _bytes(text)
    if size < (getattr(spec, "min", None) or 0):
        raise Invalid("is no size at all", "write a number above 0")
    return size


def memory(text: str, _: Spec | None = None) -> int:
    """Memory in MiB: a bare number is MiB, a unit must come out at whole MiB."""
    size = int(text) * MIB if re.fullmatch(r"[0-9]{1,9}", text) else _bytes(text)
    if size < MIB:
        raise Invalid("is less than 1 MiB")
    if size % MIB:
        near = math.ceil(size / MIB)
        raise Invalid(
            f"is {size / MIB:.2f} MiB, and Xen takes whole MiB", f"write {near}M, or M instead of MB"
        )
    return size // MIB


def _ip(kind: type[Any], what: str) -> Callable[[str, Spec], str]:
    def parse(text: str, _: Spec) -> str:
        try:
            return str(kind(text))
        except ValueError as error:
            raise Invalid(f"is not {what}") from error

    return parse


def _any_ip(text: str, _: Spec) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise Invalid("is not an IP address") from error


def _address(text: str, _: Spec) -> Address | str:
    if text == "dhcp":
        return text
    address, slash, length = text.partition("/")
    if slash and not re.fullmatch(r"[0-9]|[12][0-9]|3[0-2]", length):
        raise Invalid(f"has the prefix length {length!r}", "an IPv4 prefix length is a number from 0 to 32")
    try:
        return Address(ipaddress.IPv4Address(address), int(length) if slash else None)
    except ValueError as error:
        six = ":" in text
        raise Invalid(
            "is not an IPv4 address", "IPv6 goes to address6" if six else "write A.B.C.D, A.B.C.D/len or dhcp"
        ) from error


def _address6(text: str, _: Spec) -> Address6 | str:
    if text == "auto":
        return text
    address, slash, length = text.partition("/")
    try:
        if not slash or not re.fullmatch(r"[0-9]{1,3}", length) or int(length) > 128:
            raise Invalid("is not an IPv6 address with a /length", "write 2001:db8::2/64, or auto")
        if "%" in address:
            raise ValueError(address)
        return Address6(ipaddress.IPv6Address(address), int(length))
    except ValueError as error:
        raise Invalid("is not an IPv6 address", "write 2001:db8::2/64, or auto") from error


def netmask_length(text: str, _: Spec | None = None) -> int:
    """The prefix length of a netmask written as A.B.C.D or /len."""
    if re.fullmatch(r"/([0-9]|[12][0-9]|3[0-2])", text):
        return int(text[1:])
    try:
        bits = int(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise Invalid("is not a netmask", "write 255.255.255.0 or /24") from error
    length = bits.bit_count()
    if bits != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise Invalid("is not a netmask: its bits are not in one run", "write 255.255.255.0 or /24")
    return length


def _mac(text: str, _: Spec) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}", text):
        raise Invalid("is not a MAC address", "write six pairs of hex digits: 00:16:3e:10:00:01")
    mac = text.lower().replace("-", ":")
    if int(mac[:2], 16) & 1:
        raise Invalid("is a multicast MAC address", "a card needs a unicast one: its first octet is even")
    if mac == "00:00:00:00:00:00":
        raise Invalid("is not the address of any card")
    return mac


def _volume_group(text: str, spec: Spec) -> str:
    name = text.removeprefix("/dev/")
    parsed = _matching(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}", "a name of a volume group")(name, spec)
    if parsed in (".", ".."):
        raise Invalid("is not a name of a volume group")
    return parsed


def _path(text: str, _: Spec) -> str:
    if not text.startswith("/"):
        raise Invalid("is not an absolute path", "write it from / on")
    if ".." in text.split("/"):
        raise Invalid("has .. in it", "write the folder it leads to")
    return re.sub(r"/+", "/", text).rstrip("/") or "/"


def _file(text: str, spec: Spec) -> str:
    if text.startswith("/"):
        return _path(text, spec)
    if ".." in text.split("/"):
        raise Invalid("has .. in it", "name a file below the files folder")
    return text


def _bridge(text: str, _: Spec) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text) or text in (".", ".."):
        raise Invalid("is not a name of a bridge", "letters, digits, _ . and - can stand in it")
    if len(text) > 15:
        raise Invalid(f"has {len(text)} characters, and Linux allows 15 for a bridge")
    return text


# crypt(5): a method between $, or DES, whose last character holds 4 bits only: a password of 13 letters is rarely one
_METHOD = r"\$(?:1|2[abxy]?|3|5|6|7|y|gy|sha1|md5)[$,][^\s:]{8,}"
_DES = r"[./0-9A-Za-z]{12}[.26AEIMQUYcgkosw]"
_HASH = re.compile(rf"[!*]{{0,2}}(?:{_METHOD}|{_DES})|[!*x]|!!|!\*|\*LK\*|\*NP\*")


def _crypt(text: str, _: Spec) -> str | SecretText:
    if text.startswith("@"):
        return secret(text)
    if not _HASH.fullmatch(text):
        raise Invalid(
            "is not an encrypted password", "make one with: openssl passwd -6 (or write @secret/NAME)"
        )
    return text


_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/-]*")


def secret(text: str, _: Spec | None = None) -> SecretText:
    """``@secret``, ``@secret/NAME`` or a literal, which is kept out of every message."""
    if text == "@secret":
        return SecretText("", None)
    if text.startswith("@secret/"):
        name = text.removeprefix("@secret/")
        if not _SECRET_NAME.fullmatch(name) or ".." in name.split("/"):
            raise Invalid(
                "is not the name of a secret", "write @secret/NAME with letters, digits and _ . + / - in it"
            )
        return SecretText(name, None)
    if text.startswith("@secret"):
        raise Invalid("is not a reference to a secret", "write @secret or @secret/NAME")
    return SecretText(None, text)


def _choice(text: str, spec: Spec) -> str:
    choices: tuple[str, ...] = getattr(spec, "choices", ())
    if text not in choices:
        raise Invalid(f"is not one of {', '.join(choices)}")
    return text


def _count(text: str, spec: Spec) -> int | str:
    return text if text == "all" else _integer(text, spec)


_HOSTNAME = _matching(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,252}", "a host name or an IP address")
_USER = _matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?", "a name of a user or group")
_MODE = _matching(r"[0-7]{3,4}", "a file mode of three or four octal digits")
_TEMPLATE = _matching(r"[A-Za-z0-9][A-Za-z0-9_.+-]*(/[A-Za-z0-9][A-Za-z0-9_.+-]*)*", "a name of a template")

PARSERS: dict[str, Callable[[str, Spec], Any]] = {
    "text": _text,
    "word": _word,
    "integer": _integer,
    "count": _count,
    "memory": memory,
    "size": _size,
    "path": _path,
    "file": _file,
    "ip": _any_ip,
    "ipv4": _ip(ipaddress.IPv4Address, "an IPv4 address"),
    "ipv6": _ip(ipaddress.IPv6Address, "an IPv6 address"),
    "address": _address,
    "address6": _address6,
    "netmask": netmask_length,
    "mac": _mac,
    "hostname": _HOSTNAME,
    "service_host": _HOSTNAME,
    "switch": _word,
    "superclass": _word,
    "bridge": _bridge,
    "volume_group": _volume_group,
    "template": _TEMPLATE,
    "user": _USER,
    "mode": _MODE,
    "crypt": _crypt,
    "secret": secret,
    "choice": _choice,
    "pattern": _word,
}


def parse(text: str, spec: Spec) -> Any:
    """*text* as a value of the type of *spec*. Raises Invalid."""
    return PARSERS[spec.type or "text"](text, spec)


FLAG_OFF = frozenset(("0", "off", "no", "false"))
FLAG_ON = frozenset(("", "1", "on", "yes", "true"))


def flag(text: str, spec: Directive) -> bool | str:
    """A flag: on when bare, off by ``0 off no false``; a word of the directive's choices stands for itself."""
    if text in FLAG_OFF:
        return False
    if text in FLAG_ON:
        return True
    if text in spec.choices:
        return text
    also = f", {', '.join(spec.choices)}" if spec.choices else ""
    raise Invalid("is neither on nor off", f"write {spec.name} alone, or {spec.name} off{also}")


_RECORD_FIELD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^ "']|["'])+""")


def split_fields(text: str) -> list[str]:
    """The fields of an expanded record line."""
    return _RECORD_FIELD.findall(text)
