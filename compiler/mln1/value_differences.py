"""Differences in how MLN 1.0.8.8 interprets values and directives."""

import re
from collections.abc import Callable, Iterator

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.mln1.blocks import BlockPart
from mlnc.compiler.source import Origin
from mlnc.compiler.superclasses import ExpandedStatement
from mlnc.compiler.values import FLAG_OFF, split_fields
from mlnc.schemas.language import Directive

Findings = Iterator[Diagnostic]


def zeros(part: BlockPart) -> Findings:
    """``x 0``, which sets x to 1 in MLN 1."""
    for entry, directive in part.settings():
        words = entry.statement.words
        if len(words) > 1 and words[1].text == "0":
            flag = directive is not None and directive.form == "flag"
            hint = (
                f"remove {entry.name} here and from superclasses"
                if flag
                else "write 00 if it has the same meaning"
            )
            message = f"MLN 1.0.8.8 sets {entry.name} to 1, because it reads 0 after a name as 1"
            yield Diagnostic("mln1-zero", message, entry.origin, hint)


def flags(part: BlockPart) -> Findings:
    """Flags that are switched off."""
    for entry, directive in part.settings():
        if directive is not None and directive.form == "flag" and entry.rest in FLAG_OFF - {"0"}:
            message = f"MLN 1.0.8.8 cannot switch a flag off: {entry.name} {entry.rest} switches it on"
            hint = f"remove {entry.name} here and from superclasses"
            yield Diagnostic("mln1-flag-off", message, entry.origin, hint)


def keywords(part: BlockPart) -> Findings:
    """Variables in the name of a setting. tree_differences reports a bare ``$x``."""
    for entry, _ in part.settings():
        first = entry.statement.words[0]
        if first.parts and not re.fullmatch(r"\$[A-Za-z0-9_]+", first.text):
            message = "MLN 1.0.8.8 does not substitute variables in the name of a setting"
            origin = Origin(first.span, entry.origin.via)
            hint = "write the name without the variable"
            yield Diagnostic("mln1-first-word-variable", message, origin, hint)


def memory(part: BlockPart) -> Findings:
    """Memory in a unit other than M."""
    for entry, directive in part.settings():
        if _has_type(directive, "memory") and not re.fullmatch(r"[0-9]+M?", entry.rest):
            message = "MLN 1.0.8.8 does not convert memory: it removes the letter M and passes on the rest"
            yield Diagnostic("mln1-memory-unit", message, entry.origin, "write the value in M")


def sizes(part: BlockPart) -> Findings:
    """Sizes in units that MLN 1 does not support."""
    for entry, directive in part.settings():
        if _has_type(directive, "size") and re.fullmatch(r"[0-9]+TB?", entry.rest):
            message = "MLN 1.0.8.8 has no unit above G and creates no disk"
            yield Diagnostic("mln1-size-unit", message, entry.origin, "write the size in G")


def addresses(part: BlockPart) -> Findings:
    """Addresses with a prefix length."""
    for entry, directive in part.settings():
        if _has_type(directive, "address", "netmask") and "/" in entry.rest:
            message = "MLN 1.0.8.8 does not support a prefix length and passes it to the guest unchanged"
            hint = "write the address without the length, and netmask A.B.C.D"
            yield Diagnostic("mln1-address-length", message, entry.origin, hint)


def _has_type(directive: Directive | None, *types: str) -> bool:
    return directive is not None and directive.type in types


def secret_settings(part: BlockPart) -> Findings:
    """References to secrets as values."""
    for entry, directive in part.settings():
        if _has_type(directive, "secret", "crypt") and entry.rest.startswith("@secret"):
            yield _reference(entry)


def secret_records(part: BlockPart) -> Findings:
    """References to secrets in the lines of a list."""
    fields = part.list.record if part.list is not None else ()
    for entry in part.node.lines if fields else ():
        words = zip(split_fields(entry.text), fields, strict=False)
        if any(field.type in ("secret", "crypt") and word.startswith("@secret") for word, field in words):
            yield _reference(entry)


def _reference(entry: ExpandedStatement) -> Diagnostic:
    message = "MLN 1.0.8.8 does not support secret references and uses this text as the password"
    return Diagnostic("mln1-secret-reference", message, entry.origin)


def records(part: BlockPart) -> Findings:
    """Record fields with a quoted blank."""
    for entry in part.node.lines if part.list is not None and part.list.record else ():
        if split_fields(entry.text) != entry.text.split():
            message = "MLN 1.0.8.8 splits this line at every blank, even in quotes"
            yield Diagnostic("mln1-blanks", message, entry.origin, "avoid blanks in a field")


def unknown(part: BlockPart) -> Findings:
    """Directives that are new in mlnc."""
    for entry, directive in part.settings():
        if directive is not None and directive.since == "mlnc":
            yield _unknown(directive.name, entry.origin)
    for name, node in part.node.blocks.items():
        directive = part.directive(name)
        if directive is not None and directive.since == "mlnc":
            yield _unknown(directive.name, node.origin)


def _unknown(name: str, origin: Origin) -> Diagnostic:
    message = f"MLN 1.0.8.8 does not know {name} and ignores it"
    return Diagnostic("mln1-new-directive", message, origin)


CHECKS: tuple[Callable[[BlockPart], Findings], ...] = (
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
