"""Preflight checks: they report what is wrong, and still pass after half of the upgrade."""

from pathlib import Path

import pytest
from pair import DOMAIN, TAGS, UUID, VOLUME, Pair, pair, said

OTHER = "99999999-9999-5999-8999-999999999999"
PEER = ("need_peer", "two", "two", "22", "xl")


@pytest.fixture
def servers(tmp_path: Path) -> Pair:
    """Return a pair whose host runs on the first server, which has 500 MiB free."""
    made = pair(tmp_path)
    made.put("one", "web.demo")
    return made


@pytest.mark.parametrize(
    "call",
    [
        PEER,
        (*PEER, "live"),
        ("need_memory", "web.demo", "700"),
        ("need_memory", "web.demo", "0", "db.demo", "700"),
        ("need_volume", "web", *VOLUME),
        ("need_volume", "old", "lvm", "san_vg", "gone", "root", "web", *VOLUME),
        ("need_no_domain", "web.demo", UUID),
        ("need_no_domain", "other.demo", OTHER),
        ("need_domain_ours", *DOMAIN),
        ("need_disk", "/dev/null"),
        ("need_new", "db", "lvm", "san_vg", "db.demo", "root", "exact", "4194304000", "-", "none"),
        ("need_new", "web", *VOLUME, "exact", "1", "-", "none"),
        ("need_growth", *DOMAIN, *VOLUME, "exact", "8388608000", "-", "none"),
        ("need_no_volume", "db", "lvm", "san_vg", "db.demo", "root"),
    ],
)
def test_a_check_passes_before_and_during_the_upgrade(servers: Pair, call: tuple[str, ...]) -> None:
    said(servers.step(call))
    said(servers.step(call, mode="undo"))
    assert servers.domains("one") == {"web.demo": "r-----"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("need_peer", "two", "two", "22", "xm"), "two has the toolstack xl, but was to have xm"),
        (("need_memory", "web.demo", "757"), "one needs 501 MiB of memory more, but has 500 free"),
        (("need_memory", "db.demo", "400", "mail.demo", "101"), "one needs 501 MiB of memory more"),
        (("need_volume", "web", "lvm", "san_vg", "gone", "root"), "the volume san_vg/gone is not on one"),
        (("need_volume", "db", *VOLUME), "do not say that it is the root volume of db"),
        (("need_no_domain", "web.demo", OTHER), "another domain on one has the name web.demo"),
        (("need_domain_ours", "web", "web.demo", OTHER), "it is not the one of this project"),
        (("need_disk", "/nowhere"), "the disk /nowhere is not on one"),
        (("need_no_volume", "web", *VOLUME), "san_vg/web.demo exists on one already"),
        (
            ("need_new", "db", "lvm", "san_vg", "db.demo", "root", "exact", "4194304001", "-", "none"),
            "san_vg on one has 4194304000 bytes free, but 4198498304 are needed there",
        ),
        (
            ("need_new", "db", "file", "/nowhere/db", "-", "root", "exact", "1", "-", "none"),
            "the folder /nowhere/ is not on one",
        ),
        (
            ("need_new", "db", "lvm", "san_vg", "db.demo", "root", "exact", "1", "debian.ext3", "none"),
            "debian.ext3 is not on one",
        ),
        (
            ("need_growth", *DOMAIN, *VOLUME, "exact", "9999999999", "-", "none"),
            "san_vg on one has 4194304000 bytes free",
        ),
    ],
)
def test_a_failing_check_reports_its_problem(servers: Pair, call: tuple[str, ...], message: str) -> None:
    assert message in said(servers.step(call), 1)


def test_memory_is_checked_for_all_domains_together(servers: Pair) -> None:
    half = ("exact", "2097152001", "-", "none")
    calls = [("need_new", host, "lvm", "san_vg", host, "root", *half) for host in ("a", "b")]
    said(servers.step(calls[0]))
    assert "are needed there" in said(servers.step(*calls), 1)


def test_an_unreachable_peer_fails_the_check(servers: Pair) -> None:
    (servers.folder / "two/down").touch()
    assert "two (two, port 22) cannot be reached from one" in said(servers.step(PEER), 1)


def test_a_live_migration_to_an_older_xen_is_refused(servers: Pair) -> None:
    (servers.folder / "two/xen").write_text("4")
    said(servers.step(PEER))
    assert "two has Xen 4.4, older than 4.17 on one" in said(servers.step((*PEER, "live")), 1)
    (servers.folder / "two/xen").write_text("18")
    said(servers.step((*PEER, "live")))


def test_a_paused_domain_is_reported(servers: Pair) -> None:
    servers.put("one", "web.demo", "--p---")
    assert "web is paused on one: unpause it" in said(servers.step(("need_domain_ours", *DOMAIN)), 1)


def test_a_copy_onto_the_same_shared_volume_is_refused(servers: Pair) -> None:
    """The storage is shared, but not declared as shared."""
    words = ("need_copy", *DOMAIN, "two", "two", "22", *VOLUME, *VOLUME, "exact", "1", "-", "none")
    assert "are one and the same: both servers see it, so put it into san_path of both" in said(
        servers.step(words), 1
    )


def test_a_retired_volume_of_that_name_is_reported(tmp_path: Path) -> None:
    made = pair(tmp_path, TAGS + ",mlnc.retired=2026-01-31")
    message = said(made.step(("need_no_volume", "web", *VOLUME)), 1)
    assert "is retired since 2026-01-31: 'invoke retired --restore demo/web' brings it back" in message


def test_a_wrong_clock_is_reported(servers: Pair) -> None:
    clock = servers.folder / "two" / "bin" / "date"
    clock.write_text("#!/bin/sh\necho $(($(/bin/date +%s) - 3600))\n")
    clock.chmod(0o755)
    assert "reached two" in said(servers.step(PEER))
    assert "the clock of two is -36" in said(servers.step((*PEER, "live")), 1)
