from courses import guest, host

from mlnc.ir.model import Secret, User
from mlnc.targets.guest.guest_passwords import passwords, secrets

ACCOUNTS = guest(
    users=(
        User("alice", "$6$salt$hash", "/home/alice", None),
        User("bob", Secret("demo/bob"), "/home/bob", None),
        User("carol", None, "/home/carol", None),
    ),
    root_password=Secret("demo/root"),
)


def test_users_in_order_then_root() -> None:
    made = passwords(host(guest=ACCOUNTS))
    assert [(each.account, each.kind, each.value) for each in made] == [
        ("alice", "hash", "$6$salt$hash"),
        ("bob", "secret", "demo/bob"),
        ("root", "secret", "demo/root"),
    ]
    assert [each.token for each in made] == ["$6$salt$hash", "@hash/demo/bob@", "@hash/demo/root@"]
    assert secrets(host(guest=ACCOUNTS)) == ["demo/bob", "demo/root"]


def test_a_salt_is_the_accounts_own_and_always_the_same() -> None:
    twice = [[each.salt for each in passwords(host(guest=ACCOUNTS))] for _ in range(2)]
    other = [each.salt for each in passwords(host(guest=ACCOUNTS, domain="other.demo"))]
    assert twice[0] == twice[1]
    assert len({*twice[0][1:], *other[1:]}) == 4
    assert all(len(salt) == 16 and set(salt) <= set("./" + ALPHANUMERIC) for salt in twice[0][1:])


ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
