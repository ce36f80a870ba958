"""Cost of an edit of one directive for a running virtual machine, and its migration."""

import pytest
from projects import HEAD, Sources

from mlnc.ir.model import Site
from mlnc.upgrade.diff.host_change import HostChange, changed
from mlnc.upgrade.diff.host_diff import HostPair
from mlnc.upgrade.summary_line import host_line

SITE = """\
service_host one { address 192.0.2.1; san_path san_vg; lvm_vg local_vg; xen_version 4.17 }
service_host two { address 192.0.2.2; san_path /dev/san_vg; lvm_vg local_vg; xen_version 4.17; xen_kernel /boot/two }
service_host newer { address 192.0.2.3; san_path san_vg; lvm_vg local_vg; xen_version 4.19 }
service_host xend { address 192.0.2.4; san_path san_vg; lvm_vg local_vg; toolstack xm }
service_host other { address 192.0.2.5; san_path san_vg; lvm_vg local_vg; xen_bridge br0 }
"""
HOST = "xen; service_host one; lvm; lvm_vg san_vg; template debian.ext4; size 4G; memory 512M"


def edit(sources: Sources, old: str, new: str) -> HostChange:
    """Return the change of a host from the body *old* to the body *new*."""
    sides = []
    for body in (old, new):
        made = sources.compile(f"{HEAD}switch lan {{ vlan 3 }}\nhost web {{\n{body}\n}}\n", site=SITE)
        assert made is not None, sources.report.sorted()
        sides.append(made)
    before, after = (made.lowered["demo"].project.hosts["web"] for made in sides)
    site: Site = sides[1].course.site
    held = frozenset({before.service_host, after.service_host})
    return changed(HostPair("demo", "web", "demo", "web", before, after), held, site, lambda *_: None)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "boot_order 5", "keep nothing"),
        ("", "term screen; color red", "keep nothing nothing"),
        ("", "owner alice", "keep nothing"),
        ("ramdisk /boot/r", "ramdisk /boot/r; kernel /boot/k", "restart reboot"),
        ("", "extra quiet", "restart reboot"),
        ("", "vncdisplay 5", "restart reboot"),
        ("vncdisplay 5", "vncdisplay 6", "restart reboot"),
        ("", 'xen_extra { on_crash="destroy" }', "restart reboot"),
        ("", "on_crash restart", "restart reboot"),
        ("on_crash restart", "on_crash preserve", "restart reboot"),
        ("", "users { alice }", "restart reboot"),
        ("hvm", "hvm; nameserver 192.0.2.9", "keep nothing"),
        ("", "cpus 1-2", "live live"),
        ("", "vcpus 2", "restart reboot"),
        ("maxvcpus 4", "maxvcpus 4; vcpus 2", "live live"),
        ("vcpus 2", "", "live live"),
        ("hvm; vcpus 2", "hvm", "restart reboot"),
        ("", "maxvcpus 4", "restart reboot"),
        ("maxvcpus 4", "maxvcpus 2", "keep nothing"),
        ("", "swap 1G", "restart reboot"),
        ("swap 1G", "swap 2G", "restart reboot"),
        ("swap 1G", "", "restart reboot"),
        ("", "mount { /dev/sdb1 /srv ext4 }", "live live nothing"),
        ("hvm", "hvm; mount { /dev/sdb1 /srv ext4 }", "restart reboot nothing"),
        ("mount { /dev/sdb1 /srv ext4 }", "", "restart reboot reboot"),
        ("mount { /dev/sdb1 /srv ext4 }", "mount { /dev/sdb1 /mnt ext4 }", "restart reboot"),
        ("", "network eth0 { }", "live live"),
        ("hvm", "hvm; network eth0 { }", "restart reboot"),
        ("network eth0 { }", "", "live live"),
        ("network eth1 { }", "network eth0 { }; network eth1 { }", "restart reboot"),
        ("network eth0 { }", "network eth0 { bridge br1 }", "live live"),
        ("network eth0 { }", "network eth0 { switch lan }", "live live"),
        ("network eth0 { }", "network eth0 { mac 00:16:3e:00:00:09 }", "restart reboot"),
        ("network eth0 { address 10.0.0.1/24 }", "network eth0 { address 10.0.0.2/24 }", "restart reboot"),
        (
            "hvm; network eth0 { address 10.0.0.1/24 }",
            "hvm; network eth0 { address 10.0.0.2/24 }",
            "keep nothing",
        ),
    ],
)
def test_an_edit_of_one_directive_has_its_action_and_costs(
    old: str, new: str, found: str, sources: Sources
) -> None:
    change = edit(sources, f"{HOST}; {old}", f"{HOST}; {new}")
    assert " ".join([change.action, *(each.change for each in change.changes)]) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("memory 512M", "memory 256M", "live live"),
        ("memory 512M", "memory 1G", "restart reboot"),
        ("memory 512M; maxmem 2G", "memory 1G; maxmem 2G", "live live"),
        ("memory 512M; maxmem 2G", "memory 512M; maxmem 1G", "keep nothing"),
        ("memory 512M; maxmem 1G", "memory 512M; maxmem 2G", "restart reboot"),
        ("hvm; memory 512M", "hvm; memory 256M", "restart reboot"),
        ("hvm; memory 512M; maxmem 1G", "hvm; memory 256M; maxmem 1G", "live live"),
        ("size 4G", "size 5G", "live live"),
        ("size 4G", "size 3G", "rebuild data-loss"),
        ("size 4G", "free_space 3G", "live live"),
        ("free_space 3G", "free_space 2G", "rebuild data-loss"),
        ("template debian.ext4", "template ubuntu.ext4", "rebuild data-loss"),
        ("lvm_vg san_vg", "lvm_vg local_vg", "rebuild rebuild"),
    ],
)
def test_an_edit_of_one_value_has_its_action_and_costs(
    old: str, new: str, found: str, sources: Sources
) -> None:
    change = edit(sources, _with(old), _with(new))
    assert " ".join([change.action, *(each.change for each in change.changes)]) == found
    assert change.data_loss == ("data-loss" in found)


