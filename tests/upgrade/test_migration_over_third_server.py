"""The first of two migrations over a third server: it moves what is here, and leaves alone what has gone on."""

from pathlib import Path

from pair import DOMAIN, TAGS, VOLUME, pair, said

OVER = ("migrate_over", *DOMAIN, "two", "two", "22", "three", *VOLUME)


def test_it_moves_and_comes_back(tmp_path: Path) -> None:
    made = pair(tmp_path)
    made.put("one", "web.demo")
    assert "web runs on two" in said(made.step(OVER))
    assert made.running() == ["two"]
    assert "mlnc.server=two" in made.tags()
    said(made.step(OVER, mode="undo"))
    assert made.running() == ["one"]
    assert "mlnc.server=one" in made.tags()


def test_what_has_gone_on_is_left_alone(tmp_path: Path) -> None:
    made = pair(tmp_path, f"{TAGS},mlnc.server=three")
    assert "unchanged web, which has gone on to three" in said(made.step(OVER))
    assert made.running() == []
    assert "mlnc.server=three" in made.tags()
