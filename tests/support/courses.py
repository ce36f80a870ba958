"""IR values for tests: each builder yields a small, sensible value, changed by keyword where a test cares.

    course(project(hosts={"linux": host(memory_mib=512)}))

is one project ``demo`` with one paravirtual domain ``linux.demo`` on the xl server ``one.example.org``.
"""

from dataclasses import replace
from typing import Any

from mlnc.ir.model import (
    IR_VERSION,
    Course,
    Disk,
    Guest,
    Host,
    Interface,
    Project,
    Role,
    ServiceHost,
    Site,
    Switch,
    Volume,
)

SERVER = "one.example.org"
VOLUME_GROUP = "san_vg"


def interface(**changes: Any) -> Interface:
    """A card on ``xenbr0`` with the static address 10.0.0.2/24."""
    plain = Interface(
        mac="00:16:3e:00:00:01",
        bridge="xenbr0",
        switch=None,
        mode="static",
        auto=True,
        address="10.0.0.2",
        prefix_length=24,
        netmask="255.255.255.0",
        broadcast="10.0.0.255",
        gateway="10.0.0.1",
    )
    return replace(plain, **changes)


def disk(**changes: Any) -> Disk:
    """The root disk of ``linux.demo``: a logical volume as ``xvda1``."""
    return replace(Disk("xvda1", "root", "phy", f"/dev/{VOLUME_GROUP}/linux.demo"), **changes)


def volume(**changes: Any) -> Volume:
    """The logical volume of ``linux.demo``: 4 GiB, filled from an ext3 template and grown."""
    plain = Volume(
        role="root",
        name="linux.demo",
        kind="lvm",
        path=f"/dev/{VOLUME_GROUP}/linux.demo",
        volume_group=VOLUME_GROUP,
        sizing="exact",
        size_bytes=4 << 30,
        free_space_bytes=0,
        template="debian.ext3",
        resize="ext",
        snapshot=False,
        lock=False,
        shared=False,
    )
    return replace(plain, **changes)


def by_role(*volumes: Volume) -> dict[Role, Volume]:
    """The volumes of one host as the IR holds them."""
    assert len({each.role for each in volumes}) == len(volumes)
    return {each.role: each for each in volumes}


def guest(**changes: Any) -> Guest:
    """A guest configured through its mounted image, with a name and nothing else."""
    plain = Guest(
        mode="mount",
        hostname="linux",
        root_device="/dev/xvda1",
        swap_device=None,
        nameservers=(),
        root_password=None,
        users=(),
        groups=(),
        ssh_keys=(),
        files=(),
        modules=(),
        mounts=(),
        internal_swap_bytes=None,
        startup=(),
        shutdown=(),
        user_data=(),
    )
    return replace(plain, **changes)


def host(**changes: Any) -> Host:
    """The paravirtual domain ``linux.demo`` on ``one.example.org``: one disk, one card, no display."""
    plain = Host(
        domain="linux.demo",
        uuid="6f1c1b1e-0000-5000-8000-000000000001",
        renamed_from=None,
        platform="xen",
        type="pv",
        service_host=SERVER,
        boot_order=99,
        memory_mib=256,
        maxmem_mib=None,
        vcpus=1,
        max_vcpus=None,
        cpus=None,
        kernel="/boot/vmlinuz-xen",
        ramdisk="/boot/initrd-xen",
        kernel_arguments="",
        vnc=None,
        console="none",
        console_color="lightgrey",
        owner=None,
        group=None,
        on_crash=None,
        xen_extra=(),
        volumes={"root": volume()},
        disks=(disk(),),
        interfaces={"eth0": interface()},
        guest=guest(),
        foreign={},
    )
    return replace(plain, **changes)


def hvm_host(**changes: Any) -> Host:
    """The fully virtual domain ``windows.demo``: an image of its own, nothing of it configured by mlnc."""
    name = "windows.demo"
    plain = host(
        domain=name,
        uuid="6f1c1b1e-0000-5000-8000-000000000002",
        type="hvm",
        kernel=None,
        ramdisk=None,
        volumes=by_role(
            volume(name=name, path=f"/dev/{VOLUME_GROUP}/{name}", template="winxp.img", resize="none")
        ),
        disks=(disk(device="hda", path=f"/dev/{VOLUME_GROUP}/{name}"),),
        interfaces={"eth0": interface(mac="00:16:3e:00:00:02")},
        guest=guest(mode="none", hostname="windows", root_device="/dev/hda"),
    )
    return replace(plain, **changes)


def switch(**changes: Any) -> Switch:
    """The switch ``lan`` of ``demo``: a bridge of its own on the one server, nobody plugged in."""
    plain = Switch(
        bridge="lan.demo",
        own_bridge=True,
        renamed_from=None,
        service_hosts=(SERVER,),
        vlan=None,
        vxlan=None,
        members=(),
    )
    return replace(plain, **changes)


def project(**changes: Any) -> Project:
    """The project ``demo`` with the one host ``linux``."""
    plain = Project(
        ir_version=IR_VERSION,
        project="demo",
        renamed_from=None,
        autostart=False,
        stop_timeout_seconds=60,
        password=None,
        hooks={},
        switches={},
        hosts={"linux": host()},
        foreign={},
    )
    return replace(plain, **changes)


def service_host(**changes: Any) -> ServiceHost:
    """A declared xl server with the defaults a site file leaves in place."""
    plain = ServiceHost(
        declared=True,
        address=SERVER,
        user=None,
        port=None,
        toolstack="xl",
        xen_version=None,
        memory_mib=None,
        migrations=2,
        kernel="/boot/vmlinuz-xen",
        ramdisk="/boot/initrd-xen",
        modules=None,
        bridge="xenbr0",
        uplink=None,
        volume_group=VOLUME_GROUP,
        san_paths=(),
        lvm_execute_servers=(),
        templates="/opt/mln/templates",
        files="/opt/mln/files",
        projects="/opt/mln/projects",
        default_template="debian.ext3",
        default_size_bytes=250 << 20,
        default_memory_mib=128,
        default_term="none",
        daemon_allow=(),
        relocation_allow=(),
        relocation_address="",
        relocation_port=8002,
    )
    return replace(plain, **changes)


def course(*projects: Project, service_hosts: dict[str, ServiceHost] | None = None) -> Course:
    """A course of *projects* (``demo`` alone if none is given) on *service_hosts* (the one xl server)."""
    servers = {SERVER: service_host()} if service_hosts is None else service_hosts
    named = {each.project: each for each in projects or (project(),)}
    return Course(site=Site(ir_version=IR_VERSION, service_hosts=servers), projects=named)
