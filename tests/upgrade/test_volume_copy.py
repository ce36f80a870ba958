"""Copies of a host's disk to another server: the copy equals the source, and only one of them is in use."""

import os
from itertools import count
from pathlib import Path

import pytest
from bundles import stub
from pair import DATA, DOMAIN, TAGS, pair, said

MIB = 1 << 20
SIZE = ("exact", str(5 * MIB), "-", "none")


class Copied:
    """Pair whose host has its disk in a file on the first server, until a copy is complete."""

    def __init__(self, folder: Path) -> None:
        self.pair = pair(folder)
        self.source = folder / "one/root/demo/images/web"
        self.target = folder / "two/root/demo/images/web"
        self.source.parent.mkdir()
        self.content = os.urandom(4 * MIB + 512)
        self.source.write_bytes(self.content)
        self.mark(self.source).write_text("\n".join([*TAGS.split(","), "mlnc.server=one", ""]))
        volumes = [word for file in (self.source, self.target) for word in ("file", str(file), "-", "root")]
        words = (*DOMAIN, "two", "two", "22", *volumes, *SIZE)
        self.need, self.first, self.last = (
            (name, *words) for name in ("need_copy", "copy_first", "copy_last")
        )

    @staticmethod
    def mark(file: Path) -> Path:
        """Return the file with the tags."""
        return file.with_name(f"{file.name}.mlnc")

    def step(self, *calls: tuple[str, ...], status: int = 0, **more: object) -> str:
        return said(self.pair.step(*calls, MLNC_COPY_MIB="1", **more), status)  # type: ignore[arg-type]

    def arrived(self) -> None:
        """Assert that the copy is complete and belongs to the second server; the source is kept without an owner."""
        assert self.target.read_bytes()[: len(self.content)] == self.content
        assert self.target.stat().st_size == 5 * MIB
        assert {"mlnc.server=two", "mlnc.from=one"} < set(self.mark(self.target).read_text().split())
        assert self.source.read_bytes() == self.content
        assert "mlnc.retired=" in self.mark(self.source).read_text()
        assert "mlnc.moving" not in self.mark(self.source).read_text()


@pytest.fixture
def made(tmp_path: Path) -> Copied:
    return Copied(tmp_path)


def test_two_passes_copy_the_disk(made: Copied) -> None:
    """The first pass copies while the host runs; the last pass sends the changes since."""
    made.pair.put("one", "web.demo")
    assert "5 MiB sent" in made.step(made.need, made.first)
    assert not made.target.exists()
    made.content = made.content[:MIB] + b"written meanwhile" + made.content[MIB + 17 :]
    made.source.write_bytes(made.content)
    assert "web must be down for the last pass" in made.step(made.last, status=1)
    (made.pair.folder / "one/domains/web.demo").unlink()
    assert "copied" in made.step(made.last)
    made.arrived()


def test_equal_blocks_are_not_sent_again(made: Copied) -> None:
    made.step(made.first)
    assert "0 MiB sent" in made.step(made.first)


def test_a_short_last_block_is_copied_with_its_size(made: Copied) -> None:
    assert "5 MiB sent" in said(made.pair.step(made.first, MLNC_COPY_MIB="64"))


@pytest.mark.parametrize(
    ("size", "mark", "grows"),
    [
        (("exact", str(5 * MIB), "-", "ext"), "", True),
        (("exact", str(4 * MIB + 512), "-", "ext"), "", False),
        (("exact", str(4 * MIB + 512), "-", "ext"), "mlnc.grow\n", True),
        (("exact", str(5 * MIB), "-", "none"), "", False),
    ],
)
def test_a_file_system_smaller_than_its_copy_is_grown_on_the_target(
    made: Copied, size: tuple[str, ...], mark: str, grows: bool
) -> None:
    """The copy is larger, or the disk grew while the host ran and it was not stopped since."""
    with made.mark(made.source).open("a") as tags:
        tags.write(mark)
    first, last = ((*call[: -len(SIZE)], *size) for call in (made.first, made.last))
    stub(made.pair.folder / "two/bin", "mv", "exit 1")
    made.step(first, last, status=1)
    (made.pair.folder / "two/bin/mv").unlink()
    made.step(first, last)
    assert made.mark(made.target).read_text().split().count("mlnc.grow") == grows


