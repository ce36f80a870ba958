"""Commands of plans: each is a function of the shell library, is in a golden plan, and is executed by a test."""

import ast
import re
import shlex

import pytest
from checkout import ROOT, TESTS
from golden_files import GOLDEN

from mlnc.upgrade.steps.plan_commands import COMMANDS, check_command

LIBRARY = ROOT / "targets/shell/library"
SCRIPTS = sorted(GOLDEN.glob("plan/*/*scripts.txt"))
EXECUTING = (
    "live_changes",
    "live_migration",
    "migration_over_third_server",
    "plan_preflight",
    "start_stop_steps",
)
EXECUTING_ON_LVM = ("upgrade_volumes", "volume_copy")
"""Modules that run the commands which they name: on two fake servers, and on real LVM."""


def calls() -> list[list[str]]:
    """Return every command, with its arguments, of every golden script."""
    lines = [line for file in SCRIPTS for line in file.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("register_call ")]


def library_functions() -> set[str]:
    """Return the names of the functions of the library."""
    text = "".join(path.read_text(encoding="utf-8") for path in LIBRARY.glob("*.sh"))
    return set(re.findall(r"^([a-z_]+)\(\)", text, re.MULTILINE))


def executed() -> set[str]:
    """Return the first element of every tuple of strings in the executing modules: the name of a command."""
    names = set()
    for module in (*EXECUTING, *EXECUTING_ON_LVM):
        tree = ast.parse((TESTS / f"upgrade/test_{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            first = node.elts[0] if isinstance(node, ast.Tuple) and node.elts else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names.add(first.value)
    return names


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_library_has_the_command_and_its_undo(name: str) -> None:
    assert name in library_functions()
    assert name.startswith("need_") or f"undo_{name}" in library_functions()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_golden_plan_has_the_command(name: str) -> None:
    assert name in {call[0] for call in calls()}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_test_executes_the_command(name: str) -> None:
    assert name in executed()


@pytest.mark.parametrize("words", [("stop_host", "web"), ("start",), ("bridges_up", "br1")])
def test_an_unknown_command_or_number_of_arguments_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no command of a plan"):
        check_command(words)


def test_former_names_are_recorded_before_all_calls() -> None:
    renamed = [file.read_text(encoding="utf-8") for file in SCRIPTS if "rename" in file.parent.name]
    for script in (each for text in renamed for each in text.split("==> ")[1:]):
        words = [line.split()[0] for line in script.splitlines() if line]
        mine = [word for word in words if word in ("record_former_name", "register_call")]
        assert mine == sorted(mine)
