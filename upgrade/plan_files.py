"""Plans as files: ``plan/<project>/plan.yaml`` and the scripts of its steps, to be reviewed and executed."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.output.artifact import Artifact
from mlnc.output.plan_model import UpgradePlan
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import dump
from mlnc.targets.render import render
from mlnc.upgrade.planner import Planned
from mlnc.upgrade.steps.plan_steps import StepDraft

SCHEMAS = "../../../schemas"
"""The folder of the schemas as seen from ``out/plan/<project>``."""


def emit(planned: Planned) -> Iterator[Artifact]:
    """The files of one plan."""
    project = planned.plan.project
    yield Artifact(f"plan/{project}/plan.yaml", dump_plan(planned.plan))
    for draft in planned.scripts.values():
        assert draft.step.script is not None, draft.step.id
        yield Artifact(draft.step.script, script(project, draft), executable=True)


def dump_plan(plan: UpgradePlan) -> str:
    """The text of ``plan.yaml``. Raises ValueError for what its schema does not allow."""
    data = to_data(plan)
    found = problem("plan", data)
    if found is not None:
        raise ValueError(f"the plan of {plan.project} is none: {found}")
    return dump(data, [f"yaml-language-server: $schema={SCHEMAS}/plan.schema.json"])


def script(project: str, draft: StepDraft) -> str:
    """The script of one step: its calls of the library on the server."""
    return render(
        "upgrade/step.sh.j2", project=project, step=draft.step, renamed=draft.renamed, calls=draft.calls
    )