def test_a_second_run_changes_nothing(made: Copied) -> None:
    made.step(made.need, made.first, made.last)
    made.arrived()
    assert made.step(made.need, made.first, made.last).count("it was copied before") == 2
    made.arrived()


def test_undo_makes_the_source_usable(made: Copied) -> None:
    made.step(made.first, made.last)
    made.step(made.first, made.last, mode="undo")
    assert list(made.target.parent.iterdir()) == []
    assert made.source.read_bytes() == made.content
    assert set(made.mark(made.source).read_text().split()) == {*TAGS.split(","), "mlnc.server=one"}
    made.step(made.first, made.last, mode="undo")
    made.step(made.first, made.last)


def test_undo_is_refused_while_the_domain_runs_on_the_target(made: Copied) -> None:
    made.step(made.first, made.last)
    made.pair.put("two", "web.demo")
    assert "web runs here: stop it first" in made.step(made.last, status=1, mode="undo")
    made.arrived()


def test_between_the_passes_no_server_uses_a_disk(made: Copied) -> None:
    """The last pass was interrupted: neither server may start the host."""
    stub(made.pair.folder / "one/bin", "cmp", "exit 1")
    assert "is not the same as what is here; run this again" in made.step(made.first, made.last, status=1)
    assert "mlnc.moving=two" in made.mark(made.source).read_text()
    assert not made.target.exists()
    (made.pair.folder / "one/bin/cmp").unlink()
    made.step(made.first, made.last)
    made.arrived()


def test_a_corrupted_copy_is_detected(made: Copied) -> None:
    """The disk of the target does not hold the data that was written to it."""
    spoil = f'printf x | /usr/bin/dd of="{made.target}.mlnc-copy" conv=notrunc seek=9 bs=1 2>/dev/null'
    dd = made.pair.folder / "two/bin"
    stub(dd, "dd", f'/usr/bin/dd "$@" || exit\ncase $* in *seek=1*) {spoil} ;; esac')
    assert "is not the same as what is here" in made.step(made.last, status=1)
    assert not made.target.exists()
    assert "mlnc.retired" not in made.mark(made.source).read_text()


@pytest.mark.parametrize("tags", [None, "mlnc\n", "\n".join([*TAGS.split(","), "mlnc.server=two"])])
def test_an_existing_file_on_the_target_is_kept(made: Copied, tags: str | None) -> None:
    made.target.parent.mkdir(parents=True)
    made.target.write_text("precious")
    if tags:
        made.mark(made.target).write_text(tags)
    for call in (made.need, made.first, made.last):
        assert "is no copy of this volume" in made.step(call, status=1)
    assert made.target.read_text() == "precious"
    assert "mlnc.retired" not in made.mark(made.source).read_text()


def test_the_last_pass_is_refused_while_the_domain_runs_on_the_target(made: Copied) -> None:
    made.pair.put("two", "web.demo")
    assert "on two it is up" in made.step(made.last, status=1)


@pytest.mark.parametrize("mode", ["fail", "kill"])
def test_a_second_run_completes_after_an_interruption_at_any_command(tmp_path: Path, mode: str) -> None:
    """Interrupted anywhere, a complete copy is correct and at most one disk may be used; a second run completes."""
    faults = tmp_path / "faults"
    faults.mkdir()
    for name in ("chown", "dd", "mv", "ssh", "sync", "truncate"):
        (faults / name).symlink_to(DATA / "faults/command")
    for at in count(1):
        (tmp_path / str(at)).mkdir()
        made = Copied(tmp_path / str(at))
        log = tmp_path / str(at) / "faults"
        path = made.pair.variables("one")["PATH"]
        more = {"FAULT_LOG": str(log), "FAULT_MODE": mode, "FAULT_AT": str(at), "FAULT_PATH": path}
        made.pair.step(made.first, made.last, path=(faults,), MLNC_COPY_MIB="2", **more)
        if len(log.read_text().splitlines()) < at:
            break
        assert made.source.read_bytes() == made.content, at
        if made.target.exists():
            assert made.target.read_bytes()[: len(made.content)] == made.content, at
            assert (
                "mlnc.moving=" in (text := made.mark(made.source).read_text()) or "mlnc.retired=" in text
            ), at
        made.step(made.first, made.last)
        made.arrived()
    assert at > 15
