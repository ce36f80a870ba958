"""Rules for all shell text on service hosts: the library, the verbs of the runner, and the generated scripts."""

import re
from collections import Counter
from pathlib import Path

import pytest
from checkout import ROOT

LIBRARY = sorted((ROOT / "targets/shell/library").glob("*.sh"))
VERBS = sorted(path for path in (ROOT / "runner/server").glob("*.sh") if not path.is_symlink())
TEMPLATES = sorted((ROOT / "targets/templates").rglob("*.j2"))
TOOLSTACK = ROOT / "targets/shell/library/toolstack.sh"

CALL = re.compile(
    r"""(?:^|^\s*\(|[|;&!{]|\$\(|\)\s|\b(?:then|do|else|until|while|if)\b)\s*  # where a command begins
    (?:(?:exec|command)\s+)?
    (?:xl|xm|["']?\$\{?(?:mlnc|server)_toolstack\}?["']?)\s""",
    re.VERBOSE,
)


def code(path: Path) -> str:
    """Return the text of *path* without its comment lines."""
    return "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))


def calls(text: str) -> list[str]:
    """Return the lines of *text* that run a toolstack."""
    return [line for line in text.splitlines() if CALL.search(line)]


@pytest.mark.parametrize("path", [*LIBRARY, *VERBS, *TEMPLATES], ids=lambda path: path.name)
def test_only_the_toolstack_module_runs_a_toolstack(path: Path) -> None:
    assert path == TOOLSTACK or calls(code(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "xl list",
        "    rows=$(xm list --long) || return",
        'if "$mlnc_toolstack" info; then',
        "ok && xl destroy a",
        'case $1 in xl) xl shutdown -F "$2" ;; esac',
        "exec $mlnc_toolstack console a",
    ],
)
def test_the_search_finds_a_call(line: str) -> None:
    assert calls(line) == [line]


def test_the_runner_sends_the_toolstack_module_of_the_library() -> None:
    assert (ROOT / "runner/server/toolstack.sh").resolve() == TOOLSTACK


def test_every_documented_toolstack_function_exists_and_the_reverse() -> None:
    text = TOOLSTACK.read_text()
    documented = set(re.findall(r"^#   (toolstack_\w+)", text, re.MULTILINE))
    defined = set(re.findall(r"^(toolstack_\w+)\(\)", text, re.MULTILINE)) - {"toolstack_run"}
    assert documented == {name for name in defined if not re.match(r"toolstack_x[lm]_", name)}


def test_no_function_name_is_defined_twice() -> None:
    """Scripts source several files and verbs are sent in several parts: a second definition would replace the first."""
    defined = Counter(
        name
        for path in (*LIBRARY, *VERBS, *TEMPLATES)
        for name in re.findall(r"^ *([A-Za-z_]\w*)\(\) *[({]", path.read_text(), re.MULTILINE)
    )
    assert [name for name, times in sorted(defined.items()) if times > 1] == []
