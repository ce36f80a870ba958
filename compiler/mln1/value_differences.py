"""Where MLN 1.0.8.8 makes something else of a value or a directive than mlnc does."""

import re
from collections.abc import Callable, Iterator

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.mln1.blocks import Part
from mlnc.compiler.source import Origin
from mlnc.compiler.superclasses import ExpandedStatement
from mlnc.compiler.values import FLAG_OFF, split_fields
from mlnc.schemas.language import Directive

Found = Iterator[Diagnostic]


def zeros(part: Part) -> Found:
    """``x 0``, which sets x to 1."""
    for entry, directive in part.settings():
        words = entry.statement.words
        if len(words) > 1 and words[1].text == "0":
            flag = directive is not None and directive.form == "flag"
            hint = (
                f"leave {entry.name} out, here and in superclasses"
                if flag
                else "write 00 where that means the same"
            )
            message = f"MLN 1.0.8.8 sets {entry.name} to 1 here: it reads a 0 behind a name so"
            yield Diagnostic("mln1-zero", message, entry.origin, hint)


def flags(part: Part) -> Found:
    """A flag switched off."""
    for entry, directive in part.settings():
        if directive is not None and directive.form == "flag" and entry.rest in FLAG_OFF - {"0"}:
            message = f"MLN 1.0.8.8 cannot switch a flag off: {entry.name} {entry.rest} switches it on"
            hint = f"leave {entry.name} out, here and in superclasses"
            yield Diagnostic("mln1-flag-off", message, entry.origin, hint)


def keywords(part: Part) -> Found:
    """A variable in the name of a setting. A bare ``$x`` is a matter of the tree."""
    for entry, _ in part.settings():
        first = entry.statement.words[0]
        if first.parts and not re.fullmatch(r"\$[A-Za-z0-9_]+", first.text):
            message = "MLN 1.0.8.8 fills in no variables in the name of a setting"
            origin = Origin(first.span, entry.origin.via)
            hint = "write the name without the variable"
            yield Diagnostic("mln1-first-word-variable", message, origin, hint)


def memory(part: Part) -> Found:
    """Memory in another unit than M."""
    for entry, directive in part.settings():
        if _is(directive, "memory") and not re.fullmatch(r"[0-9]+M?", entry.rest):
            message = "MLN 1.0.8.8 converts no memory: it leaves out the letter M and hands on the rest"
            yield Diagnostic("mln1-memory-unit", message, entry.origin, "write it in M")


def sizes(part: Part) -> Found:
    """Sizes in units that the original does not know."""
    for entry, directive in part.settings():
        if _is(directive, "size") and re.fullmatch(r"[0-9]+TB?", entry.rest):
            message = "MLN 1.0.8.8 knows no unit above G and would make no disk"
            yield Diagnostic("mln1-size-unit", message, entry.origin, "write it in G")


def addresses(part: Part) -> Found:
    """Addresses with a prefix length."""
    for entry, directive in part.settings():
        if _is(directive, "address", "netmask") and "/" in entry.rest:
            message = "MLN 1.0.8.8 knows no prefix length and would hand it on to the guest as it stands"
            hint = "write the address alone and netmask A.B.C.D"
            yield Diagnostic("mln1-address-length", message, entry.origin, hint)


def _is(directive: Directive | None, *types: str) -> bool:
    return directive is not None and directive.type in types


def secret_settings(part: Part) -> Found:
    """References to secrets as values."""
    for entry, directive in part.settings():
        if _is(directive, "secret", "crypt") and entry.rest.startswith("@secret"):
            yield _reference(entry)


def secret_records(part: Part) -> Found:
    """References to secrets in the lines of a list."""
    fields = part.list.record if part.list is not None else ()
    for entry in part.node.lines if fields else ():
        words = zip(split_fields(entry.text), fields, strict=False)
        if any(field.type in ("secret", "crypt") and word.startswith("@secret") for word, field in words):
            yield _reference(entry)


def _reference(entry: ExpandedStatement) -> Diagnostic:
    message = "MLN 1.0.8.8 knows no references to secrets and takes this text for the password itself"
    return Diagnostic("mln1-secret-reference", message, entry.origin)


def records(part: Part) -> Found:
    """Fields of a record with a blank between quotes."""
    for entry in part.node.lines if part.list is not None and part.list.record else ():
        if split_fields(entry.text) != entry.text.split():
            message = "MLN 1.0.8.8 splits this line at every blank, between quotes too"
            yield Diagnostic("mln1-blanks", message, entry.origin, "do without blanks within a field")


def unknown(part: Part) -> Found:
    """Directives that are new in mlnc."""
    for entry, directive in part.settings():
        if directive is not None and directive.since == "mlnc":
            yield _unknown(directive.name, entry.origin)
    for name, node in part.node.blocks.items():
        directive = part.known(name)
        if directive is not None and directive.since == "mlnc":
            yield _unknown(directive.name, node.origin)


def _unknown(name: str, origin: Origin) -> Diagnostic:
    message = f"MLN 1.0.8.8 does not know {name} and reads past it"
    return Diagnostic("mln1-new-directive", message, origin)


CHECKS: tuple[Callable[[Part], Found], ...] = (
    zeros,
    flags,
    keywords,
    memory,
    sizes,
    addresses,
    secret_settings,
    secret_records,
    records,
    unknown,
)
