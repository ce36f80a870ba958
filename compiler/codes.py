"""Every diagnostic code, once: its severity and what it is about. Each has a fixture in ``tests/errors``."""

from dataclasses import dataclass
from typing import Literal


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
        missing_name="A host, switch, superclass, service_host or network block without a name.",
    ),
    **_warnings(
        repeated_directive="One directive set twice in one block; the last counts.",
        repeated_block="One block written twice in one place; the last counts.",
        builtin_variable="A definition of $hostname, $project or $service_host, which cannot be changed.",
        lone_zero="A statement that is only 0, which says nothing.",
        autoenum_unplaced="An autoenum whose service_hosts leave some of its hosts without a server.",
        file_not_built="A file of a folder that is neither a project nor included by one.",
    ),
}
