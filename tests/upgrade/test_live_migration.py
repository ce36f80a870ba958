"""Live migration and its failures: the domain stays on exactly one server, and a second run resumes."""

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
    """Return a pair whose host runs on the first server."""
    made = pair(tmp_path)
    made.put("one", "web.demo")
    return made


def arrived(made: Pair) -> None:
    """Assert that it runs on the second server only, which owns the volume; on the first the volume is inactive."""
    assert made.running() == ["two"]
    assert made.domains("one") == {}
    assert made.active("one") == []
    assert made.active("two") == ["web.demo"]
    assert made.tags() == {*TAGS.split(","), "mlnc.server=two"}


def stayed(made: Pair) -> None:
    """Assert that it runs on the first server as before."""
    assert made.running() == ["one"]
    assert made.domains("two") == {}
    assert made.active("two") == []
    assert made.tags() == {*TAGS.split(","), "mlnc.server=one"}


def test_a_running_domain_migrates(running: Pair) -> None:
    assert "web runs on two" in said(running.step(LIVE))
    arrived(running)
    assert "web runs on two" in said(running.step(LIVE))
    arrived(running)


def test_xl_gets_the_ssh_command(running: Pair) -> None:
    said(running.step(LIVE))
    (line,) = [line for line in running.log() if " migrate " in line]
    assert line == (
        "one migrate -s ssh -l root -p 22 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no"
        " -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 web.demo two"
    )


def test_a_migration_continues_after_the_connection_of_the_runner_ends(running: Pair) -> None:
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


def test_undo_migrates_back(running: Pair) -> None:
    said(running.step(LIVE))
    said(running.step(LIVE, mode="undo"))
    stayed(running)
    assert running.active("two") == []


def test_undo_skips_a_domain_that_has_not_migrated(running: Pair) -> None:
    said(running.step(LIVE, mode="undo"))
    stayed(running)


@pytest.mark.parametrize("tags", [TAGS, TAGS + ",mlnc.server=one"])
def test_a_domain_that_does_not_run_is_handed_over(tmp_path: Path, tags: str) -> None:
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


def test_a_running_domain_is_not_handed_over(running: Pair) -> None:
    assert "here up, on two nowhere" in said(running.step(COLD), 1)
    stayed(running)


# --- failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "fault"), [("one", "suspend"), ("two", "receive"), ("two", "unpause"), ("one", "ready-lost")]
)
def test_a_failed_migration_leaves_the_domain_on_the_source(running: Pair, server: str, fault: str) -> None:
    running.fault(server, fault)
    message = said(running.step(LIVE), 1)
    assert "the migration of web to two failed" in message
    assert "stopped with status 1: web runs here as before" in message
    stayed(running)
    running.fault(server, "none")
    said(running.step(LIVE))
    arrived(running)


@pytest.mark.parametrize("fault", ["go-lost", "report-lost"])
def test_an_interrupted_handshake_is_completed(running: Pair, fault: str) -> None:
    """Nothing runs on the source by then, so the target resumes."""
    running.fault("one", fault)
    said(running.step(LIVE))
    arrived(running)


@pytest.mark.parametrize(("fate", "status"), [("ends", 0), ("stays", 1)])
def test_a_leftover_domain_that_ends_by_itself_is_no_error(running: Pair, fate: str, status: int) -> None:
    """xl ends the sent domain between the check and the destroy, which then fails."""
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
    """Return a pair whose domain has arrived under its name, but the receiving xl could not unpause it."""
    made = pair(tmp_path, TAGS + ",mlnc.server=two")
    made.put("one", AWAY, "---s--")
    made.put("two", "web.demo", "--p---")
    return made


def xl_of_two(made: Pair, before: str) -> None:
    """Make the xl of the second server run *before* first."""
    (made.folder / "two/bin/xl").unlink()
    stub(made.folder / "two/bin", "xl", f'{before}\nexec "{made.folder}/one/bin/xl" "$@"')


def test_a_domain_paused_on_the_target_is_unpaused(unheard: Pair) -> None:
    said(unheard.step(LIVE))
    arrived(unheard)


