from typing import Any

import pytest
from courses import by_role, guest, host, interface, service_host, volume

from mlnc.ir.model import Guest, GuestFile, GuestGroup, Mount, Secret, SshKey, User
from mlnc.targets.guest.guest_checks import WARNINGS, refusals


def codes(configured: Guest, **changes: Any) -> list[tuple[str, str]]:
    made = host(guest=configured, **changes)
    return [(each.code, each.where) for each in refusals("demo", "linux", made, service_host())]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hostname", "linux host"),
        ("hostname", "-linux"),
        ("hostname", "x" * 65),
        ("startup", ("echo \u202e",)),
        ("startup", ("echo @secret/demo/linux/root_passwd@",)),
        ("root_password", Secret("two words")),
        ("users", (User("al:ice", None, "/home/alice", None),)),
        ("users", (User("alice", "a:b", "/home/alice", None),)),
        ("users", (User("alice", None, "home", None),)),
        ("users", (User("alice", None, "/home:x", None),)),
        ("users", (User("alice", None, "/home/alice", 10**10),)),
        ("groups", (GuestGroup("staff", ("-o",)),)),
        ("ssh_keys", (SshKey("root", "# no key"),)),
        ("modules", ("loop; reboot",)),
        ("files", (GuestFile("motd", "etc/motd", None),)),
        ("files", (GuestFile("motd", "/etc/motd", "u+x"),)),
        ("mounts", (Mount("/dev/x", "/dev/xvda3", "/my data", "ext3", ""),)),
        ("mounts", (Mount("/dev/x", "/dev/xvda3", "/data", "ext3", "a b"),)),
        ("nameservers", ("10.0.0.53; reboot",)),
    ],
)
def test_what_a_guest_cannot_hold(field: str, value: object) -> None:
    found = codes(guest(**{field: value}))
    assert [code for code, _ in found] == ["guest-unwritable"]
    assert found[0][1].startswith(f"demo/hosts/linux/guest/{field}")


@pytest.mark.parametrize("changes", [{"address": "10.0.0.1 x"}, {"mac": "00:16:3e"}])
def test_what_the_network_table_cannot_hold(changes: dict[str, str]) -> None:
    found = codes(guest(), interfaces={"eth0": interface(**changes)})
    assert found == [("guest-unwritable", f"demo/hosts/linux/interfaces/eth0/{next(iter(changes))}")]


def test_names_that_users_of_mln_give() -> None:
    configured = guest(hostname="web_1.example.org", users=(User("anna.b-c_2", None, "/home/a b", 0),))
    assert (
        codes(configured, interfaces={"eth0": interface(), "eth1.5": interface(mode="none", address=None)})
        == []
    )


def test_directives_without_use_and_missing_disks() -> None:
    where = "demo/hosts/linux"
    assert codes(guest(user_data=("x",))) == [("user-data-unused", f"{where}/guest/user_data")]
    assert {"user-data-unused"} == WARNINGS
    assert codes(guest(), volumes={}) == [("guest-without-volume", where)]
    seeded = guest(mode="cloud-init", files=(GuestFile("motd", "/etc/motd", None),))
    assert codes(seeded) == [("guest-without-volume", where), ("files-in-seed", f"{where}/guest/files/0")]
    assert codes(guest(mode="cloud-init"), volumes=by_role(volume(), volume(role="seed"))) == []
