"""Projects that start and stop with their server: the script and the systemd units of a server."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import check_shell, codes, lay_course, run, stub, texts
from courses import SERVER, course, host, project, service_host
from golden_files import Golden

from mlnc.ir.model import Course
from mlnc.targets.shell import autostart


def of(root: str = "/var/lib/mlnc", **changes: Any) -> Course:
    """Projects a and c, which start by themselves, b, which does not, and d, which does on another server."""
    hosts = {"db": host(boot_order=1), "web": host(boot_order=2), "mail": host(boot_order=2)}
    projects = [project(project=name, autostart=name != "b", hosts=hosts) for name in "abc"]
    away = project(project="d", autostart=True, hosts={"web": host(service_host="two")})
    site = service_host(projects=root, **changes)
    return course(*projects, away, service_hosts={SERVER: site, "two": service_host(projects=root)})


NAMES = ["mlnc-projects.sh", "mlnc-projects.service", "mlnc-shutdown.service"]


@pytest.mark.parametrize("name", NAMES)
def test_golden(golden: Golden, name: str) -> None:
    golden(f"autostart/{name}", texts(autostart.emit(of()))[f"hosts/{SERVER}/_server/{name}"])


def test_readers_of_shell_agree(tmp_path: Path) -> None:
    check_shell(lay_course(tmp_path, of(), autostart.emit(of())))


def test_each_server_starts_what_it_has() -> None:
    made = texts(autostart.emit(of()))
    assert "run_project d start" in made["hosts/two/_server/mlnc-projects.sh"]
    assert "run_project a start" not in made["hosts/two/_server/mlnc-projects.sh"]


def test_server_without_such_projects_has_a_script_that_does_nothing(tmp_path: Path) -> None:
    made = course(project())
    folder = lay_course(tmp_path, made, autostart.emit(made)) / SERVER / "_server"
    run(folder / "mlnc-projects.sh", "start", MLNC_LIB=str(folder / "lib"))


@pytest.mark.parametrize(("seconds", "unit"), [(60, 3600), (1200, 3600), (1201, 7200)])
def test_stop_may_take_as_long_as_all_domains_have(seconds: int, unit: int) -> None:
    """In whole hours: three projects, eight at once, with two boot orders each, and five minutes."""
    plain = of()
    slow = {name: replace(each, stop_timeout_seconds=seconds) for name, each in plain.projects.items()}
    made = replace(plain, projects=slow)
    text = texts(autostart.emit(made))[f"hosts/{SERVER}/_server/mlnc-shutdown.service"]
    assert f"TimeoutStopSec={unit}\n" in text


@pytest.mark.parametrize("root", ["relative", "/with blank", "/with%percent", "/$HOME", "/line\nend"])
def test_folder_that_a_unit_cannot_name(root: str) -> None:
    servers = {SERVER: service_host(projects=root)}
    made = autostart.emit(course(service_hosts=servers))
    assert codes(made) == [("projects-folder", f"site/service_hosts/{SERVER}/projects")]
    assert made.artifacts == []


def deployed(root: Path) -> Path:
    """The files as they stand on the server, with a pretended project.sh in each project; returns the script."""
    made = of(str(root))
    lay_course(root / "out", made, autostart.emit(made))
    (root / "_server").mkdir()
    shutil.move(root / "out/hosts" / SERVER / "_server", root / "_server/current")
    for name in "abc":
        stub_folder = root / name / "current"
        stub_folder.mkdir(parents=True)
        text = f'echo "{name} $*" >>{root}/log; echo "mlnc: $1 is done"; [ ! -e {root}/{name}/fails ]'
        stub(stub_folder, "project.sh", text)
    return root / "_server/current/mlnc-projects.sh"


def test_starts_those_that_say_so_in_order(tmp_path: Path) -> None:
    run(deployed(tmp_path), "start")
    assert (tmp_path / "log").read_text() == "a start --able\nc start --able\n"


def test_stops_all_that_there_are_and_says_which_is_meant(tmp_path: Path) -> None:
    """Also b, which does not start with the server, and one that no build knows any more."""
    script = deployed(tmp_path)
    shutil.copytree(tmp_path / "b", tmp_path / "left")
    (tmp_path / "gone").mkdir()
    said = run(script, "stop").stdout
    assert sorted((tmp_path / "log").read_text().splitlines()) == ["a stop", "b stop", "b stop", "c stop"]
    assert sorted(said.splitlines()) == [f"{name}: mlnc: stop is done" for name in ("a", "b", "c", "left")]


def test_one_that_cannot_stop_does_not_keep_the_others(tmp_path: Path) -> None:
    script = deployed(tmp_path)
    (tmp_path / "a/fails").write_text("")
    done = run(script, "stop", status=1)
    assert "stop failed for: a" in done.stderr
    assert "not all were stopped" in done.stderr
    assert sorted((tmp_path / "log").read_text().splitlines()) == ["a stop", "b stop", "c stop"]


def test_nothing_is_there_to_stop(tmp_path: Path) -> None:
    script = deployed(tmp_path)
    for name in "abc":
        shutil.rmtree(tmp_path / name)
    run(script, "stop")


def test_leaves_the_lock_file_without_which_some_servers_stop_nothing(tmp_path: Path) -> None:
    """As rc of Red Hat's releases 5 and 6 asks for it."""
    script = deployed(tmp_path)
    (tmp_path / "subsys").mkdir()
    lock = tmp_path / "subsys" / "mlnc-projects"
    run(script, "start", MLNC_SUBSYS=str(lock.parent))
    assert lock.exists()
    run(script, "stop", MLNC_SUBSYS=str(lock.parent))
    assert not lock.exists()


def test_one_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    script = deployed(tmp_path)
    (tmp_path / "a/fails").write_text("")
    assert "start failed for: a" in run(script, "start", status=1).stderr
    assert (tmp_path / "log").read_text() == "a start --able\nc start --able\n"


def test_works_through_a_link_as_an_init_script(tmp_path: Path) -> None:
    script = deployed(tmp_path)
    (tmp_path / "init.d").symlink_to(script)
    run(tmp_path / "init.d", "start")
    run(tmp_path / "init.d", "stop")
    assert "usage" in run(tmp_path / "init.d", "restart", status=1).stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    deployed(tmp_path)
    units = [tmp_path / "_server/current" / name for name in NAMES if name.endswith(".service")]
    done = run("systemd-analyze", "verify", "--man=no", *units)
    assert "mlnc-" not in done.stderr


def test_all_stop_before_xendomains_does() -> None:
    """What starts after another stops before it; a unit that is not active, or failed to start, stops nothing."""
    made = texts(autostart.emit(of()))
    unit = made[f"hosts/{SERVER}/_server/mlnc-shutdown.service"].splitlines()
    assert any(line.startswith("After=") and "xendomains.service" in line.split() for line in unit)
    assert "ExecStart=/bin/true" in unit
    assert "ExecStop" not in made[f"hosts/{SERVER}/_server/mlnc-projects.service"]
