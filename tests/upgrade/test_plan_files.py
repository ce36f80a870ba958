"""Plans as they are reviewed: each case below ``tests/golden/plan`` is a course before and after an edit.

``plan.yaml`` and ``scripts.txt`` (all scripts, one after the other) are what a build makes of it.
"""

import re
import shutil
from pathlib import Path

import pytest
from golden_files import GOLDEN, Golden
from projects import mlnc
from two_sides import record

CASES = sorted(path.parent.name for path in (GOLDEN / "plan").glob("*/after"))


def built(case: str, folder: Path) -> Path:
    """Return the output folder after both builds; without a side ``before`` nothing was deployed."""
    out = folder / "out"
    for side in ("before", "after"):
        source = GOLDEN / "plan" / case / side
        if source.is_dir():
            shutil.rmtree(folder / "course", ignore_errors=True)
            shutil.copytree(source, folder / "course")
            shutil.copy(GOLDEN / "plan" / "site.mln", folder / "course")
            result = mlnc("build", folder / "course", "-o", out)
            assert result.exit_code == 0, result.stderr
            if side == "before":
                record(out)
    return out


def without_generations(text: str) -> str:
    """Return the plan with zeros as generations, which change with every template."""
    return re.sub(r": ([0-9a-f]{32})$", f": {'0' * 32}", text, flags=re.MULTILINE)


@pytest.mark.parametrize("case", CASES)
def test_the_files_of_a_plan_are_the_golden(case: str, tmp_path: Path, golden: Golden) -> None:
    plans = sorted((built(case, tmp_path) / "plan").iterdir())
    for plan in plans:
        prefix = "" if len(plans) == 1 else f"{plan.name}-"
        golden(f"plan/{case}/{prefix}plan.yaml", without_generations((plan / "plan.yaml").read_text("utf-8")))
        scripts = [
            f"==> {path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(plan.glob("*.sh"))
        ]
        if scripts:
            golden(f"plan/{case}/{prefix}scripts.txt", "\n".join(scripts))


@pytest.mark.parametrize("case", CASES)
def test_the_numbers_of_the_scripts_have_no_gap(case: str, tmp_path: Path) -> None:
    for plan in sorted((built(case, tmp_path) / "plan").iterdir()):
        steps = re.findall(r"^  - id: (.*)$", (plan / "plan.yaml").read_text("utf-8"), flags=re.MULTILINE)
        scripts = [path.stem for path in sorted(plan.glob("*.sh"))]
        assert scripts in ([], steps)
