"""Live migration and its ways to fail: the domain is on exactly one server each time, and a second run goes on."""

import os
from itertools import count
from pathlib import Path

import pytest
from bundles import stub
from pair import DATA, DOMAIN, TAGS, UUID, VOLUME, Pair, pair, said

LIVE = ("migrate_live", *DOMAIN, "two", "two", "22", *VOLUME)
COLD = ("hand_over", *DOMAIN, "two", "two", "22", *VOLUME)
AWAY, INCOMING = "web.demo--migratedaway", "web.demo--incoming"


@pytest.fixture
def running(tmp_path: Path) -> Pair:
    """The host runs on the first server."""
    made = pair(tmp_path)
    made.put("one", "web.demo")
    return made


def arrived(made: Pair) -> None:
    """It runs on the second server and nowhere else, whose volume it is, and which is closed on the first."""
    assert made.running() == ["two"]
    assert made.domains("one") == {}
    assert made.active("one") == []
    assert made.active("two") == ["web.demo"]
    assert made.tags() == {*TAGS.split(","), "mlnc.server=two"}


def stayed(made: Pair) -> None:
    """It runs on the first server as before."""
    assert made.running() == ["one"]
    assert made.domains("two") == {}
    assert made.active("two") == []
    assert made.tags() == {*TAGS.split(","), "mlnc.server=one"}


def test_moves_while_it_runs(running: Pair) -> None:
    assert "web runs on two" in said(running.step(LIVE))
    arrived(running)
    assert "web runs on two" in said(running.step(LIVE))
    arrived(running)


def test_xl_is_told_how_ssh_is_to_be_called(running: Pair) -> None:
    said(running.step(LIVE))
    (line,) = [line for line in running.log() if " migrate " in line]
    assert line == (
        "one migrate -s ssh -l root -p 22 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no"
        " -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 web.demo two"
    )


def test_a_migration_goes_on_when_nobody_hears_of_it_any_more(running: Pair) -> None:
    pause = running.folder / "one/pause"
    os.mkfifo(pause)
    running.fault("one", "unheard")
    done = running.begin(LIVE)
    assert done.stdout is not None
    assert "the domain is suspended" in done.stdout.readline()
    done.stdout.close()
    pause.write_text("\n")
    done.wait(60)
    assert running.running() == ["two"]
    assert running.domains("one") == {}


def test_taken_back_it_runs_where_it_was(running: Pair) -> None:
    said(running.step(LIVE))
    said(running.step(LIVE, mode="undo"))
    stayed(running)
    assert running.active("two") == []


def test_what_never_left_needs_no_taking_back(running: Pair) -> None:
    said(running.step(LIVE, mode="undo"))
    stayed(running)


@pytest.mark.parametrize("tags", [TAGS, TAGS + ",mlnc.server=one"])
def test_what_does_not_run_is_handed_over(tmp_path: Path, tags: str) -> None:
    for number, call in enumerate((LIVE, COLD)):
        (tmp_path / str(number)).mkdir()
        made = pair(tmp_path / str(number), tags)
        assert "handed web over to two" in said(made.step(call))
        assert (made.active("one"), made.active("two")) == ([], ["web.demo"])
        assert "mlnc.server=two" in made.tags()
        said(made.step(call))
        said(made.step(call, mode="undo"))
        assert (made.active("one"), made.active("two")) == (["web.demo"], [])
        assert "mlnc.server=one" in made.tags()


def test_what_runs_is_not_handed_over(running: Pair) -> None:
    assert "here up, on two nowhere" in said(running.step(COLD), 1)
    stayed(running)


# --- failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "fault"), [("one", "suspend"), ("two", "receive"), ("two", "unpause"), ("one", "ready-lost")]
)
def test_what_fails_stays(running: Pair, server: str, fault: str) -> None:
    running.fault(server, fault)
    message = said(running.step(LIVE), 1)
    assert "the migration of web to two failed" in message
    assert "stopped with status 1: web runs here as before" in message
    stayed(running)
    running.fault(server, "none")
    said(running.step(LIVE))
    arrived(running)


@pytest.mark.parametrize("fault", ["go-lost", "report-lost"])
def test_a_handshake_that_was_cut_off_is_brought_to_its_end(running: Pair, fault: str) -> None:
    """Nothing runs here any more by then, so the other side is the one that goes on."""
    running.fault("one", fault)
    said(running.step(LIVE))
    arrived(running)


