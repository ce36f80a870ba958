"""First of two migrations through a third server: it migrates the domain, and skips one that has migrated on."""

from pathlib import Path

from pair import DOMAIN, TAGS, VOLUME, pair, said

OVER = ("migrate_over", *DOMAIN, "two", "two", "22", "three", *VOLUME)


def test_a_domain_migrates_to_the_third_server_and_back(tmp_path: Path) -> None:
    made = pair(tmp_path)
    made.put("one", "web.demo")
    assert "web runs on two" in said(made.step(OVER))
    assert made.running() == ["two"]
    assert "mlnc.server=two" in made.tags()
    said(made.step(OVER, mode="undo"))
    assert made.running() == ["one"]
    assert "mlnc.server=one" in made.tags()


def test_a_domain_that_has_migrated_on_is_skipped(tmp_path: Path) -> None:
    made = pair(tmp_path, f"{TAGS},mlnc.server=three")
    assert "unchanged web, which has gone on to three" in said(made.step(OVER))
    assert made.running() == []
    assert "mlnc.server=three" in made.tags()
