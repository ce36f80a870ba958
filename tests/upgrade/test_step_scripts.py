"""Scripts of plans: each call is a function of the library on the servers, with the arguments that it takes."""

import re
import shlex

import pytest
from checkout import ROOT
from golden_files import GOLDEN

TEMPLATES = ROOT / "targets/shell/library"
SCRIPTS = sorted(GOLDEN.glob("plan/*/*scripts.txt"))
DOMAIN, VOLUME, TARGET, SIZE = 3, 4, 3, 4
"""Number of arguments for each."""

WORDS = {
    "need_peer": (TARGET + 1, TARGET + 2),
    "need_domain_ours": (DOMAIN,),
    "need_no_domain": (2,),
    "need_volume": (1 + VOLUME, 2 + 2 * VOLUME),
    "need_no_volume": (1 + VOLUME,),
    "need_new": (1 + VOLUME + SIZE,),
    "need_copy": (DOMAIN + TARGET + 2 * VOLUME + SIZE,),
    "need_copy_here": (DOMAIN + 2 * VOLUME + SIZE,),
    "need_growth": (DOMAIN + VOLUME + SIZE,),
    "carrier_gone": (2,),
    "copy_first": (DOMAIN + TARGET + 2 * VOLUME + SIZE,),
    "copy_last": (DOMAIN + TARGET + 2 * VOLUME + SIZE,),
    "copy_here": (DOMAIN + 2 * VOLUME + SIZE,),
    "stop_host": (DOMAIN + 1,),
    "start_host": (DOMAIN,),
    "set_memory": (DOMAIN + 2,),
    "set_vcpus": (DOMAIN + 2,),
    "move_card": (DOMAIN + 3,),
    "attach_card": (DOMAIN + 3,),
    "grow_volume": (DOMAIN + VOLUME + SIZE,),
    "rename_volume": (4 + 2 * VOLUME,),
    "discard_volume": (DOMAIN + VOLUME,),
    "migrate_live": (DOMAIN + TARGET + VOLUME, DOMAIN + TARGET + 2 * VOLUME),
    "hand_over": (DOMAIN + TARGET + VOLUME,),
    "bridge_gone": (3,),
    "retire_volume": (1 + VOLUME,),
}
"""Number of arguments of each function; a function without an entry takes any number."""


def calls() -> list[list[str]]:
    """Return every call of every golden script."""
    lines = [line for file in SCRIPTS for line in file.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("call ")]


def library() -> set[str]:
    """The functions of the library."""
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.sh"))
    return set(re.findall(r"^([a-z_]+)\(\)", text, re.MULTILINE))


@pytest.mark.parametrize("function", sorted({call[0] for call in calls()}))
def test_the_library_has_each_function_and_its_undo(function: str) -> None:
    assert function in library()
    assert function.startswith("need_") or f"undo_{function}" in library()


@pytest.mark.parametrize("function", sorted(WORDS))
def test_a_function_is_called_with_its_arguments(function: str) -> None:
    mine = [call for call in calls() if call[0] == function]
    assert mine
    assert all(len(call) - 1 in WORDS[function] for call in mine)


def test_old_names_precede_all_calls() -> None:
    renamed = [file.read_text(encoding="utf-8") for file in SCRIPTS if "rename" in file.parent.name]
    for script in (each for text in renamed for each in text.split("==> ")[1:]):
        lines = [line.split()[0] for line in script.splitlines() if line.startswith(("was ", "call "))]
        assert lines == sorted(lines, key="was call".index)
