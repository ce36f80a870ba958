"""The IR of small projects: what is filled in, what is worked out, and where each item is said to come from."""

import pytest
from projects import Sources

from mlnc.ir.ir_yaml import dump_project, load_project

SITE = """\
service_host one {
	address 192.0.2.2
	lvm_vg san_vg
	san_path /dev/san_vg
	xen_kernel /boot/vmlinuz-guest
	xen_bridge br0
	templates /srv/templates
	default_template debian.ext4
	default_memory 200M
	default_size 1G
}
"""


def test_a_bare_host_is_complete(sources: Sources) -> None:
    host = sources.host("xen")
    assert (host.platform, host.type, host.service_host, host.domain) == (
        "xen",
        "pv",
        "localhost",
        "web.demo",
    )
    assert (host.memory_mib, host.vcpus, host.boot_order) == (128, 1, 99)
    assert host.kernel
    assert host.ramdisk
    assert host.vnc is None
    assert [(disk.device, disk.role) for disk in host.disks] == [("xvda1", "root")]
    assert host.interfaces == {}
    assert host.guest.mode == "mount"


def test_a_host_grows_as_far_as_it_says_and_else_not_at_all(sources: Sources) -> None:
    plain = sources.host("memory 256M; vcpus 2")
    assert (plain.maxmem_mib, plain.max_vcpus) == (None, None)
    assert (plain.effective_maxmem_mib, plain.effective_max_vcpus) == (256, 2)
    growing = sources.host("memory 256M; maxmem 1G; vcpus 2; maxvcpus 8")
    assert (growing.memory_mib, growing.maxmem_mib, growing.vcpus, growing.max_vcpus) == (256, 1024, 2, 8)


def test_a_server_says_how_many_may_move_at_once(sources: Sources) -> None:
    text = "service_host one { migrations 4 }\nservice_host two { }\n"
    compiled = sources.compile("host web { service_host one }", site=text)
    assert compiled is not None
    servers = compiled.course.site.service_hosts
    assert {name: server.migrations for name, server in servers.items()} == {"one": 4, "two": 2}


def test_a_server_gives_the_defaults(sources: Sources) -> None:
    host = sources.host("xen; lvm; service_host one; network eth0 { address dhcp }", site=SITE)
    assert (host.memory_mib, host.kernel, host.ramdisk) == (200, "/boot/vmlinuz-guest", None)
    assert host.interfaces["eth0"].bridge == "br0"
    root = host.volumes["root"]
    assert (root.path, root.template, root.sizing, root.size_bytes) == (
        "/dev/san_vg/web.demo",
        "debian.ext4",
        "template",
        1 << 30,
    )
    assert root.shared


def test_a_server_is_named_one_way(sources: Sources) -> None:
    assert sources.host("xen; service_host 192.0.2.2", site=SITE).service_host == "one"


@pytest.mark.parametrize(
    ("body", "sizing", "size", "free"),
    [
        ("size 2G", "exact", 2 << 30, 0),
        ("free_space 1G", "free", 250 << 20, 1 << 30),
        ("", "template", 250 << 20, 0),
    ],
)
def test_sizes(body: str, sizing: str, size: int, free: int, sources: Sources) -> None:
    root = sources.host(f"xen; {body}").volumes["root"]
    assert (root.sizing, root.size_bytes, root.free_space_bytes) == (sizing, size, free)


@pytest.mark.parametrize(
    ("body", "path", "shared"),
    [
        ("lvm; lvm_vg san_vg", "/dev/san_vg/web.demo", True),
        ("lvm; lvm_vg other_vg", "/dev/other_vg/web.demo", False),
        ("filepath /srv/nfs/", "/srv/nfs/web.demo", False),
    ],
)
def test_places_of_volumes(body: str, path: str, shared: bool, sources: Sources) -> None:
    root = sources.host(f"xen; service_host one; {body}", site=SITE).volumes["root"]
    assert (root.path, root.shared) == (path, shared)


def test_swap_follows_the_root(sources: Sources) -> None:
    host = sources.host("xen; lvm; lvm_vg san_vg; swap 1G")
    assert [volume.path for volume in host.volumes.values()] == [
        "/dev/san_vg/web.demo",
        "/dev/san_vg/web.demo.swap",
    ]
    assert [disk.device for disk in host.disks] == ["xvda1", "xvda2"]
    assert host.guest.swap_device == "/dev/xvda2"


def test_platforms(sources: Sources) -> None:
    assert sources.host("kvm { display vnc }").platform == "kvm"
    assert sources.host("xen; kvm { display vnc }").platform == "xen"
    assert sources.host("xen off").platform == "uml"
    assert sources.host("").platform == "xen"


def test_a_network(sources: Sources) -> None:
    made = sources.project(
        "switch lan { }\n"
        "host web { xen; network eth10 { switch lan }; network eth2 { switch lan; address 10.0.0.2/24; auto } }\n"
    )
    cards = made.hosts["web"].interfaces
    assert list(cards) == ["eth2", "eth10"]
    assert cards["eth2"].bridge == made.switches["lan"].bridge == "lan.demo"
    assert (cards["eth2"].netmask, cards["eth2"].broadcast, cards["eth2"].auto) == (
        "255.255.255.0",
        "10.0.0.255",
        False,
    )
    assert cards["eth10"].mode == "none"
    assert [(member.host, member.interface) for member in made.switches["lan"].members] == [
        ("web", "eth2"),
        ("web", "eth10"),
    ]
    assert made.switches["lan"].service_hosts == ("localhost",)


