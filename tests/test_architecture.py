"""Structure of the project: one-way imports, one door for each library, unique names, short modules."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "ir", "output", "compiler", "targets", "upgrade", "runner", "rehearsal", "cli", "lab")

IR = {"schemas", "ir"}
MAY_IMPORT = {
    "schemas": {"schemas"},
    "ir": IR,
    "output": {*IR, "output"},
    "compiler": {*IR, "compiler"},
    "targets": {*IR, "output", "targets"},
    "upgrade": {*IR, "output", "upgrade", "targets.render"},
    "runner": {*IR, "output", "runner"},
    "rehearsal": {*IR, "output", "runner", "rehearsal", "targets"},
    "cli": set(ROOMS) - {"runner", "rehearsal", "lab"},
    "lab": {"lab"},
}
"""Rooms, or single modules of a room, that each room may import."""

DOORS = {
    "ply": {"compiler/lexer.py", "compiler/parser.py"},
    "jinja2": {"targets/render.py"},
    "yaml": {"schemas/yaml_text.py"},
    "jsonschema_rs": {"schemas/validation.py"},
    "invoke": {
        "lab/lab_tasks.py",
        "rehearsal/rehearsal_run.py",
        "rehearsal/tasks/rehearse_task.py",
        "runner/console/command_output.py",
        "runner/console/task_options.py",
        "runner/tasks/deployment_tasks.py",
        "runner/tasks/lifecycle_tasks.py",
        "runner/tasks/observation_tasks.py",
        "runner/tasks/volume_tasks.py",
    },
    "click": {"cli/main.py", "cli/printing.py", "cli/command_run.py"},
}
"""The modules that may import each library."""


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from (
                names if node.module in ("mlnc", *(f"mlnc.{room}" for room in ROOMS)) else {node.module}
            )


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_follow_the_table_of_rooms(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        if name.startswith("mlnc.") and name not in ("mlnc.__version__", "mlnc.check_import_name"):
            inside = name.removeprefix("mlnc.")
            allowed = {inside.split(".")[0], ".".join(inside.split(".")[:2])} & MAY_IMPORT[room]
            assert allowed, f"{room} may not import {name}"


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_is_imported_by_its_doors_only(library: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert found == DOORS[library]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 45, f"{node.name} is too long"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_one_import_name(room: str) -> None:
    link = ROOT / "mlnc" / room
    assert link.is_symlink()
    assert link.resolve() == ROOT / room
    run = subprocess.run(
        [sys.executable, "-c", f"import {room}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr.endswith(f"ImportError: import mlnc.{room}, not {room}\n")


def test_a_checkout_without_links_says_so(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "mlnc", tmp_path / "mlnc", ignore=shutil.ignore_patterns(*ROOMS))
    (tmp_path / "mlnc" / "schemas").write_text("../schemas")
    run = subprocess.run(
        [sys.executable, "-m", "mlnc", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "mlnc: this checkout has no symbolic links; clone it again with 'git clone -c core.symlinks=true' "
        "on a file system that supports them\n"
    )


def test_no_two_modules_or_public_classes_share_a_name() -> None:
    names = [path.stem for path in modules() if path.stem != "__init__"]
    classes = [
        node.name
        for path in modules()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert repeated(names) == []
    assert repeated(classes) == []


def repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def test_tasks_import_little_before_they_connect() -> None:
    """A task imports the rest of the runner after it connects."""
    text = "import sys, mlnc.rehearsal.tasks, mlnc.runner.tasks; print([*sys.modules])"
    seen = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout
    loaded = set(ast.literal_eval(seen))
    assert "mlnc.runner.connect.connections" in loaded
    assert not loaded & {
        "mlnc.runner.run_context",
        "mlnc.runner.console.command_output",
        "mlnc.rehearsal.simulation",
        "jinja2",
    }


def test_the_wheel_leaves_out_the_laboratory() -> None:
    find = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    assert find == {"include": ["mlnc", "mlnc.*"], "exclude": ["mlnc.lab", "mlnc.lab.*"]}


def test_every_folder_with_modules_is_a_package() -> None:
    assert [path for path in modules() if not (path.parent / "__init__.py").exists()] == []
