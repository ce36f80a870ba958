"""Deployed side of a build: records, ``--from``, removed servers, and source places of earlier builds."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from courses import host, project
from projects import mlnc
from two_sides import record

from mlnc.cli import previous_state
from mlnc.output.errors import Refused
from mlnc.upgrade.diff.deployed_state import DeployedProject

SITE = (
    "service_host one { address 192.0.2.1; memory 1G }\nservice_host two { address 192.0.2.2; memory 1G }\n"
)


def text(name: str, memory: str = "256M", server: str = "one") -> str:
    return f"global {{ project {name} }}\nhost web {{ xen; service_host {server}; memory {memory} }}\n"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a course of the projects a and b, built and deployed; the working directory is above it."""
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "site.mln").write_text(SITE)
    for name in ("a", "b"):
        (folder / f"{name}.mln").write_text(text(name))
    monkeypatch.chdir(tmp_path)
    build()
    record(Path("out"))
    return folder


def build(*arguments: str | Path) -> str:
    result = mlnc("build", *(arguments or ("course",)))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def action(name: str, host: str = "web") -> str:
    plan = yaml.safe_load(Path(f"out/plan/{name}/plan.yaml").read_text())
    return str(plan["hosts"][host]["action"])


@pytest.mark.usefixtures("course")
def test_an_unchanged_project_has_a_plan_without_steps() -> None:
    assert build().startswith("2 projects, 2 hosts")
    plan = yaml.safe_load(Path("out/plan/a/plan.yaml").read_text())
    assert (plan["steps"], action("a")) == ([], "keep")
    assert set(plan["base"]) == {"one"}
    assert plan["base"]["one"] is not None


@pytest.mark.usefixtures("course")
def test_only_the_head_of_the_record_of_an_unchanged_project_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previous_state, "parse_record", None)
    build()
    assert action("b") == "keep"


@pytest.mark.usefixtures("course")
def test_a_record_of_an_earlier_version_without_on_crash_is_unchanged() -> None:
    record_file = Path("out/deployed/a.yaml")
    lines = record_file.read_text().splitlines(keepends=True)
    old = [line for line in lines if "on_crash" not in line]
    assert len(old) == len(lines) - 1
    record_file.write_text("".join(old).replace(_ir_name(lines), "a" * 16))
    build()
    assert action("a") == "keep"


def _ir_name(lines: list[str]) -> str:
    """Return the name by which a record calls its IR: an earlier text has another digest."""
    (name,) = {line.split(": ")[1].strip().strip('"') for line in lines if line.strip().startswith("ir: ")}
    return name


def test_a_change_has_a_line_and_its_place_in_the_sources(course: Path) -> None:
    (course / "a.mln").write_text(text("a", "128M"))
    said = build().splitlines()
    assert said[:2] == ["~ a/web  live; memory 256 MiB → 128 MiB", "plan: 1 live, 1 stays as it is"]
    (change,) = yaml.safe_load(Path("out/plan/a/plan.yaml").read_text())["hosts"]["web"]["changes"]
    assert change["at"] == "../course/a.mln:2:42"


def test_a_project_that_is_not_built_keeps_its_source_places(course: Path) -> None:
    (course / "a.mln").write_text(text("a", "128M"))
    build()
    before = Path("out/plan/a/plan.yaml").read_bytes()
    build(course / "b.mln")
    assert Path("out/plan/a/plan.yaml").read_bytes() == before


def test_a_damaged_record_fails_the_build(course: Path) -> None:
    Path("out/deployed/a.yaml").write_text("deployed_version: 1\n")
    (course / "a.mln").write_text(text("a", "128M"))
    result = mlnc("build", "course")
    assert result.exit_code == 1
    assert "out/deployed/a.yaml is damaged" in result.stderr
    assert "invoke deployed" in result.stderr


def test_a_removed_server_with_virtual_machines_is_an_error(course: Path) -> None:
    (course / "site.mln").write_text(SITE.splitlines()[1])
    for name in ("a", "b"):
        (course / f"{name}.mln").write_text(text(name, server="two"))
    before = Path("out/manifest.yaml").read_bytes()
    result = mlnc("build", "course")
    assert result.exit_code == 1
    assert "error[plan-server-unknown]: a/web is on one, which is no longer in the site" in result.stderr
    assert "keep the server declared until its virtual machines have moved" in result.stderr
    assert Path("out/manifest.yaml").read_bytes() == before


# ---- --from ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("given", ["out/deployed/a.yaml", "out/ir/a.yaml", "out/ir", "out/deployed", "out"])
def test_from_reads_a_file_or_a_folder(given: str) -> None:
    build("course", "--from", given)
    assert action("a") == "keep"
    assert action("b") == ("create" if given.endswith("a.yaml") else "keep")


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("given", ["out/deployed/a.yaml", "out/ir/a.yaml"])
def test_from_reads_a_file_with_another_name(given: str) -> None:
    shutil.copy(given, "last-spring.yaml")
    build("course", "--from", "last-spring.yaml")
    assert action("a") == "keep"


def test_from_reads_a_git_revision(course: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    (course / "a.mln").write_text(text("a", "128M"))
    build()
    record(Path("out"))
    assert "live; memory" not in build()
    assert "~ a/web  live; memory 256 MiB → 128 MiB" in build("course", "--from", "HEAD")


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("given", ["nothing-of-that-name", "course", "--help-me"])
def test_from_refuses_what_is_no_file_folder_or_revision(given: str) -> None:
    result = mlnc("build", "course", f"--from={given}")
    assert result.exit_code == 1
    assert given in result.stderr


# ---- servers that disagree ---------------------------------------------------------------------------------


def test_a_host_is_on_the_server_that_claims_it() -> None:
    here, there = (project(hosts={"web": host(service_host=name)}) for name in ("one", "two"))
    old = DeployedProject("demo", {}, {"one": there, "two": there})
    assert old.hosts()["web"].service_host == "two"
    assert old.possible_servers("web") == {"two"}
    assert DeployedProject("demo", {}, {"one": here, "two": there}).possible_servers("web") == {"one", "two"}


def test_a_host_that_no_server_claims_is_where_the_first_server_places_it() -> None:
    here, there = (project(hosts={"web": host(service_host=name)}) for name in ("one", "two"))
    torn = DeployedProject("demo", {}, {"one": there, "two": here})
    assert torn.hosts()["web"].service_host == "two"
    assert torn.possible_servers("web") == {"one", "two"}


def test_a_refused_record_fails_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: Path) -> None:
        raise Refused("no")

    monkeypatch.setattr(previous_state, "record_texts", refuse)
    with pytest.raises(previous_state.OldSideRefused, match="no"):
        previous_state.read_before(tmp_path, {}, {}, None)
