"""Every diagnostic code, once: its severity and what it is about. Each has a fixture in ``tests/errors``."""

from dataclasses import dataclass
from typing import Literal

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
        nameless_block="A block without a name.",
        superfluous_brace="A } without a matching {.",
        unclosed_brace="A { without a matching }.",
        include_without_file="An #include that names no file.",
        include_not_found="An included file that does not exist or is not a readable file.",
        include_cycle="A file that includes itself, directly or through others.",
        too_deep="Blocks or includes nested more than 100 deep.",
    ),
    # expanding
    **_errors(
        no_project="A file that is requested as a project, or has a global block, has no global { project NAME }.",
        duplicate_host="Two hosts of one name.",
        duplicate_switch="Two switches of one name.",
        duplicate_superclass="Two superclasses of one name.",
        duplicate_service_host="Two service hosts of one name.",
        global_conflict="Two global blocks that set one directive differently.",
        several_superclasses="More than one superclass for one host or superclass.",
        unknown_superclass="A superclass that is not declared.",
        superclass_cycle="A superclass that inherits from itself.",
        variable_recursion="A variable that refers to itself.",
        value_too_long="A value that grows beyond any use when its variables are filled in.",
        autoenum_incomplete="An autoenum block that lacks superclass or numhosts, or holds what it cannot use.",
        autoenum_overflow="An autoenum block whose addresses leave their net.",
    ),
    # shape, found while expanding, said while checking
    **_errors(
        stray_statement="A statement where only blocks may stand.",
        unknown_block="A block that is not known where it stands.",
        extra_words="Extra words in the header of a block.",
    ),
    # resolving words to typed values
    **_errors(
        unknown_directive="A directive that does not exist.",
        misplaced_directive="A directive in a block that does not allow it.",
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
        secret_exposed="A variable that copies a literal secret into generated output.",
    ),
    **_warnings(
        without_effect="A directive that does nothing where it stands.",
        no_service_host="A host without a service_host, where servers are declared and localhost is none of them.",
        secret_in_clear="A secret in clear text.",
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
    **_errors(
        pvh_unsupported="A PVH host on a server whose toolstack does not know the type.",
        kernel_missing="A PV or PVH host without a kernel.",
        xen_unwritable="A value that a domain file cannot hold.",
        xen_extra_syntax="A line of xen_extra that the server's toolstack cannot read.",
        xen_extra_unknown_key="A line of xen_extra with a key that the server's toolstack does not know.",
        xen_extra_type="A line of xen_extra whose value is of the wrong type.",
        xen_extra_conflict="A line of xen_extra that sets what mlnc sets.",
        xen_extra_secret="A line of xen_extra that holds a password in clear text.",
        storage_name="A name of a volume that LVM or a script cannot carry.",
        storage_text="A path or name that a storage script cannot carry.",
        snapshot_of_file="A snapshot of what is no logical volume.",
        lvm_lock_without_server="lvm lock, where no server is named that holds the lock of the volume group.",
        lvm_lock_several="Several locked volume groups for one project on one server.",
        guest_unwritable="A value that the files of a guest cannot hold.",
        guest_without_volume="A guest to be configured without a volume to do it through.",
        files_in_seed="Files for a guest that cloud-init configures, which brings none.",
        switch_spans_servers="A switch on several servers without vlan or vxlan.",
        switch_not_on_server="A host on a server where its switch does not exist.",
        switch_two_carriers="A switch with both a VLAN and a VXLAN.",
        switch_on_uplink="A VLAN or VXLAN on the server's own bridge.",
        vxlan_needs_address="A VXLAN between servers whose IP addresses are not declared.",
        bridge_two_carriers="A bridge that leads to two networks.",
        bridge_name="A bridge that Linux would not take as a name of a device.",
        life_name="A name that a script cannot carry.",
        projects_folder="A projects folder that a systemd unit cannot name.",
        mln_conf_value="A value that the daemon of MLN 1 would misread.",
        daemon_allow_syntax="A daemon_allow that the daemon of MLN 1 cannot read.",
        relocation_allow_syntax="A relocation_allow that is neither a name, a pattern nor an anchored expression.",
        relocation_address_syntax="A relocation_address that xend cannot read.",
        no_room="Virtual machines that are to move, and servers which have too little memory for them.",
        service_host_shared="A server that is to be emptied, written where hosts would follow that go elsewhere.",
        plan_server_unknown="A server that still has virtual machines, and that the site does not know any more.",
    ),
    **_warnings(
        foreign_platform="A host of another platform, which is left out.",
        kernel_arguments_unused="Kernel arguments of a host that boots from its disk.",
        fat32_not_grown="A FAT32 file system that stays as large as its template.",
        shared_group_unlocked="A volume group that several servers change, and that nothing locks.",
        user_data_unused="Lines of user_data that no cloud-init reads.",
        daemon_allow_wide="A daemon_allow that admits more than it seems to.",
        daemon_allow_name="A daemon_allow that can match no address.",
        relocation_allow_wide="A relocation_allow that admits everyone.",
        toolstack_differs="Servers that share storage and have different toolstacks.",
        xen_version_differs="Servers that share storage and have different versions of Xen.",
        storage_differs="Servers that share storage under different names.",
        move_not_live="Virtual machines that are stopped for a move because their servers are not compatible.",
        bridge_elsewhere="A moving card on a bridge that the old server is declared to have and the new one is not.",
    ),
    # shape that loses nothing
    **_warnings(
        repeated_directive="One directive set twice in one block; the last counts.",
        repeated_block="One block written twice in one place; the last counts.",
        builtin_variable="A definition of $hostname, $project or $service_host, which cannot be changed.",
        lone_zero="A statement 0, which has no effect.",
        autoenum_unplaced="An autoenum whose service_hosts leave some of its hosts without a server.",
        no_hosts="A project without a host: its servers get nothing, and its deployed VMs are removed.",
        file_not_built="A file of a folder that is neither a project nor included by one.",
    ),
    # where MLN 1.0.8.8 reads otherwise, said by check --mln1
    **_warnings(**MLN1),
}

_INTRODUCTION = """\
# Diagnostics

All findings of `mlnc`, by code. An error stops a build and ends the command with 1; a warning does
not, unless `-W error` is given; `-W no-CODE` silences one. For each code `tests/errors/` has a small file that causes
it and the output of `mlnc check`. This page is written by `invoke goldens`.
"""


def markdown() -> str:
    """The text of docs/diagnostics.md."""
    return "\n".join([_INTRODUCTION, *(_table(severity) for severity in ("error", "warning"))])


def _table(severity: str) -> str:
    rows = [
        f"| `{code}` | {about.about} |" for code, about in sorted(CODES.items()) if about.severity == severity
    ]
    return "\n".join([f"## {severity.capitalize()}s", "", "| Code | Meaning |", "|---|---|", *rows, ""])
