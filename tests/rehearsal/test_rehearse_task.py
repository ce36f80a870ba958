"""The command rehearse as a person runs it, and the runner's other verbs on a rehearsed server."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit
from rehearsals import SERVER, built, compiled, deployed, differing, needs_namespaces, staged
from test_rehearsal import PROJECT

from mlnc.rehearsal import tasks
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.deploy.remove import remove
from mlnc.runner.deploy.start_stop import change_life
from mlnc.runner.live_display import Silent
from mlnc.runner.observe.drift import drift
from mlnc.runner.observe.status import status
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection, select


def rehearsed(out: Path, **options: str | bool) -> int:
    """The exit status of ``invoke rehearse`` for the folder *out*."""
    with pytest.raises(Exit) as ended:
        tasks.rehearse(Context(), [], out=str(out), **options)
    if ended.value.message:
        print(ended.value.message)
    return int(ended.value.code)


@needs_namespaces
def test_a_rehearsal_shows_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = built(tmp_path, PROJECT)
    before = sorted(out.rglob("*"))
    assert rehearsed(out, keep=str(tmp_path / "kept")) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"1 servers created in {tmp_path}/kept; deploying the build"
    assert said[-4:-1] == [
        "server  domains  volumes  bridges  guests",
        "alpha         2        3        1       1",
        "the servers match the IR",
    ]
    assert (tmp_path / "kept/servers/alpha/var/lib/mlnc/demo/current").is_symlink()
    assert sorted(out.rglob("*")) == before


@needs_namespaces
def test_a_rehearsal_that_fails_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsed(built(tmp_path, PROJECT.replace("256M", "8G"))) == 1
    said = capsys.readouterr().out
    assert "alpha       1/2        3        1       1" in said
    assert "alpha: domain web.demo is missing" in said


@pytest.fixture
def upgraded(tmp_path: Path) -> Path:
    """The output folder of a project that was deployed, and is built again with more memory and less of a disk.

    The servers have their templates elsewhere by now, so what was deployed would have other generations today.
    """
    out = built(tmp_path, PROJECT)
    stage = staged(out, tmp_path / "first")
    assert deployed(stage) == ["made"]
    shutil.copytree(stage.out / "deployed", out / "deployed")
    course = tmp_path / "course"
    (course / "site.mln").write_text(SERVER.replace("lvm_vg vg", "lvm_vg vg; templates /srv/others"))
    (course / "p0.mln").write_text(PROJECT.replace("256M", "512M").replace("size 64M", "size 60M"))
    return compiled(course, out)


@needs_namespaces
def test_what_was_deployed_is_where_a_rehearsal_begins(
    upgraded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearsed(upgraded, keep=str(tmp_path / "kept")) == 0
    said = capsys.readouterr().out.splitlines()
    assert f"1 servers created in {tmp_path}/kept; deploying the state recorded in out/deployed" in said
    assert "deploying the build, with consent to destroy the data of demo/web" in said
    assert "the servers match the IR" in said
    assert rehearsed(upgraded, start=False) == 0


@needs_namespaces
def test_a_rehearsed_upgrade_that_is_wrong_says_so(
    upgraded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Simulation, "losses", lambda _: frozenset())
    assert rehearsed(upgraded) == 1
    said = capsys.readouterr().out
    assert "DATA LOSS: all data on disks of demo/web would go" in said
    assert "alpha: domain web.demo: memory is 256, the IR says 512" in said


@needs_namespaces
def test_projects_deployed_in_part_are_not_rehearsed(
    upgraded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = upgraded / "deployed/demo.yaml"
    record.write_text(record.read_text().replace("alpha:", "omega:"))
    assert rehearsed(upgraded) == 1
    assert "demo is deployed on omega, which the site no longer lists" in capsys.readouterr().out


@needs_namespaces
def test_a_folder_that_is_there_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsed(tmp_path, keep=str(tmp_path)) == 1
    assert "exists already" in capsys.readouterr().out


@needs_namespaces
def test_without_an_output_there_is_nothing_to_rehearse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearsed(tmp_path) == 1
    assert "run mlnc build first" in capsys.readouterr().out


def test_a_system_without_name_spaces_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unshare = tmp_path / "unshare"
    unshare.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    unshare.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert rehearsed(tmp_path) == 1
    assert (
        "does not allow unprivileged user name spaces (user_namespaces(7)): unshare failed"
        in capsys.readouterr().out
    )
    monkeypatch.setenv("PATH", "/nonexistent")
    assert rehearsed(tmp_path) == 1
    assert "unshare is not installed" in capsys.readouterr().out


# --- the runner's other verbs --------------------------------------------------------------------------------------


@pytest.fixture
def stage(tmp_path: Path) -> Simulation:
    made = staged(built(tmp_path, PROJECT.replace("hvm;", "hvm; lvm;")), tmp_path / "stage")
    deployed(made)
    return made


@pytest.fixture
def run(stage: Simulation) -> Iterator[RunContext]:
    with closing(stage.run()) as made:
        yield made


@pytest.fixture
def everything(run: RunContext) -> Selection:
    return select(run)


@needs_namespaces
def test_drift_and_status_find_all_in_order(run: RunContext, everything: Selection) -> None:
    assert drift(run, everything, 1) == []
    assert {(vm.host, vm.state, vm.answers) for vm in status(run, everything, 1)} == {
        ("web", "up", True),
        ("desktop", "up", None),
    }


@needs_namespaces
def test_what_was_stopped_is_down(stage: Simulation, run: RunContext, everything: Selection) -> None:
    stopped = change_life(run, everything, "stop", None, Silent(), 1)
    assert [result.outcome for result in stopped] == ["done"]
    assert differing(stage, started=False) == ["alpha: bridge lan.demo is missing"]
    assert {vm.state for vm in status(run, everything, 1)} == {"down"}


@needs_namespaces
def test_what_was_removed_leaves_nothing(stage: Simulation, run: RunContext, everything: Selection) -> None:
    removed = remove(run, everything, True, Silent(), 1)
    assert [result.outcome for result in removed] == ["done"]
    wanted, found = stage.facts(True)
    assert {fact for fact in found if fact.kind in ("domain", "volume", "bridge", "guest")} == set()
    assert wanted
    assert not stage.folder.on("alpha", "/var/lib/mlnc/demo").exists()
