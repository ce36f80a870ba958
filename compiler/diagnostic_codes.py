"""Every diagnostic code, once: its severity and what it is about. Each has a fixture in ``tests/errors``."""

from dataclasses import dataclass
from typing import Literal

from mlnc.compiler import target_codes
from mlnc.compiler.mln1.mln1_codes import MLN1


@dataclass(frozen=True, slots=True)
class Code:
    """What is known of a code before any diagnostic is made with it."""

    severity: Literal["error", "warning"]
    about: str


def _errors(**about: str) -> dict[str, Code]:
    return {name.replace("_", "-"): Code("error", text) for name, text in about.items()}


def _warnings(**about: str) -> dict[str, Code]:
    return {name.replace("_", "-"): Code("warning", text) for name, text in about.items()}


CODES: dict[str, Code] = {
    # reading
    **_errors(
        not_found="A source file or folder that was asked for does not exist or cannot be read.",
        not_utf8="A source file is not UTF-8 text.",
        control_character="A control character that no generated file could hold.",
        nameless_block="A { that no name stands before.",
        superfluous_brace="A } that closes nothing.",
        unclosed_brace="A { that is never closed.",
        include_without_file="An #include that names no file.",
        include_not_found="An included file that does not exist or is not a readable file.",
        include_cycle="A file that includes itself, directly or through others.",
        too_deep="Blocks or includes nested deeper than anybody means.",
    ),
    # expanding
    **_errors(
        no_project="A file that was to be built has no global { project NAME }.",
        duplicate_host="Two hosts of one name.",
        duplicate_switch="Two switches of one name.",
        duplicate_superclass="Two superclasses of one name.",
        duplicate_service_host="Two service hosts of one name.",
        global_conflict="Two global blocks that set one directive differently.",
        several_superclasses="More than one superclass for one host or superclass.",
        unknown_superclass="A superclass that is not declared.",
        superclass_cycle="A superclass that inherits from itself.",
        variable_recursion="A variable whose value leads back to itself.",
        value_too_long="A value that grows beyond any use when its variables are filled in.",
        autoenum_incomplete="An autoenum block that lacks superclass or numhosts, or holds what it cannot use.",
        autoenum_overflow="An autoenum block whose addresses leave their net.",
    ),
    # shape, found while expanding, said while checking
    **_errors(
        stray_statement="A statement where only blocks may stand.",
        unknown_block="A block that is not known where it stands.",
        extra_words="More words in a header than a name.",
    ),
    # resolving words to typed values
    **_errors(
        unknown_directive="A word that no block of this kind knows.",
        misplaced_directive="A directive that stands in a block where it means nothing.",
        wrong_form="A directive written as a block that is a value, or the other way round.",
        missing_value="A directive without the value it needs.",
        invalid_value="A value that is not of the directive's type.",
        invalid_record="A line of a list with too few or too many words.",
        undefined_variable="A variable that nothing defines, in a setting.",
        unsupported_directive="A directive that mlnc refuses, because ignoring it would build something else.",
    ),
    # checking projects
    **_errors(
        invalid_name="A name that Xen, LVM or Linux would not take.",
        undeclared_service_host="A service_host that is not declared, where others are.",
        undefined_switch="A switch that is not declared.",
        missing_netmask="A static address without a netmask or a /length.",
        address_conflict="Addresses, netmask and gateway of one card that contradict each other.",
        conflicting_directives="Directives that exclude each other.",
        rename_conflict="A renamed_from that names what still exists, or what two claim to have been.",
        secret_exposed="A variable that brings a literal secret to where it would be written out.",
    ),
    **_warnings(
        without_effect="A directive that does nothing where it stands.",
        no_service_host="A host without a service_host, where servers are declared and localhost is none of them.",
        secret_in_clear="A secret that is written in clear text.",
        secret_reference="A reference to a secret where it stays the text that it is.",
    ),
    # checking the course
    **_errors(
        duplicate_project="Two projects of one name.",
        duplicate_domain="Two domains or volumes of one name.",
        duplicate_mac="Two network cards with one MAC address.",
        duplicate_display="Two domains of a server on one VNC display.",
        duplicate_disk="Two domains of a server that write one disk.",
        duplicate_bridge="Two switches of a server with one bridge.",
        duplicate_address="Two cards of a network with one address.",
        duplicate_segment="Two switches on one VLAN or VXLAN.",
    ),
    **_warnings(memory_exceeded="Domains that need more memory than their server has."),
    **{code: Code("error", about) for code, about in target_codes.ERRORS.items()},
    **{code: Code("warning", about) for code, about in target_codes.WARNINGS.items()},
    # shape that loses nothing
    **_warnings(
        repeated_directive="One directive set twice in one block; the last counts.",
        repeated_block="One block written twice in one place; the last counts.",
        builtin_variable="A definition of $hostname, $project or $service_host, which cannot be changed.",
        lone_zero="A statement that is only 0, which says nothing.",
        autoenum_unplaced="An autoenum whose service_hosts leave some of its hosts without a server.",
        file_not_built="A file of a folder that is neither a project nor included by one.",
    ),
    # where MLN 1.0.8.8 reads otherwise, said by check --mln1
    **_warnings(**MLN1),
}

_INTRODUCTION = """\
# Diagnostics

Everything that `mlnc` may find, by its code. An error stops a build and ends the command with 1; a warning does
not, unless `-W error` is given; `-W no-CODE` silences one. For each code `tests/errors/` has a small file that earns
it and the text that `mlnc check` then prints. This page is written by `invoke goldens`.
"""


def markdown() -> str:
    """The text of docs/diagnostics.md."""
    return "\n".join([_INTRODUCTION, *(_table(severity) for severity in ("error", "warning"))])


def _table(severity: str) -> str:
    rows = [
        f"| `{code}` | {about.about} |" for code, about in sorted(CODES.items()) if about.severity == severity
    ]
    return "\n".join([f"## {severity.capitalize()}s", "", "| Code | Meaning |", "|---|---|", *rows, ""])
