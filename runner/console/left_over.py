"""What servers have that is not built for them."""

from collections.abc import Iterator

from mlnc.runner.deployment import DeploymentPlan
from mlnc.runner.observe.decision import SHORT


def print_left_over(plan: DeploymentPlan, machine: bool) -> None:
    """Print what the servers have that is not built any more, unless a *machine* reads."""
    if not machine:
        for line in left_over_lines(plan):
            print(line)


def left_over_lines(plan: DeploymentPlan) -> Iterator[str]:
    """What the servers have that is not built for them: it stays until somebody removes it, or a plan takes it away."""
    for server, project in plan.unrecorded:
        yield (
            f"{server} {project}: is there, though it is not built for this server and out/deployed does not say so;"
            " its VMs may run there. Run 'invoke deployed', build again, and review the plan"
        )
    for server, project, generation in plan.left_over:
        yield (
            f"{server} {project}: left over, not built for this server any more (generation {generation[:SHORT]});"
            f" invoke remove --project {project} --host {server} removes it"
        )