@pytest.mark.parametrize(("fate", "status"), [("ends", 0), ("stays", 1)])
def test_a_copy_that_ends_by_itself(running: Pair, fate: str, status: int) -> None:
    """What xl sent is ended by xl between the look and the destroy, which then fails."""
    running.put("one", AWAY, "---s--")
    (running.folder / "one/domains/web.demo").unlink()
    running.put("two", "web.demo")
    real = running.folder / "two/bin/xl"
    end = f'"{real}" "$@"; ' if fate == "ends" else ""
    (running.folder / "one/bin/xl").unlink()
    stub(
        running.folder / "one/bin",
        "xl",
        f'case $1 in destroy) {end}echo gone >&2; exit 1 ;; esac\nexec "{real}" "$@"',
    )
    message = said(running.step(LIVE), status)
    assert ("could not be destroyed" in message) == (fate == "stays")
    assert running.running() == ["two"]


@pytest.fixture
def unheard(tmp_path: Path) -> Pair:
    """All of it has arrived and has its name, but the receiving xl could neither wake it nor say so."""
    made = pair(tmp_path, TAGS + ",mlnc.server=two")
    made.put("one", AWAY, "---s--")
    made.put("two", "web.demo", "--p---")
    return made


def xl_of_two(made: Pair, before: str) -> None:
    """Let the xl of the second server do *before* first."""
    (made.folder / "two/bin/xl").unlink()
    stub(made.folder / "two/bin", "xl", f'{before}\nexec "{made.folder}/one/bin/xl" "$@"')


def test_paused_there_under_its_name(unheard: Pair) -> None:
    said(unheard.step(LIVE))
    arrived(unheard)


def test_paused_there_and_cannot_be_woken(unheard: Pair) -> None:
    before = (unheard.domains("one"), unheard.domains("two"))
    xl_of_two(unheard, "case $1 in unpause) exit 0 ;; esac")
    message = said(unheard.step(LIVE), 1)
    assert (
        f"web waits on two, paused, and is suspended here as {AWAY}. It runs nowhere. Run this again"
        in message
    )
    assert (unheard.domains("one"), unheard.domains("two")) == before


def test_paused_there_and_gone_a_moment_later(unheard: Pair) -> None:
    """The receiving xl had not ended yet, and then destroyed what it could not wake."""
    seen, domain = unheard.folder / "seen", unheard.folder / "two/domains/web.demo"
    xl_of_two(unheard, f'[ "$1" != list ] || if [ -e "{seen}" ]; then rm -f "{domain}"; else : >"{seen}"; fi')
    message = said(unheard.step(LIVE), 1)
    assert f"web is suspended here as {AWAY}, and two does not have it" in message
    assert (unheard.domains("one"), unheard.domains("two")) == ({AWAY: "---s--"}, {})


def test_suspended_and_nowhere_else(running: Pair) -> None:
    """This xl cannot wake what it has suspended; the disks are whole, and people are told so."""
    running.fault("one", "permission-lost")
    running.fault("two", "unpause")
    message = said(running.step(LIVE), 1)
    assert "'xl destroy web.demo--migratedaway' ends it as a power cut would" in message
    assert running.running() == []
    assert running.domains("one") == {AWAY: "---s--"}


def test_another_group_of_the_same_name(running: Pair) -> None:
    (running.folder / "two/group").write_text("anotheruuid")
    message = said(running.step(LIVE), 1)
    assert "san_vg/web.demo is another volume on two" in message
    assert not [line for line in running.log() if " migrate " in line]
    stayed(running)


def test_a_volume_of_a_third_server_does_not_move(tmp_path: Path) -> None:
    made = pair(tmp_path, TAGS + ",mlnc.server=three")
    made.put("one", "web.demo")
    assert "belongs to the server three" in said(made.step(LIVE), 1)
    assert made.running() == ["one"]


@pytest.mark.parametrize("runs", [True, False])
def test_memory_saved_on_the_server_it_leaves_is_dropped(tmp_path: Path, runs: bool) -> None:
    """xendomains would restore it there at the next boot, where the volumes of the other server may be active."""
    made = pair(tmp_path)
    if runs:
        made.put("one", "web.demo")
    file = tmp_path / "saved" / "web.demo"
    file.parent.mkdir()
    file.write_text(f'{{"uuid": "{UUID}"}}')
    said(made.step(LIVE, MLNC_SAVED=str(file.parent)))
    assert not file.exists()


def test_other_server_does_not_answer(running: Pair) -> None:
    (running.folder / "two/down").touch()
    assert "two cannot be asked where web is; here it is up" in said(running.step(LIVE), 1)
    stayed(running)