def _with(words: str) -> str:
    """Return HOST with these statements instead of its own."""
    own = {each.split()[0]: each for each in HOST.split("; ")}
    said = {each.split()[0]: each for each in words.split("; ")}
    if "free_space" in said:
        del own["size"]
    return "; ".join((own | said).values())


@pytest.mark.parametrize(
    ("target", "more", "way", "reason"),
    [
        ("two", "", "live", None),
        ("two", "swap 1G", "live", None),
        ("two", "hvm", "live", None),
        ("two", "mount { /dev/san_vg/home /home ext4 }", "live", None),
        ("newer", "", "cold", "one runs Xen 4.17, newer runs Xen 4.19"),
        ("xend", "", "cold", "one runs xl, xend runs xm"),
        (
            "two",
            "mount { /dev/sdb1 /home ext4 }",
            "cold",
            "/dev/sdb1 is not on storage that both servers share",
        ),
        ("other", "network eth0 { }", "cold", "eth0 is on bridge xenbr0 on one, on bridge br0 on other"),
        ("two", "lvm_vg local_vg", "copy", "local_vg is not on storage that both servers share"),
    ],
)
def test_a_migration_has_its_mode_and_reason(
    target: str, more: str, way: str, reason: str | None, sources: Sources
) -> None:
    body = f"{HOST}; {more}".replace("lvm_vg san_vg; ", "" if "lvm_vg" in more else "lvm_vg san_vg; ")
    change = edit(sources, body, body.replace("service_host one", f"service_host {target}"))
    assert (change.action, change.mode, change.stops) == ("migrate", way, way != "live")
    assert reason is None or any(reason in note for note in change.notes)
    assert not change.data_loss


@pytest.mark.parametrize(("disks", "way"), [("", "cold"), ("lvm_vg local_vg; ", "copy")])
def test_a_mounted_local_disk_that_stays_behind_is_marked(disks: str, way: str, sources: Sources) -> None:
    """The machine starts on the other server without the data, so the line of the plan begins with a mark."""
    root = HOST.replace("lvm_vg san_vg; ", disks or "lvm_vg san_vg; ")
    body = f"{root}; mount {{\n/dev/sdb1 /home ext4\n/dev/san_vg/x /srv ext4\n}}"
    change = edit(sources, body, body.replace("service_host one", "service_host two"))
    assert (change.mode, change.left_behind) == (way, ("/dev/sdb1",))
    assert host_line(change).startswith(
        f"! demo/web  migrate {way}  one → two; WITHOUT the data of /dev/sdb1"
    )
    assert change.notes[-1] == (
        "/dev/sdb1 stays on one with its data: two needs a disk of its own at this path;"
        " copy the data before the upgrade"
    )


def test_a_disk_that_is_new_on_the_target_leaves_nothing_behind(sources: Sources) -> None:
    moved = HOST.replace("service_host one", "service_host two; mount { /dev/sdb1 /home ext4 }")
    assert edit(sources, HOST, moved).left_behind == ()


def test_a_change_that_needs_a_restart_makes_a_migration_cold(sources: Sources) -> None:
    change = edit(sources, HOST, HOST.replace("service_host one", "service_host two; extra quiet"))
    assert change.mode == "cold"
    assert change.notes[0] == "not live: a change of extra needs a restart"


def test_a_value_that_follows_from_the_server_needs_no_restart(sources: Sources) -> None:
    change = edit(sources, HOST, HOST.replace("service_host one", "service_host two"))
    assert [(each.difference.path, each.change) for each in change.changes] == [
        ("service_host", "migrate"),
        ("kernel", "nothing"),
        ("ramdisk", "nothing"),
    ]
