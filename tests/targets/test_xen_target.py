from dataclasses import replace

import pytest
from courses import SERVER, course, disk, guest, host, hvm_host, interface, project, service_host
from golden_files import Golden

from mlnc.ir.model import Host, Secret, ServiceHost, Vnc
from mlnc.output.artifact import Refusal
from mlnc.targets.xen.xen_target import emit

XL = service_host()
XM = service_host(toolstack="xm")
DISPLAY = Vnc("127.0.0.1", 3, "no", Secret("demo/linux/vncpasswd"))
OPEN_DISPLAY = Vnc("0.0.0.0", None, None, Secret("demo/windows/vncpasswd"))
ROUTER = host(
    cpus="0-3,^1",
    kernel_arguments="quiet splash",
    disks=(disk(), disk(device="xvda2", role="swap", path="/dev/san_vg/linux.demo.swap")),
    interfaces={
        "eth10": interface(mac="00:16:3e:00:00:0a", bridge="lan.demo", switch="lan"),
        "eth0": interface(),
        "eth2": interface(mac="00:16:3e:00:00:03"),
    },
    xen_extra=("on_crash = 'destroy'; maxmem = 512", "pci = [", "  '01:00.0',  # the second card", "]"),
)
PVH = host(type="pvh", ramdisk=None, disks=(disk(kind="file", path="/srv/nfs/linux.demo"),))
GOLDENS = {
    "pv": (ROUTER, XL),
    "hvm": (hvm_host(xen_extra=("boot = 'dc'", "localtime = 1")), XL),
    "pvh": (PVH, XL),
    "vnc": (host(vnc=DISPLAY), XL),
    "hvm-vnc": (hvm_host(vnc=OPEN_DISPLAY), XL),
    "xm-pv": (replace(ROUTER, vnc=DISPLAY), XM),
    "growing": (host(maxmem_mib=1024, max_vcpus=4, on_crash="preserve"), XL),
    "xm-growing": (hvm_host(maxmem_mib=1024, max_vcpus=4, on_crash="restart"), XM),
    "xm-hvm": (hvm_host(vnc=OPEN_DISPLAY), XM),
}


def domain(one: Host, server: ServiceHost = XL) -> str:
    """The domain file of *one* in project ``demo``."""
    name = one.domain.removesuffix(".demo")
    emitted = emit(course(project(hosts={name: one}), service_hosts={SERVER: server}))
    assert emitted.refusals == []
    (artifact,) = emitted.artifacts
    assert (artifact.path, artifact.executable) == (f"hosts/{SERVER}/demo/{name}.cfg", False)
    return artifact.text


def refusals(one: Host, server: ServiceHost = XL) -> list[Refusal]:
    """What is refused of *one*."""
    return emit(course(project(hosts={"linux": one}), service_hosts={SERVER: server})).refusals


@pytest.mark.parametrize("name", GOLDENS)
def test_domain_file_is_the_golden(name: str, golden: Golden) -> None:
    golden(f"xen/{name}.cfg", domain(*GOLDENS[name]))


def test_files_come_by_project_and_host_whatever_the_order_of_the_course() -> None:
    hosts = {"b": host(domain="b.two"), "a": host(domain="a.two")}
    emitted = emit(course(project(project="two", hosts=hosts), project(project="one", hosts={"c": host()})))
    assert [artifact.path for artifact in emitted.artifacts] == [
        f"hosts/{SERVER}/{path}.cfg" for path in ("one/c", "two/a", "two/b")
    ]


def test_hosts_of_other_platforms_are_left_out_with_one_warning_each() -> None:
    emitted = emit(course(project(hosts={"a": host(platform="uml", xen_extra=("?",)), "b": host()})))
    assert [artifact.path for artifact in emitted.artifacts] == [f"hosts/{SERVER}/demo/b.cfg"]
    assert [(refusal.code, refusal.where) for refusal in emitted.refusals] == [
        ("foreign-platform", "demo/hosts/a")
    ]


@pytest.mark.parametrize("server", [XM, service_host(xen_version="4.9.1")])
def test_pvh_needs_an_xl_that_knows_it(server: ServiceHost) -> None:
    (refusal,) = refusals(PVH, server)
    assert (refusal.code, refusal.where) == ("pvh-unsupported", "demo/hosts/linux/type")


def test_a_paravirtual_domain_without_kernel_is_refused() -> None:
    (refusal,) = refusals(host(kernel=None))
    assert (refusal.code, refusal.where) == ("kernel-missing", "demo/hosts/linux/kernel")


def test_kernel_arguments_of_a_fully_virtual_domain_are_a_warning() -> None:
    emitted = emit(course(project(hosts={"windows": hvm_host(kernel_arguments="quiet")})))
    assert [refusal.code for refusal in emitted.refusals] == ["kernel-arguments-unused"]
    assert len(emitted.artifacts) == 1


def test_no_display_unless_asked_for() -> None:
    assert "vnc" not in domain(host())
    assert "\nvnc = 0\n" in domain(hvm_host())
    assert "\nvnc = 0\n" in domain(hvm_host(), XM)


def test_old_toolstacks_get_the_keys_they_know() -> None:
    assert "\ntype = " not in domain(host(), service_host(xen_version="4.4"))
    assert '\nbuilder = "hvm"\n' in domain(hvm_host(), service_host(xen_version="4.4"))
    assert '\nkernel = "/usr/lib/xen/boot/hvmloader"\n' in domain(
        hvm_host(), service_host(toolstack="xm", xen_version="3.4")
    )


def test_a_host_without_disks_and_cards_has_no_empty_lists() -> None:
    text = domain(host(disks=(), interfaces={}))
    assert "disk" not in text.replace("ramdisk", "")
    assert "vif" not in text


def test_the_root_device_is_the_guests() -> None:
    assert '\nroot = "/dev/hda1"\n' in domain(host(guest=guest(root_device="/dev/hda1")))
