"""A server that the previous version (commit 75b5e4f) deployed: the next deploy takes it over.

``tests/data/previous/server`` holds what that version left: ``running``, its projects folder and the records of the
desk, and ``upgrading``, what an interrupted upgrade added. Volumes, bridges and domains are made by its own scripts.
"""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from checkout import TESTS
from rehearsals import compiled, differing, drifted, needs_namespaces, on, staged
from rehearsed_upgrades import expect

from mlnc.output.artifact import SERVER_ROOM
from mlnc.rehearsal.simulation import Simulation
from mlnc.runner.deploy.deploy_run import deploy
from mlnc.runner.deploy.deployment_plan import make_plan
from mlnc.runner.deploy.remove import remove
from mlnc.runner.deploy.start_stop import change_life
from mlnc.runner.deployment import Options
from mlnc.runner.live_display import Silent
from mlnc.runner.observe.status import status
from mlnc.runner.observe.template_drift import outdated_roots
from mlnc.runner.results import Result
from mlnc.runner.selection import select

pytestmark = needs_namespaces

PREVIOUS = TESTS / "data/previous/server"
ROOT = "/var/lib/mlnc"
CURRENT = f"{ROOT}/shop/current"
DEPLOY = f"""\
export MLNC_ROOT={ROOT} MLNC_LIB={ROOT}/_server/current/lib; set -e; cd {CURRENT}
./storage.sh; ./web/guest/configure.sh </dev/null; ./db/guest/configure.sh </dev/null; ./network.sh up
./project.sh start </dev/null"""


@pytest.fixture
def server(tmp_path: Path) -> Simulation:
    """A server with the running project of the previous version, and the desk of a build of today."""
    shutil.copytree(PREVIOUS / "course", tmp_path / "stage-course/course")
    stage = staged(compiled(tmp_path / "stage-course/course", tmp_path / "out"), tmp_path / "stage")
    shutil.copytree(PREVIOUS / "course", stage.folder.path / "course")
    add(stage, "running")
    on(stage, "alpha", DEPLOY)
    rebuild(stage)
    return stage


def add(stage: Simulation, state: str) -> None:
    """Copy a recorded state to the server and the desk."""
    for folder, place in (
        ("alpha", stage.folder.on("alpha", ROOT)),
        ("deployed", stage.out / "deployed"),
    ):
        if (PREVIOUS / state / folder).exists():
            shutil.copytree(PREVIOUS / state / folder, place, symlinks=True, dirs_exist_ok=True)


def rebuild(stage: Simulation, old: str = "", new: str = "") -> None:
    """Build the course with *new* instead of *old*."""
    file = stage.folder.path / "course/shop.mln"
    file.write_text(file.read_text().replace(old, new))
    compiled(file.parent, stage.out)
    stage.reload()


def generations(stage: Simulation) -> dict[str, str]:
    """The generation in force of each project on the server."""
    links = stage.folder.on("alpha", ROOT).glob("*/current")
    return {link.parent.name: link.readlink().name for link in links}


def deploy_library(stage: Simulation) -> None:
    """Deploy the shared files only, as a deployment does that is interrupted after them."""
    with closing(stage.run()) as run:
        plan = make_plan(run, select(run), Options(), 1)
        shared = [task for task in plan.tasks["alpha"] if task.bundle.project == SERVER_ROOM]
        plan = replace(plan, tasks={"alpha": shared}, upgrades=[])
        expect(deploy(run, plan, Options(), Silent(), 1))


def switch(stage: Simulation, verb: Literal["start", "stop"]) -> None:
    with closing(stage.run()) as run:
        expect(change_life(run, select(run), verb, None, Silent(), 1))


def states(stage: Simulation) -> set[str]:
    """The states of all virtual machines."""
    with closing(stage.run()) as run:
        return {vm.state for vm in status(run, select(run), 1)}


def removed(stage: Simulation) -> list[Result]:
    with closing(stage.run()) as run:
        return remove(run, select(run), True, Silent(), 1)


def test_same_sources_replace_files_and_restart_nothing(server: Simulation) -> None:
    before, journal = generations(server), server.folder.journal.read_text()
    expect(server.deploy(Options(), Silent()))
    after = generations(server)
    assert all(before[name] != after[name] for name in (SERVER_ROOM, "shop"))
    assert server.folder.journal.read_text() == journal
    assert (differing(server), drifted(server), states(server)) == ([], [], {"up"})
    assert {result.outcome for result in server.deploy(Options(), Silent())} == {"unchanged"}
    switch(server, "stop")
    assert states(server) == {"down"}
    switch(server, "start")
    assert states(server) == {"up"}
    expect(removed(server))
    assert generations(server).keys() == {SERVER_ROOM}


