"""Courses of any size, for measurements: groups of one Linux router and one Windows machine, as in ``course/``."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from mlnc.compiler.naming import mac

GROUPS_A_SERVER = 20

_SERVER = """\
service_host {name} {{
	address 10.255.0.{number}
	memory 24G
	lvm_vg course_vg
	templates /srv/mlnc/templates
	files /srv/mlnc/files
	xen_kernel /boot/vmlinuz-guest
	xen_ramdisk /boot/initrd-guest.img
}}
"""

_GROUP = """\
global {{
	project {project}
	$number = {number}
	$address = 10.0.{high}.{low}
	$inside = 10.{net}.{low}.1
	$password = @secret/{project}
	$server = {server}
}}
#include oscourse.mln

"""

_SHARED = """\
superclass machine {
	xen
	lvm
	service_host $server
}
switch lan { }
host linux {
	superclass machine
	template ubuntu-server.ext4
	memory 128M
	free_space 500M
	swap 128M
	boot_order 10
	root_passwd $password
	nameserver 10.0.0.1
	network eth0 {
		address $address
		netmask 255.255.0.0
		gateway 10.0.0.1
	}
	network eth1 {
		switch lan
		address $inside
		netmask 255.255.255.0
	}
	startup {
		sysctl -q -w net.ipv4.ip_forward=1
		iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
	}
	files {
		motd /etc/motd 644
	}
}
host windows {
	superclass machine
	hvm
	template winxp.fat32
	memory 256M
	boot_order 20
	vncdisplay $number
	vncpasswd $password
	vnclisten 0.0.0.0
	network eth0 {
		switch lan
	}
}
"""


def _server(group: int) -> str:
    return f"server{group // GROUPS_A_SERVER + 1:02}"


def _projects() -> Iterator[str]:
    """Names of projects without end, none of which brings a MAC address that an earlier one has."""
    taken: set[str] = set()
    for number in count(1):
        name = f"group{number:03}"
        cards = {
            mac(*card)
            for card in (("linux", name, "eth0"), ("linux", name, "eth1"), ("windows", name, "eth0"))
        }
        if len(cards) == 3 and not cards & taken:
            taken |= cards
            yield name


def _group(number: int, project: str) -> str:
    """The file of one group, counted from 1; 62,000 groups have addresses."""
    high, low = divmod(number, 250)
    fields = {
        "project": project,
        "number": number,
        "server": _server(number - 1),
        "high": high + 1,
        "low": low + 1,
        "net": 1 + high,
    }
    return _GROUP.format_map(fields)


def write_course(folder: Path, groups: int) -> None:
    """Write ``site.mln``, ``oscourse.mln`` and a file for each of *groups* groups into the new *folder*."""
    folder.mkdir()
    servers = dict.fromkeys(_server(group) for group in range(groups))
    site = "\n".join(_SERVER.format(name=name, number=number) for number, name in enumerate(servers, 1))
    (folder / "site.mln").write_text(site, encoding="utf-8")
    (folder / "oscourse.mln").write_text(_SHARED, encoding="utf-8")
    for number, project in zip(range(1, groups + 1), _projects(), strict=False):
        (folder / f"{project}.mln").write_text(_group(number, project), encoding="utf-8")
