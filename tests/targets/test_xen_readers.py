"""What the real readers find in domain files is what the IR says: libxlutil for xl, Python for xm."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xl_reader
from courses import SERVER, course, disk, guest, host, hvm_host, interface, project, service_host
from golden_files import GOLDEN
from hypothesis import given
from hypothesis import strategies as st

from mlnc.ir.model import Host, Vnc
from mlnc.schemas.xen_keys import Toolstack, xen_keys
from mlnc.targets.xen.cfg_reader import read_settings
from mlnc.targets.xen.xen_target import emit

Found = dict[str, object]

FILES = sorted((GOLDEN / "xen").glob("*.cfg"))
XL_FILES = [file for file in FILES if not file.name.startswith("xm-")]
XM_FILES = [file for file in FILES if file.name.startswith("xm-")]

VISIBLE = st.text(st.sampled_from("'\"\\,;#=@/[]{} é$`%ab0"), max_size=12)
WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1)
HIDDEN = st.sampled_from("\t\n\r\0\x85\u2028\ud800")
ANY = st.text(st.sampled_from(",= a'"), max_size=4) | st.text(HIDDEN | st.characters(), max_size=2)


def hosts(text: st.SearchStrategy[str], word: st.SearchStrategy[str]) -> st.SearchStrategy[Host]:
    """Hosts with *text* in the fields that stand alone and *word* in those that stand in specifications."""
    display = st.builds(
        Vnc, st.just("10.0.0.1") | word.filter(str.isalnum), st.just(3), st.none() | word, st.none()
    )
    virtual = st.builds(replace, st.just(hvm_host()), vnc=st.none() | display)
    paravirtual = st.builds(
        replace,
        st.just(host()),
        kernel=text,
        ramdisk=st.none() | text,
        guest=text.map(lambda device: guest(root_device=device)),
        kernel_arguments=text,
        vnc=st.none() | display,
    )
    return st.builds(
        replace,
        virtual | paravirtual,
        cpus=st.none() | st.just("0-3,^1"),
        disks=word.map(lambda path: (disk(), disk(device="xvdb", kind="file", path=path))),
        interfaces=word.map(lambda bridge: {"eth0": interface(bridge=bridge)}),
    )


def read_xl(text: str) -> Found:
    """What libxlutil finds in the file *text*."""
    keys = {setting.key for setting in read_settings(text, "xl")[0]}
    return dict(xl_reader.read(text, keys))


def read_xm(text: str) -> Found:
    """What Python sets when it executes *text* in a namespace where nothing is defined; numbers as text."""
    found: Found = {}
    exec(compile(text, "domain file", "exec"), {"__builtins__": {}}, found)
    return {key: str(value) if isinstance(value, int) else value for key, value in found.items()}


def expected(one: Host, xl: bool) -> Found:
    """What a reader must find for *one*, told independently of the templates."""
    card = one.interfaces["eth0"]
    found: Found = {"name": one.domain, "uuid": one.uuid, "memory": "256", "vcpus": "1"}
    found["vif"] = [{"mac": card.mac, "bridge": card.bridge}]
    if xl:
        found["type"] = one.type
        found["disk"] = [(each.device, each.path, True) for each in one.disks]
    else:
        found["disk"] = [[f"{each.kind}:{each.path}", each.device, "w"] for each in one.disks]
    return found | _boot(one, xl) | _display(one) | ({} if one.cpus is None else {"cpus": one.cpus})


def _boot(one: Host, xl: bool) -> Found:
    if one.type == "hvm":
        machine = {"boot": "c", "acpi": "1", "apic": "1", "usb": "1", "usbdevice": "tablet"}
        old = {"builder": "hvm", "kernel": "hvmloader", "device_model": "qemu-dm"}
        return dict(machine if xl else machine | old)
    extra = f"2 {one.kernel_arguments}" if one.kernel_arguments else "2"
    found: Found = {"kernel": one.kernel, "root": one.guest.root_device, "extra": extra}
    return found if one.ramdisk is None else found | {"ramdisk": one.ramdisk}


def _display(one: Host) -> Found:
    if one.vnc is None:
        return {"vnc": "0"} if one.type == "hvm" else {}
    found = {"vnc": "1", "vnclisten": one.vnc.listen, "vncdisplay": "3", "vncunused": "0"}
    if one.vnc.keymap is not None:
        found["keymap"] = one.vnc.keymap
    return dict(found) if one.type == "hvm" else {"vfb": [found]}


def domain(one: Host, toolstack: Toolstack) -> str | None:
    """The domain file of *one*, or None where it is refused."""
    servers = {SERVER: service_host(toolstack=toolstack)}
    emitted = emit(course(project(hosts={"linux": one}), service_hosts=servers))
    assert bool(emitted.artifacts) != bool(emitted.refusals)
    return emitted.artifacts[0].text if emitted.artifacts else None


def cut(specification: str) -> dict[str, str]:
    """The pairs of a vif or vfb as xl and xm see them."""
    pairs = (part.partition("=") for part in specification.split(","))
    return {key.strip(): value.strip() for key, _, value in pairs}


def check(text: str, one: Host, toolstack: Toolstack) -> None:
    """That the reader of *toolstack* finds in *text* what *one* says, device by device."""
    found = dict(read_xl(text) if toolstack == "xl" else read_xm(text))
    for key in {"disk", "vif", "vfb"} & found.keys():
        devices = found[key]
        assert isinstance(devices, list)
        read: Callable[[str], object] = cut
        if key == "disk":
            read = xl_reader.disk if toolstack == "xl" else lambda specification: specification.split(",")
        found[key] = [read(device) for device in devices]
    assert found == expected(one, xl=toolstack == "xl")


TOOLSTACKS = pytest.mark.parametrize("toolstack", [pytest.param("xl", marks=xl_reader.needs_libxlutil), "xm"])
LINES = ["on_crash='destroy'", 'maxmem = 9; boot = "\\\\" # x', "pci = [\n'1',\n ]", "# '"]
BAD_LINES = ["pci = [", "]", "memory = 1", "x = 1", "boot = '", "'1',", " cap = 1"]


@TOOLSTACKS
@given(hosts(VISIBLE, WORD.filter(lambda word: "@secret/" not in word)))
def test_visible_text_arrives_exactly(toolstack: Toolstack, one: Host) -> None:
    text = domain(one, toolstack)
    assert text is not None
    check(text, one, toolstack)


@TOOLSTACKS
@given(hosts(ANY, st.just("w")) | hosts(st.just("t"), ANY))
def test_any_text_is_refused_or_arrives_exactly(toolstack: Toolstack, one: Host) -> None:
    text = domain(one, toolstack)
    if text is not None:
        check(text, one, toolstack)


@TOOLSTACKS
@given(st.lists(st.sampled_from(LINES)))
def test_good_xen_extra_arrives_beside_the_rest(toolstack: Toolstack, lines: list[str]) -> None:
    check_extra("\n".join(lines).split("\n"), toolstack)


@TOOLSTACKS
@given(st.lists(ANY | st.sampled_from(BAD_LINES)))
def test_any_xen_extra_is_refused_or_changes_nothing_else(toolstack: Toolstack, lines: list[str]) -> None:
    if domain(host(xen_extra=tuple(lines)), toolstack) is not None:
        check_extra(lines, toolstack)


def check_extra(lines: list[str], toolstack: Toolstack) -> None:
    plain, extended = domain(host(), toolstack), domain(host(xen_extra=tuple(lines)), toolstack)
    assert plain is not None
    assert extended is not None
    read = read_xl if toolstack == "xl" else read_xm
    found, own = read(extended), read(plain)
    assert {key: found[key] for key in own} == own
    assert found.keys() <= own.keys() | xen_keys(toolstack).keys()
    assert extended.endswith("".join(f"{line}\n" for line in lines))


@xl_reader.needs_libxlutil
@pytest.mark.parametrize("file", XL_FILES, ids=lambda file: file.stem)
def test_libxlutil_reads_every_golden(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = read_xl(text)
    assert found.keys() == {setting.key for setting in read_settings(text, "xl")[0]}
    assert found.keys() <= xen_keys("xl").keys()


@pytest.mark.parametrize("file", XM_FILES, ids=lambda file: file.stem)
def test_python_reads_every_golden_of_xm(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert read_xm(text).keys() <= xen_keys("xm").keys()
