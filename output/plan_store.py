"""The plans of the output folder: ``out/plan/<project>/plan.yaml``, and the scripts that they name."""

from pathlib import Path
from typing import get_args

from mlnc.ir.ir_yaml import from_data
from mlnc.output.errors import Refused
from mlnc.output.manifest import Manifest, digest, file_state
from mlnc.output.plan_model import Kind, Step, UpgradePlan
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import YamlError, load

PHASES: tuple[Kind, ...] = get_args(Kind)
"""The kinds of steps in the order in which a project comes to them."""

_FOLDER = "plan"
_FILE = "plan.yaml"
_ID_DIGITS = 32


def load_plan(out: Path, manifest: Manifest, project: str) -> UpgradePlan | None:
    """The plan of *project*; None where the build made none. Raises Refused for one that is damaged."""
    path = f"{_FOLDER}/{project}/{_FILE}"
    return _plan(out, manifest, path, project) if path in manifest.files else None


def plan_id(manifest: Manifest, project: str) -> str:
    """The name of exactly this plan: the first 32 digits of the SHA-256 of its file; ``-`` where there is none."""
    return manifest.files.get(f"{_FOLDER}/{project}/{_FILE}", "-")[:_ID_DIGITS]


def step_script(out: Path, manifest: Manifest, step: Step) -> bytes:
    """The text of the script of *step*. Raises Refused where it is not what the *manifest* says."""
    return b"" if step.script is None else _content(out, manifest, step.script)


def _plan(out: Path, manifest: Manifest, path: str, project: str) -> UpgradePlan:
    try:
        data = load(_content(out, manifest, path).decode())
    except (UnicodeDecodeError, YamlError) as error:
        raise Refused(f"{out / path} cannot be read: {error}. Build again") from None
    found = problem("plan", data)
    if found is not None:
        raise Refused(f"{out / path} is damaged: {found}. Build again")
    plan = from_data(UpgradePlan, data)
    phases = [PHASES.index(step.kind) for step in plan.steps]
    names = [step.id for step in plan.steps]
    if plan.project != project or phases != sorted(phases) or len(set(names)) != len(names):
        raise Refused(f"{out / path} is damaged: its steps are not in order. Build again")
    return plan


def _content(out: Path, manifest: Manifest, path: str) -> bytes:
    state = file_state(out / path)
    if state is None or digest(state.content) != manifest.files.get(path):
        raise Refused(f"{out / path} is not what was built. Build again, and review what changes")
    return state.content
