"""The shape of the house: imports run one way, each library has one door, no module outgrows its room."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
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
"""What a room may import of mlnc, besides the version in ``mlnc`` itself."""

DOORS = {
    "ply": {"compiler/lexer.py", "compiler/parser.py"},
    "jinja2": {"targets/render.py"},
    "yaml": {"schemas/yaml_text.py"},
    "jsonschema_rs": {"schemas/validation.py"},
    "invoke": {
        *(
            "runner/connect/transport.py",
            "runner/connect/server_transport.py",
            "runner/connect/connections.py",
        ),
        *("runner/console/task_options.py", "runner/console/command_output.py", "runner/tasks.py"),
        *(
            "rehearsal/folder_transport.py",
            "rehearsal/simulation.py",
            "rehearsal/rehearsal_run.py",
            "rehearsal/tasks.py",
            "lab/lab_tasks.py",
        ),
    },
    "click": {"cli/main.py", "cli/printing.py", "cli/command_run.py"},
}
"""The modules through which a library comes in."""


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
def test_imports_run_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        if name.startswith("mlnc.") and name != "mlnc.__version__":
            inside = name.removeprefix("mlnc.")
            allowed = {inside.split(".")[0], ".".join(inside.split(".")[:2])} & MAY_IMPORT[room]
            assert allowed, f"{room} may not import {name}"


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_has_its_doors(library: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert found == DOORS[library]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_the_links_give_every_room_its_import_name() -> None:
    for room in ROOMS:
        link = ROOT / "mlnc" / room
        assert link.is_symlink()
        assert link.resolve() == ROOT / room


def test_commands_begin_with_little() -> None:
    """What a command needs when it is connected is loaded then."""
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


def test_the_laboratory_is_no_part_of_the_product() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(packages) >= {f"mlnc.{room}" for room in ROOMS if room != "lab"}
    assert not [package for package in packages if package.startswith("mlnc.lab")]
