import pytest
from courses import disk, guest, host, interface

from mlnc.ir.model import Host, Vnc
from mlnc.targets.xen.xen_text_checks import refuse_words


@pytest.mark.parametrize(
    ("one", "field", "message"),
    [
        (host(kernel="/boot/a\nb"), "kernel", "cannot hold the character U+000A"),
        (host(ramdisk="/boot/\x85"), "ramdisk", "cannot hold the character U+0085"),
        (
            host(guest=guest(root_device="/dev/\ud800")),
            "guest/root_device",
            "cannot hold the character U+D800",
        ),
        (host(kernel_arguments="a\u202eb"), "kernel_arguments", "cannot hold the character U+202E"),
        (host(kernel_arguments="@secret/x@"), "kernel_arguments", "@secret/ marks the place of a secret"),
        (host(xen_extra=("a = 1", "b = '\x00'")), "xen_extra/1", "cannot hold the character U+0000"),
        (host(disks=(disk(path="/a,b"),)), "disks/0/path", "'/a,b' has a comma"),
        (host(disks=(disk(), disk(device="xvda2 "))), "disks/1/device", "has a blank at an end"),
        (host(interfaces={"eth1": interface(bridge="")}), "interfaces/eth1/bridge", "'' is empty"),
        (host(interfaces={"eth1": interface(mac="a,b")}), "interfaces/eth1/mac", "has a comma"),
        (host(vnc=Vnc("127.0.0.1", 1, "no,sdl=1", None)), "vnc/keymap", "has a comma"),
        (host(vnc=Vnc("::1", 1, None, None)), "vnc/listen", "'::1' is no IPv4 address"),
        (host(vnc=Vnc("", 1, None, None)), "vnc/listen", "'' is no IPv4 address"),
        (host(cpus="[0, 1]"), "cpus", "'[0, 1]' is no list of processors for xl"),
    ],
)
def test_what_a_domain_file_cannot_hold_is_refused_where_it_stands(
    one: Host, field: str, message: str
) -> None:
    (refusal,) = refuse_words(one, "xl", "demo/hosts/linux")
    assert (refusal.code, refusal.where) == ("xen-unwritable", f"demo/hosts/linux/{field}")
    assert message in refusal.message


@pytest.mark.parametrize("cpus", ["0", "0-3,^1", "all,^0", "nodes:0-1,^node:1", "^1-2,7"])
def test_xl_takes_lists_of_processors_and_nodes(cpus: str) -> None:
    assert refuse_words(host(cpus=cpus), "xl", "") == []


@pytest.mark.parametrize(
    ("cpus", "taken"), [("0-3,^1,5", True), ("all", False), ("^1-2", False), ("nodes:0", False)]
)
def test_xm_takes_numbers_ranges_and_exceptions(cpus: str, taken: bool) -> None:
    assert (refuse_words(host(cpus=cpus), "xm", "") == []) == taken


def test_tabs_in_xen_extra_are_blanks() -> None:
    assert refuse_words(host(xen_extra=("a\t=\t1",)), "xl", "") == []