def test_a_target_that_is_gone_is_not_asked_for_long_while_it_runs_here(running: Pair) -> None:
    """Each question to a server that is off takes ten seconds; one that is suspended here is asked for more often."""
    xl = running.folder / "one/bin/xl"
    xl.unlink()
    real = f'"{running.folder}/two/bin/xl" "$@"'
    stub(
        xl.parent, "xl", f'case $1 in migrate) touch "{running.folder}/two/down"; exit 1 ;; esac\nexec {real}'
    )
    ssh = running.folder / "one/bin/ssh"
    ssh.unlink()
    asked = running.folder / "asked"
    stub(ssh.parent, "ssh", f'echo >>{asked}\nexec "{running.folder}/two/bin/ssh" "$@"')
    assert "two cannot be asked where web is; here it is up" in said(running.step(LIVE), 1)
    assert running.running() == ["one"]
    before = 2
    assert len(asked.read_text().splitlines()) == before + 2


def test_connection_lost_for_good_in_the_middle(running: Pair) -> None:
    """Nobody can tell where it runs: nothing is done, and a later run settles it."""
    xl = running.folder / "one/bin/xl"
    xl.unlink()
    real = f'"{running.folder}/two/bin/xl" "$@"'
    down = f'touch "{running.folder}/two/down"'
    stub(xl.parent, "xl", f"case $1 in migrate) {real} || {down}; exit 1 ;; esac\nexec {real}")
    running.fault("one", "go-lost")
    assert "two cannot be asked where web is; here it is away" in said(running.step(LIVE), 1)
    assert running.running() == []
    (running.folder / "two/down").unlink()
    said(running.step(LIVE))
    arrived(running)


@pytest.mark.parametrize(
    ("here", "there", "message"),
    [
        (["web.demo"], ["web.demo"], "a domain must never run on two"),
        ([], [INCOMING], "here nowhere, on two incoming"),
        (["web.demo", AWAY], [], "here up+away"),
    ],
)
def test_what_is_not_certain_is_left_to_people(
    tmp_path: Path, here: list[str], there: list[str], message: str
) -> None:
    made = pair(tmp_path)
    for domain in here:
        made.put("one", domain, "---s--" if domain == AWAY else "r-----")
    for domain in there:
        made.put("two", domain, "--p---" if domain == INCOMING else "r-----")
    before = (made.domains("one"), made.domains("two"), made.tags())
    assert message in said(made.step(LIVE), 1)
    assert (made.domains("one"), made.domains("two"), made.tags()) == before


def test_a_domain_of_another_uuid(running: Pair) -> None:
    (running.folder / "two/domains/web.demo").write_text(
        "3 r----- 256 1 99999999-9999-5999-8999-999999999999 other\n"
    )
    assert "foreign" in said(running.step(LIVE), 1)
    assert running.domains("one") == {"web.demo": "r-----"}


# --- interrupted -------------------------------------------------------------------------------------------------

INTERRUPTED = ("flock", "lvchange", "ssh", "xl")
"""The commands that change something, or wait: between them, an interruption leaves what it leaves at one of them."""


@pytest.mark.parametrize("mode", ["fail", "kill"])
@pytest.mark.parametrize("call", [LIVE, COLD])
def test_interrupted_at_every_command(tmp_path: Path, mode: str, call: tuple[str, ...]) -> None:
    """Wherever it is cut off, it runs on one server at most; run again, it has moved."""
    faults = tmp_path / "faults"
    faults.mkdir()
    for name in INTERRUPTED:
        (faults / name).symlink_to(DATA / "faults/command")
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        made = pair(folder)
        if call == LIVE:
            made.put("one", "web.demo")
        log = folder / "faults"
        path = made.variables("one")["PATH"]
        more = {"FAULT_LOG": str(log), "FAULT_MODE": mode, "FAULT_AT": str(at), "FAULT_PATH": path}
        made.step(call, path=(faults,), **more)
        if len(log.read_text().splitlines()) < at:
            break
        assert len(made.running()) <= 1, at
        assert not [line for line in made.log() if line.startswith("TWICE")], at
        again = made.step(call)
        assert again.returncode == 0, (at, again.stdout + again.stderr)
        if call == LIVE:
            arrived(made)
        assert "mlnc.server=two" in made.tags(), at
        assert (made.active("one"), made.active("two")) == ([], ["web.demo"]), at
    assert at > 8
