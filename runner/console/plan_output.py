"""Printing of a deployment plan, for ``plan`` and for a dry run."""

import sys
from collections.abc import Sequence

from mlnc.runner.console.command_output import print_json
from mlnc.runner.console.plan_text import plan_data, plan_lines
from mlnc.runner.deployment import DeploymentPlan
from mlnc.runner.observe.drift import DriftFinding
from mlnc.runner.observe.drift import as_data as drift_data
from mlnc.runner.review import objections
from mlnc.runner.run_context import RunContext


def print_objections(run: RunContext) -> None:
    """Print each reason for which ``deploy`` would refuse ``out/`` as it is now."""
    for objection in objections(run.out, run.manifest):
        print(f"deploy would refuse: {objection}", file=sys.stderr)


def print_plan(
    run: RunContext, plan: DeploymentPlan, machine: bool, outdated: Sequence[DriftFinding] = ()
) -> None:
    """Print *plan* after the root volumes with *outdated* templates, which the plan does not change."""
    if machine:
        print_json(plan_data(run, plan) | {"outdated": [drift_data(each) for each in outdated]})
    else:
        lines = [f"{each.server} {each.project}: {each.what}" for each in outdated]
        print("\n".join([*lines, *plan_lines(run, plan)]))
