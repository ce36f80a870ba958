"""``mlnc build`` with records and IR documents of the previous version (IR version 1) as the deployed state."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from checkout import TESTS
from projects import mlnc

from mlnc.ir.ir_yaml import load_project
from mlnc.output.deployed_record import read_records
from mlnc.schemas.yaml_text import load

PREVIOUS = TESTS / "data" / "previous"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of the project ``shop`` in the working directory, and the record that the previous version wrote."""
    shutil.copytree(PREVIOUS / "course", tmp_path, dirs_exist_ok=True)
    shutil.copytree(PREVIOUS / "out/deployed", tmp_path / "out/deployed")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shop.mln"


def planned(shop: Path, *arguments: str | Path) -> Any:
    """Build, and return the plan of ``shop`` as data."""
    result = mlnc("build", shop, *arguments)
    assert result.exit_code == 0, result.stderr
    return load(Path("out/plan/shop/plan.yaml").read_text())


def unstate_ceilings(shop: Path) -> None:
    """Remove the ceilings of the host ``cache`` that equal its amounts."""
    shop.write_text(shop.read_text().replace("    maxmem 256M\n", "").replace("    maxvcpus 2\n", ""))


def changes(plan: Any) -> list[tuple[str, str, str | None, str | None]]:
    """Host, IR path, old and new value of every difference of *plan*."""
    return [
        (host, change["path"], change["old"], change["new"])
        for host, facts in plan["hosts"].items()
        for change in facts["changes"]
    ]


@pytest.mark.parametrize("old", [(), ("--from", PREVIOUS / "out/ir/shop.yaml"), ("--from", PREVIOUS / "out")])
def test_an_unchanged_project_is_planned_without_changes(shop: Path, old: tuple[str | Path, ...]) -> None:
    plan = planned(shop, *old)
    assert {(host["line"], host["data_loss"]) for host in plan["hosts"].values()} == {
        (f"= shop/{name}  keep", False) for name in ("cache", "db", "seeded", "web")
    }
    assert changes(plan) == []
    assert {step["kind"] for step in plan["steps"]} <= {"apply"}


def test_an_unchanged_project_without_redundant_ceilings_needs_no_step(shop: Path) -> None:
    unstate_ceilings(shop)
    plan = planned(shop)
    assert (changes(plan), plan["steps"]) == ([], [])


def test_the_recorded_project_equals_what_the_compiler_makes_now(shop: Path) -> None:
    unstate_ceilings(shop)
    planned(shop)
    applied = read_records(Path("out"))["shop"].applied("atlas")
    assert applied == load_project(Path("out/ir/shop.yaml").read_text())


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("maxmem 1G", "maxmem 2G", ("db", "maxmem_mib", "1 GiB", "2 GiB")),
        ("    maxvcpus 4\n", "", ("db", "max_vcpus", "4", "1")),
        ("maxvcpus 2\n", "maxvcpus 3\n", ("cache", "max_vcpus", "2", "3")),
        ("swap 512M", "swap 1G", ("db", "volumes/swap/size_bytes", "512 MiB", "1 GiB")),
        ("size 1G", "size 1G; memory 384M", ("web", "memory_mib", "256 MiB", "384 MiB")),
        ("size 2G", "size 3G", ("db", "volumes/root/size_bytes", "2 GiB", "3 GiB")),
    ],
)
def test_one_change_in_the_sources_is_planned_alone(
    before: str, after: str, difference: tuple[str, ...], shop: Path
) -> None:
    text = shop.read_text()
    assert before in text
    shop.write_text(text.replace(before, after))
    assert changes(planned(shop)) == [difference]


def test_a_project_of_the_previous_version_that_is_not_named_is_kept(shop: Path) -> None:
    planned(shop)
    shutil.copy(PREVIOUS / "out/ir/shop.yaml", "out/ir/shop.yaml")
    shutil.copy(PREVIOUS / "out/ir/site.yaml", "out/ir/site.yaml")
    text = "global { project other }\nhost web { xen; service_host atlas }\n"
    Path("other.mln").write_text(text)
    result = mlnc("build", "other.mln")
    assert result.exit_code == 0, result.stderr
    assert Path("out/ir/shop.yaml").read_text().splitlines()[1] == "ir_version: 2"
