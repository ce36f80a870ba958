"""Inheritance: chains of superclasses, what merges, what is dropped, what is wrong with a chain."""

import pytest
from mln_texts import check, expand

from mlnc.ir.model import Host

CHAIN = """
    superclass top { memory 64M; nameserver 192.0.2.1; nameserver 192.0.2.2 }
    superclass middle { superclass top; memory 32M; nameserver 192.0.2.3 }
"""


def compiled(text: str) -> Host:
    """The host ``a`` of a project, in the IR."""
    made = check("global { project p }\n" + text)
    assert made.compiled is not None, made.report.sorted()
    return made.compiled.course.projects["p"].hosts["a"]


@pytest.mark.parametrize(
    ("host", "memory", "nameservers"),
    [
        ("superclass middle", 32, ("192.0.2.3",)),
        ("superclass middle; memory 16M", 16, ("192.0.2.3",)),
        ("memory 16M; superclass middle; nameserver 192.0.2.4", 16, ("192.0.2.4",)),
        ("superclass middle; memory 64M; nameserver 192.0.2.1", 64, ("192.0.2.1",)),
        ("superclass top", 64, ("192.0.2.1", "192.0.2.2")),
    ],
)
def test_the_nearest_setting_wins(host: str, memory: int, nameservers: tuple[str, ...]) -> None:
    made = compiled(CHAIN + f"host a {{ {host} }}")
    assert (made.memory_mib, made.guest.nameservers) == (memory, nameservers)


@pytest.mark.parametrize(
    ("off", "lvm"), [("lvm off", "file"), ("lvm 0", "file"), ("lvm no", "file"), ("", "lvm")]
)
def test_a_host_can_switch_off_what_it_inherits(off: str, lvm: str) -> None:
    assert compiled(f"superclass s {{ lvm }} host a {{ superclass s; {off} }}").volumes["root"].kind == lvm


def test_blocks_merge_deeply_by_name() -> None:
    made = expand(
        """
        superclass s { network eth0 { netmask 255.0.0.0; switch lan }; groups { staff { al } } }
        superclass t { superclass s; network eth1 { address dhcp } }
        host a { superclass t; network eth0 { switch wan; address 10.0.0.1 }; groups { staff { bo } wheel { al } } }
        """
    )
    cards = made.node("host/a/network").blocks
    assert {name: card.data()["values"] for name, card in cards.items()} == {
        "eth0": {"netmask": "255.0.0.0", "switch": "wan", "address": "10.0.0.1"},
        "eth1": {"address": "dhcp"},
    }
    assert made.lines("host/a/groups/staff") == ["al", "bo"]
    assert made.lines("host/a/groups/wheel") == ["al"]


LISTS = """
    superclass top {{ {0} {{ one; two $v; three; three }} }}
    superclass middle {{ superclass top; $v = m; {0} {{ four; one }} }}
    host a {{ superclass middle; $v = h; {0} {{ five; two $v; four; five; two h }} }}
"""


@pytest.mark.parametrize("block", ["users", "files", "mount", "modules", "sshkey", "anything"])
def test_a_list_drops_what_a_higher_level_has_word_for_word(block: str) -> None:
    made = expand(LISTS.format(block))
    assert made.lines(f"host/a/{block}") == [
        "one",
        "two h",
        "three",
        "three",
        "four",
        "five",
        "five",
        "two h",
    ]


SCRIPTS = ["startup", "shutdown", "user_data", "xen_extra", "beforeHostsStart"]


@pytest.mark.parametrize("block", SCRIPTS)
def test_a_script_drops_nothing(block: str) -> None:
    assert expand(LISTS.format(block)).lines(f"host/a/{block}") == [
        *("one", "two h", "three", "three"),
        *("four", "one"),
        *("five", "two h", "four", "five", "two h"),
    ]


def test_an_inherited_entry_knows_the_way_it_came() -> None:
    made = expand("superclass s { m 1 }\nsuperclass t { superclass s }\nhost a { superclass t }\n")
    way = made.node("host/a").values["m"].origin.via
    assert way
    assert [f"{step.kind} {step.span}" for step in way.chain()] == [
        "superclass test.mln:3:16",
        "superclass test.mln:4:10",
    ]


@pytest.mark.parametrize(
    ("host", "memory"),
    [
        ("host a { superclass chosen }", "1G"),
        ("host a { superclass chosen; $kind = small }", "2G"),
        ("host a { superclass by_name }", "3G"),
        ("host a { $size = small; superclass $global_kind }", "2G"),
    ],
)
def test_a_superclass_is_named_by_variables_as_the_host_sees_them(host: str, memory: str) -> None:
    made = expand(
        f"""
        global {{ project p; $global_kind = $size }}
        superclass chosen {{ superclass $kind; $kind = large }}
        superclass by_name {{ superclass $hostname }}
        superclass large {{ memory 1G }}
        superclass small {{ memory 2G }}
        superclass a {{ memory 3G }}
        {host}
        """
    )
    assert made.found == []
    assert made.value("host/a/memory") == memory


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("host a { superclass bse }", "unknown-superclass", "superclass 'bse' is not defined"),
        ("superclass s { superclass x }", "unknown-superclass", "superclass 'x' is not defined"),
        ("host a { superclass $x }", "unknown-superclass", "superclass '$x' is not defined"),
        ("host a { superclass base base }", "several-superclasses", "'a' has more than one superclass"),
        (
            "host a { superclass base; superclass base }",
            "several-superclasses",
            "'a' has more than one superclass",
        ),
        ("superclass s { superclass s }", "superclass-cycle", "superclass 's' inherits from itself: s -> s"),
        (
            "superclass s { superclass t } superclass t { superclass s } host a { superclass t }",
            "superclass-cycle",
            "superclass 's' inherits from itself: s -> t -> s",
        ),
        (
            "superclass s { superclass $k } superclass t { superclass s } host a { superclass s; $k = t }",
            "superclass-cycle",
            "superclass 's' inherits from itself: s -> t -> s",
        ),
    ],
)
def test_a_broken_chain_is_said(text: str, code: str, message: str) -> None:
    made = expand(f"superclass base {{ }}\n{text}\n")
    assert {(each.code, each.message) for each in made.found} == {(code, message)}


def test_a_near_name_is_suggested() -> None:
    (found,) = expand("superclass base { } host a { superclass bsae }").found
    assert found.hint == "did you mean 'base'?"


def test_what_stands_before_a_break_counts() -> None:
    made = expand("superclass s { superclass nope; m 1 } host a { superclass s }")
    assert made.value("host/a/m") == "1"
