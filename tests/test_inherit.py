"""Inheritance: chains of superclasses, what merges and what is dropped."""

import pytest
from mln_texts import check, expand

CHAIN = """
    superclass top { memory 64M; nameserver 192.0.2.1; nameserver 192.0.2.2 }
    superclass middle { superclass top; memory 32M; nameserver 192.0.2.3 }
"""


def compiled(text: str, host: str = "a"):  # type: ignore[no-untyped-def]
    made = check("global { project p }\n" + text)
    assert made.compiled is not None, made.report.sorted()
    return made.compiled.course.projects["p"].hosts[host]


def test_the_nearest_wins_although_the_top_says_the_same() -> None:
    host = compiled(CHAIN + "host a { superclass middle; memory 64M; nameserver 192.0.2.1 }")
    assert host.memory_mib == 64
    assert host.guest.nameservers == ("192.0.2.1",)


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
