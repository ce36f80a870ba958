"""What a journal of a rehearsal tells: what was wrong at some moment, and what there was in the end."""

from pathlib import Path

import pytest

from mlnc.rehearsal.event_log import last_moment, violations
from mlnc.rehearsal.host_requirements import DOM0_MIB
from mlnc.rehearsal.rehearsal_paths import Folder

UUID = "6f1c1b1e-0000-5000-8000-000000000001"
OTHER = "6f1c1b1e-0000-5000-8000-000000000002"


def folder(path: Path, *lines: str) -> Folder:
    """The servers alpha and beta with 512 MiB for domains each, where that has happened.

    Blanks stand for tabs, plus signs for blanks.
    """
    made = Folder(path)
    for server in ("alpha", "beta"):
        made.root(server).mkdir(parents=True)
        made.state(server).mkdir(parents=True)
        (made.state(server) / "memory").write_text(f"{DOM0_MIB + 512}\n")
    made.journal.write_text("".join(line.replace(" ", "\t").replace("+", " ") + "\n" for line in lines))
    return made


TOO_MUCH = f"alpha allocated {DOM0_MIB + 513} MiB of memory, but has {DOM0_MIB + 512} MiB"

MOVED = (
    f"alpha domain a {UUID} running 256 /d",
    f"beta domain a--incoming {UUID} paused 256 /d",
    f"alpha domain a {UUID} suspended 256 /d",
    "alpha renamed a a--migratedaway",
    "beta renamed a--incoming a",
    f"beta domain a {UUID} running 256 /d",
    f"alpha domain a--migratedaway {UUID} gone 0 ",
)


def test_a_migration_is_in_order(tmp_path: Path) -> None:
    made = folder(tmp_path, *MOVED)
    assert violations(made) == []
    assert {place: domain.name for place, domain in last_moment(made).items()} == {("beta", "a"): "a"}


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (
            [MOVED[0], f"beta domain a {UUID} running 256 /e"],
            [f"domain a ({UUID}) ran on alpha and beta"],
        ),
        (
            [MOVED[0], f"beta domain b {OTHER} running 256 /e+/d"],
            ["/d was written by a on alpha and b on beta"],
        ),
        ([MOVED[0], f"beta domain b {OTHER} paused 256 /d"], []),
        ([MOVED[0], f"alpha domain b {OTHER} paused 257 /e"], [TOO_MUCH]),
        ([MOVED[0], "beta mount /d"], ["/d was mounted on beta while a ran on alpha"]),
        (
            [MOVED[0], "beta mount /e", *MOVED[1:], "alpha removed /d"],
            ["/d was removed on alpha while a ran on beta"],
        ),
        ([MOVED[0], f"alpha domain a {UUID} gone 0 ", "beta mount /d", "beta removed /d"], []),
        (
            ["alpha unwritable a xvda1 /dev/vg/a"],
            ["a on alpha could not write to xvda1: /dev/vg/a did not exist"],
        ),
    ],
)
def test_what_must_not_be(lines: list[str], wrong: list[str], tmp_path: Path) -> None:
    assert violations(folder(tmp_path, *lines)) == wrong


def test_what_is_wrong_is_said_once(tmp_path: Path) -> None:
    made = folder(tmp_path, MOVED[0], *(["beta mount /d"] * 3))
    assert len(violations(made)) == 1


def test_without_a_journal_nothing_happened(tmp_path: Path) -> None:
    made = folder(tmp_path)
    made.journal.unlink()
    assert (violations(made), last_moment(made)) == ([], {})
