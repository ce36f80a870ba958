"""Files of a plan: ``plan/<project>/plan.yaml`` and a script for each step, for review and execution."""

from collections.abc import Iterator

from mlnc.ir.ir_yaml import to_data
from mlnc.output.artifact import Artifact
from mlnc.output.plan_model import UpgradePlan
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import dump
from mlnc.targets.render import render
from mlnc.upgrade.planner import Planned
from mlnc.upgrade.steps.plan_steps import StepDraft
from mlnc.upgrade.steps.step_texts import RUNNER_ACTS

SCHEMAS = "../../../schemas"
"""Folder of the schemas as seen from ``out/plan/<project>``."""


def emit(planned: Planned) -> Iterator[Artifact]:
    """Yield the files of one plan.

    A plan with a script has a file for each of its steps, so that the numbers of the files have no gap: the file of a
    step that the runner executes itself says so.
    """
    project = planned.plan.project
    yield Artifact(f"plan/{project}/plan.yaml", dump_plan(planned.plan))
    if any(step.script for step in planned.plan.steps):
        for draft in planned.drafts:
            path = f"plan/{project}/{draft.step.id}.sh"
            yield Artifact(path, script(project, draft), executable=True)


def dump_plan(plan: UpgradePlan) -> str:
    """Return the text of ``plan.yaml``. Raises ValueError for a plan that the schema does not allow."""
    data = to_data(plan)
    found = problem("plan", data)
    if found is not None:
        raise ValueError(f"the plan of {plan.project} does not match its schema: {found}")
    return dump(data, [f"yaml-language-server: $schema={SCHEMAS}/plan.schema.json"])


def script(project: str, draft: StepDraft) -> str:
    """Return the script of one step: its calls of the library on the server."""
    return render(
        "upgrade/step.sh.j2",
        project=project,
        step=draft.step,
        renamed=draft.renamed,
        calls=draft.calls,
        runner_acts=RUNNER_ACTS,
    )