def test_library_of_the_previous_version_reports_replaced_templates(server: Simulation) -> None:
    """The present verbs use the library on the server, which has its own way to the facts of the server."""
    (template,) = server.folder.on("alpha", f"{ROOT}/templates").iterdir()
    template.write_bytes(template.read_bytes() + bytes(4096))
    with closing(server.run()) as run:
        found = {each.what.partition(" from another")[0] for each in outdated_roots(run, select(run), 1)}
    assert found == {f"the root volume of {host} was made" for host in ("db", "web")}


def test_library_of_the_previous_version_computes_sizes_of_volumes(server: Simulation) -> None:
    (template,) = server.folder.on("alpha", f"{ROOT}/templates").iterdir()
    with closing(server.run()) as run:
        facts = run.site["alpha"]
        question = f"sized vg/web.shop free 4096 {template.name}\n".encode()
        answer = run.ask("alpha", "drift", (facts.toolstack, facts.templates), question)
    (wanted,) = answer.told("wanted")
    assert wanted[:2] == ("vg/web.shop", str(template.stat().st_size + 4096))


def test_previous_generation_works_with_the_library_of_today(server: Simulation) -> None:
    before = generations(server)
    deploy_library(server)
    assert generations(server)["shop"] == before["shop"]
    switch(server, "stop")
    assert states(server) == {"down"}
    on(server, "alpha", f"MLNC_ROOT={ROOT} MLNC_LIB={ROOT}/_server/current/lib {CURRENT}/project.sh start")
    assert states(server) == {"up"}
    on(server, "alpha", f"MLNC_ROOT={ROOT} {ROOT}/_server/current/mlnc-projects.sh stop")
    assert states(server) == {"down"}
    expect(removed(server))
    assert generations(server).keys() == {SERVER_ROOM}


def test_boot_script_of_the_previous_generation_works_with_the_library_of_today(server: Simulation) -> None:
    boot = f"{ROOT}/_server/generations/{generations(server)[SERVER_ROOM]}/mlnc-projects.sh"
    deploy_library(server)
    on(server, "alpha", f"MLNC_ROOT={ROOT} {boot} stop")
    assert states(server) == {"down"}


MORE = ("size 16M\n\tmemory 128M", "size 24M\n\tmemory 192M")


def test_changed_source_is_an_upgrade(server: Simulation) -> None:
    rebuild(server, *MORE)
    expect(server.deploy(Options(start=True), Silent()))
    assert (differing(server), states(server)) == ([], {"up"})


def test_interrupted_upgrade_of_today_rolls_back_to_the_previous_generation(server: Simulation) -> None:
    before = generations(server)["shop"]
    rebuild(server, "memory 128M\n\tusers", "memory 192M\n\tusers")
    (server.folder.path / "fault").write_text("25 fail *\n")
    failed = [
        result.step for result in server.deploy(Options(start=True), Silent()) if result.outcome == "failed"
    ]
    assert failed != []
    expect(server.deploy(Options(undo=True), Silent()))
    assert generations(server)["shop"] == before
    assert states(server) == {"up"}


@pytest.mark.parametrize("undo", [False, True])
def test_interrupted_upgrade_of_the_previous_version_is_refused(server: Simulation, undo: bool) -> None:
    add(server, "upgrading")
    rebuild(server, *MORE)
    before, journal = tree(server), server.folder.journal.read_text()
    results = {result.project: result for result in server.deploy(Options(True, undo=undo), Silent())}
    message = results["shop"].message
    assert "Get the commit" in message
    assert "'invoke deploy'" in message
    assert "'invoke deploy --undo'" in message
    assert "needs it" in results[SERVER_ROOM].message
    assert {result.outcome for result in results.values()} == {"failed"}
    assert (tree(server), server.folder.journal.read_text()) == (before, journal)


def tree(stage: Simulation) -> dict[str, bytes]:
    """Every small file of the projects folder."""
    root = stage.folder.on("alpha", ROOT)
    files = [file for file in root.rglob("*") if file.is_file() and "images" not in file.parts]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}
