import pytest
from courses import host, hvm_host

from mlnc.schemas.xen_keys import Toolstack, xen_keys
from mlnc.targets.xen.xen_extra_checks import OWNED, refuse_extra


def judge(*lines: str, toolstack: Toolstack = "xl") -> list[tuple[str, str, str | None]]:
    found = refuse_extra(host(xen_extra=lines), toolstack, "x")
    return [(refusal.code, refusal.where, refusal.hint) for refusal in found]


@pytest.mark.parametrize(
    "lines",
    [
        ("on_crash='destroy'", 'on_reboot = "restart"  # as the course wants'),
        ("maxmem=512; cap = 50",),
        ("cpuid = [", "'0:eax=0x3,ebx=0x0',", "]"),
        ("cpuid = 'host,tm=0'",),
        ("viridian = [ 'base' ]", "timer_mode = 'no_delay_for_missed_ticks'", "rtc_timeoffset = '-3600'"),
        ("vnuma = [ ['pnode=0', 'size=512'], ['pnode=1', 'size=512'] ]", "device_model_args = ['-d', 'x']"),
        ("cpus = ['0', '1']", "bootloader = 'pygrub'"),
        (),
    ],
)
def test_what_xl_reads_and_mlnc_does_not_set_passes(lines: tuple[str, ...]) -> None:
    assert judge(*lines) == []


@pytest.mark.parametrize("key", sorted(OWNED))
@pytest.mark.parametrize("form", ["{}=1", "{} = 'x'", "on_crash='x';\t{}\t=\t[ ]", "{}=[", "{} += 'x'"])
def test_what_mlnc_sets_is_refused_in_every_form(key: str, form: str) -> None:
    lines = [form.format(key), "'x',", "]"] if form.endswith("[") else [form.format(key)]
    assert judge(*lines) == [("xen-extra-conflict", "x/0", OWNED[key])]


@pytest.mark.parametrize("key", ["maxmem", "maxvcpus"])
@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_a_limit_is_the_projects_unless_the_host_has_the_directive(key: str, toolstack: Toolstack) -> None:
    lines = (f"{key} = 512",)
    assert refuse_extra(host(xen_extra=lines), toolstack, "x") == []
    found = refuse_extra(host(xen_extra=lines, maxmem_mib=512, max_vcpus=2), toolstack, "x")
    assert [(each.code, each.hint) for each in found] == [("xen-extra-conflict", f"use {key} in the host")]


def test_cpus_is_the_projects_unless_the_host_has_the_directive() -> None:
    found = refuse_extra(host(cpus="0", xen_extra=("cpus = ['0', '1']",)), "xl", "x")
    assert [(refusal.code, refusal.hint) for refusal in found] == [
        ("xen-extra-conflict", "use cpus in the host")
    ]


def test_each_line_is_cited_where_its_statement_begins() -> None:
    lines = ["on_crash = 'destroy'", "pci = [", "'01:00.0',", "]; memory = 3", "vcpus = 2"]
    assert [where for _, where, _ in judge(*lines)] == ["x/3", "x/4"]


@pytest.mark.parametrize(
    ("line", "toolstack", "hint"),
    [
        ("on_crsh = 'destroy'", "xl", "did you mean on_crash?"),
        ("cpu_cap = 50", "xl", "xm knows it, but this service host has xl"),
        ("cap = 50", "xm", "xl knows it, but this service host has xm"),
        ("zzzzzz = 1", "xl", None),
        ("dryrun = 1", "xm", None),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(
    line: str, toolstack: Toolstack, hint: str | None
) -> None:
    assert judge(line, toolstack=toolstack) == [("xen-extra-unknown-key", "x/0", hint)]


@pytest.mark.parametrize(
    ("line", "toolstack"),
    [
        ("on_crash = []", "xl"),
        ("maxmem = 'much'", "xl"),
        ("maxmem = [512]", "xl"),
        ("localtime = 'yes'", "xl"),
        ("pci = '01:00.0'", "xl"),
        ("pci = '01:00.0'", "xm"),
        ("device_model_args = 1", "xl"),
        ("device_model_args = [['x']]", "xl"),
        ("boot = ['c']", "xm"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(line: str, toolstack: Toolstack) -> None:
    assert judge(line, toolstack=toolstack) == [("xen-extra-type", "x/0", None)]


def test_a_password_in_the_clear_is_refused() -> None:
    assert judge("spicepasswd = 'hush'") == [("xen-extra-secret", "x/0", None)]


def test_lines_before_an_unreadable_one_are_judged() -> None:
    found = judge("memory = 3", "acpi = True", "vcpus = 2")
    assert [(code, where) for code, where, _ in found] == [
        ("xen-extra-conflict", "x/0"),
        ("xen-extra-syntax", "x/1"),
    ]


def test_defaults_of_the_virtual_machine_are_the_projects_to_change() -> None:
    changed = hvm_host(xen_extra=("boot = 'd'", "acpi = 0", "apic = 0", "usb = 0", "usbdevice = 'mouse'"))
    assert refuse_extra(changed, "xl", "x") == []
    assert refuse_extra(changed, "xm", "x") == []


@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_key_lists_are_whole(toolstack: Toolstack) -> None:
    types = frozenset().union(*xen_keys(toolstack).values())
    assert types <= {"int", "bool", "string", "list", "strlist"}
    assert {"name", "memory", "disk", "vif", "on_crash"} <= xen_keys(toolstack).keys()


def test_on_crash_in_xen_extra_is_refused_beside_the_directive() -> None:
    one = host(xen_extra=("on_crash = 'destroy'",), on_crash="restart")
    (found,) = refuse_extra(one, "xl", "x")
    assert (found.code, found.hint) == ("xen-extra-conflict", "use on_crash in the host")