def test_a_domain_that_cannot_be_unpaused_on_the_target_fails_the_step(unheard: Pair) -> None:
    before = (unheard.domains("one"), unheard.domains("two"))
    xl_of_two(unheard, "case $1 in unpause) exit 0 ;; esac")
    message = said(unheard.step(LIVE), 1)
    assert (
        f"web waits on two, paused, and is suspended here as {AWAY}. It runs nowhere. Run this again"
        in message
    )
    assert (unheard.domains("one"), unheard.domains("two")) == before


def test_a_domain_paused_on_the_target_and_then_destroyed_keeps_running_on_the_source(unheard: Pair) -> None:
    """The receiving xl had not ended yet, and then destroyed the domain that it could not unpause."""
    seen, domain = unheard.folder / "seen", unheard.folder / "two/domains/web.demo"
    xl_of_two(unheard, f'[ "$1" != list ] || if [ -e "{seen}" ]; then rm -f "{domain}"; else : >"{seen}"; fi')
    message = said(unheard.step(LIVE), 1)
    assert f"web is suspended here as {AWAY}, and two does not have it" in message
    assert (unheard.domains("one"), unheard.domains("two")) == ({AWAY: "---s--"}, {})


def test_a_domain_suspended_on_the_source_only_fails_the_step(running: Pair) -> None:
    """This xl cannot resume the domain that it suspended; the disks are complete, and the message says so."""
    running.fault("one", "permission-lost")
    running.fault("two", "unpause")
    message = said(running.step(LIVE), 1)
    assert "'xl destroy web.demo--migratedaway' ends it as a power cut would" in message
    assert running.running() == []
    assert running.domains("one") == {AWAY: "---s--"}


def test_another_volume_group_of_the_same_name_is_refused(running: Pair) -> None:
    (running.folder / "two/group").write_text("anotheruuid")
    message = said(running.step(LIVE), 1)
    assert "san_vg/web.demo is another volume on two" in message
    assert not [line for line in running.log() if " migrate " in line]
    stayed(running)


def test_a_volume_owned_by_a_third_server_is_refused(tmp_path: Path) -> None:
    made = pair(tmp_path, TAGS + ",mlnc.server=three")
    made.put("one", "web.demo")
    assert "belongs to the server three" in said(made.step(LIVE), 1)
    assert made.running() == ["one"]


@pytest.mark.parametrize("runs", [True, False])
def test_a_saved_domain_on_the_source_is_removed(tmp_path: Path, runs: bool) -> None:
    """xendomains would restore it at the next boot of the source, while the volumes are active on the target."""
    made = pair(tmp_path)
    if runs:
        made.put("one", "web.demo")
    file = tmp_path / "saved" / "web.demo"
    file.parent.mkdir()
    file.write_text(f'{{"uuid": "{UUID}"}}')
    said(made.step(LIVE, MLNC_SAVED=str(file.parent)))
    assert not file.exists()


def test_a_target_that_does_not_answer_fails_the_step(running: Pair) -> None:
    (running.folder / "two/down").touch()
    assert "two cannot be asked where web is; here it is up" in said(running.step(LIVE), 1)
    stayed(running)


def test_a_missing_target_is_queried_briefly_while_the_domain_runs_on_the_source(running: Pair) -> None:
    """A query to a server that is off takes ten seconds; a domain suspended here is queried more often."""
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


def test_a_lost_connection_leaves_the_decision_to_a_later_run(running: Pair) -> None:
    """The server of the domain is unknown: the step changes nothing, and a later run decides."""
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
def test_an_uncertain_state_is_refused(
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


def test_a_domain_with_another_uuid_is_refused(running: Pair) -> None:
    (running.folder / "two/domains/web.demo").write_text(
        "3 r----- 256 1 99999999-9999-5999-8999-999999999999 other\n"
    )
    assert "foreign" in said(running.step(LIVE), 1)
    assert running.domains("one") == {"web.demo": "r-----"}


# --- interrupted -------------------------------------------------------------------------------------------------

INTERRUPTED = ("flock", "lvchange", "ssh", "xl")
"""Commands that change something or wait: an interruption between two has the effect of one at a command."""


@pytest.mark.parametrize("mode", ["fail", "kill"])
@pytest.mark.parametrize("call", [LIVE, COLD])
def test_a_second_run_completes_after_an_interruption_at_any_command(
    tmp_path: Path, mode: str, call: tuple[str, ...]
) -> None:
    """Interrupted anywhere, it runs on one server at most; a second run completes the migration."""
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
