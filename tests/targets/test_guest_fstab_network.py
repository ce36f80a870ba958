from courses import guest, interface

from mlnc.ir.model import Mount
from mlnc.targets.guest import guest_fstab_network


def test_each_card_has_its_line_and_every_column() -> None:
    cards = {
        "eth0": interface(mode6="auto"),
        "eth10": interface(mode="none", auto=False, address=None, netmask=None, broadcast=None, gateway=None),
    }
    head, *rows = (
        line.split() for line in guest_fstab_network.network(cards).replace("# card", "card").splitlines()
    )
    assert head == ["card", "mac", "start", "IPv4", "netmask", "broadcast", "gateway", "IPv6", "gateway6"]
    mask = ["255.255.255.0", "10.0.0.255", "10.0.0.1"]
    assert rows == [
        ["eth0", "00:16:3e:00:00:01", "auto", "10.0.0.2/24", *mask, "auto", "-"],
        ["eth10", "00:16:3e:00:00:01", "manual", "none", "-", "-", "-", "none", "-"],
    ]


def test_fstab_names_the_devices_of_the_domain_file() -> None:
    mounts = (Mount("/dev/a", "/dev/xvda3", "/a", "ext4", ""), Mount("/img", "/dev/xvda4", "/b", "xfs", "ro"))
    made = guest_fstab_network.fstab(guest(swap_device="/dev/xvda2", internal_swap_bytes=1, mounts=mounts))
    assert [line.split() for line in made.splitlines()[1:]] == [
        ["/dev/xvda1", "/", "auto", "defaults", "0", "1"],
        ["proc", "/proc", "proc", "defaults", "0", "0"],
        ["/dev/xvda2", "none", "swap", "sw", "0", "0"],
        ["/swapfile", "none", "swap", "sw", "0", "0"],
        ["/dev/xvda3", "/a", "ext4", "defaults", "0", "2"],
        ["/dev/xvda4", "/b", "xfs", "ro", "0", "0"],
    ]