def test_a_switch_stands_where_its_hosts_are(sources: Sources) -> None:
    hosts = "".join(
        f"host h{number} {{ xen; service_host s{number}; network eth0 {{ switch lan }} }}\n"
        for number in (2, 1)
    )
    assert sources.project("switch lan { vlan 7 }\n" + hosts).switches["lan"].service_hosts == ("s1", "s2")


def test_secrets_are_named_after_their_places(sources: Sources) -> None:
    text = """\
global { project demo; project_password @secret }
host web {
	xen
	root_passwd @secret
	vncpasswd @secret/shared
	users { bob @secret }
}
host mail { xen; root_passwd sesame }
"""
    compiled = sources.compile(text)
    assert compiled is not None
    lowered = compiled.lowered["demo"]
    web, mail = lowered.project.hosts["web"], lowered.project.hosts["mail"]
    assert lowered.project.password is not None
    assert lowered.project.password.secret == "demo/project_password"
    assert web.guest.root_password is not None
    assert web.guest.root_password.secret == "demo/web/root_passwd"
    assert web.vnc is not None
    assert web.vnc.password is not None
    assert web.vnc.password.secret == "shared"
    assert web.guest.users[0].hash == type(web.vnc.password)("demo/web/users/bob")
    assert mail.guest.root_password is not None
    assert lowered.secrets == {"demo/mail/root_passwd": "sesame"}


def test_users_files_and_scripts(sources: Sources) -> None:
    guest = sources.host(
        "xen\nusers { bob\nroot * }\ngroups { staff { bob\nbob } }\nfiles { motd /etc/motd 644 }\n"
        "modules { loop\nloop }\nstartup { echo one\necho one }\nsshkey { bob ssh-rsa AAAA b@x }\n"
    ).guest
    assert [(user.name, user.home) for user in guest.users] == [("bob", "/home/bob"), ("root", "/root")]
    assert guest.groups[0].users == ("bob",)
    assert guest.modules == ("loop",)
    assert guest.startup == ("echo one", "echo one"), "a repeated command is a command"
    assert guest.ssh_keys[0].key == "ssh-rsa AAAA b@x"


def test_the_blocks_of_other_platforms_are_kept_without_their_secrets(sources: Sources) -> None:
    made = sources.project(
        "global { project demo; openstack { managed; managed_users { bob sesame bob@x } } }\n"
        "host web { ec2 { ami a-1; admin_password sesame } winconfig { users { eve sesame } } }\n"
    )
    assert made.foreign["openstack"].blocks["managed_users"].lines == ("bob @secret",)
    assert made.hosts["web"].foreign["ec2"].values == {"ami": "a-1", "admin_password": "@secret"}
    assert made.hosts["web"].foreign["winconfig"].blocks["users"].lines == ("eve @secret",)
    assert "sesame" not in dump_project(made)


ORIGINS = {
    "hosts/web": "web",
    "hosts/web/memory_mib": "64M",
    "hosts/web/vnc/display": "7",
    "hosts/web/on_crash": "restart",
    "hosts/web/xen_extra/1": "nestedhvm=1",
    "hosts/web/volumes/root": "base.ext4",
    "hosts/web/volumes/swap": "1G",
    "hosts/web/disks/2": "/srv/d /mnt ext4",
    "hosts/web/interfaces/eth0": "eth0",
    "hosts/web/interfaces/eth0/address": "10.0.0.2/24",
    "hosts/web/interfaces/eth0/prefix_length": "eth0",
    "hosts/web/guest/root_password": "@secret",
    "hosts/web/guest/files/1": "two /etc/two",
    "hosts/web/guest/users/0": "bob x /home/bob 7",
    "hosts/web/guest/users/1": "eve",
    "hosts/web/guest/groups/staff": "staff",
    "hosts/web/guest/modules/1": "dummy",
    "hosts/web/guest/mounts/0": "/srv/d /mnt ext4",
    "hosts/web/guest/startup": "startup",
    "hosts/web/guest/startup/0": "echo hello",
    "hosts/web/guest/hostname": "web",
    "switches/lan": "lan",
    "switches/lan/vlan": "7",
    "hooks/beforeProjectStart/0": "logger go",
    "stop_timeout_seconds": "90",
    "hosts/nobody": "demo",
}


def test_everything_has_its_place_in_the_sources(sources: Sources) -> None:
    text = """\
global { project demo; stop_timeout 90; beforeProjectStart { logger go } }
switch lan { vlan 7 }
superclass all { users { bob; eve } }
host web {
	xen; superclass all; memory 64M; vncdisplay 7; swap 1G; template base.ext4; root_passwd @secret
	on_crash restart; xen_extra { on_reboot='restart'; nestedhvm=1 }
	mount { /srv/d /mnt ext4 }
	network eth0 { switch lan; address 10.0.0.2/24 }
	files { one /etc/one; two /etc/two }
	users { bob x /home/bob 7 }
	groups { staff { bob } }
	modules { loop; loop; dummy }
	startup { echo hello }
}
"""
    compiled = sources.compile(text)
    assert compiled is not None
    origins = compiled.lowered["demo"].origins
    for path, words in ORIGINS.items():
        found = origins.find(path)
        assert found is not None
        assert found.span.source.text[found.span.start : found.span.end] == words, path


def test_the_ir_comes_back_from_its_text(sources: Sources) -> None:
    made = sources.project("switch lan { }\nhost web { xen; network eth0 { switch lan } }\n")
    assert load_project(dump_project(made)) == made
