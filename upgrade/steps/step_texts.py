"""Texts of the kinds of steps for the reviewer of a plan: precondition, postcondition and undo."""

from dataclasses import dataclass

from mlnc.output.plan_model import Kind


@dataclass(frozen=True, slots=True)
class StepText:
    """Precondition, postcondition, and undo (None for a kind that can never be undone), without a full stop."""

    before: str
    after: str
    undo: str | None


STEP_TEXTS: dict[Kind, StepText] = {
    "preflight": StepText(
        "no step of this plan has begun",
        "this server is as the plan expects; nothing was changed",
        "nothing to undo",
    ),
    "prepare": StepText(
        "every server is as the plan expects",
        "the new files are on the server but not in force; the bridges that they need exist",
        "bridges that only the new side has are removed",
    ),
    "copy": StepText(
        "the target has room; the virtual machine may run",
        "the target has a first copy, marked as incomplete; nothing uses it",
        "the copy is removed",
    ),
    "release": StepText(
        "the domain runs", "the domain runs with less memory", "the domain gets its memory back"
    ),
    "stop": StepText(
        "all servers are prepared",
        "these domains are down; the server has a record of those that were running",
        "those that were running are started with the old files",
    ),
    "volumes": StepText(
        "domains whose volumes are renamed, copied or removed are down",
        "kept volumes have their new name and size; volumes that are made again are removed",
        "volumes have their old names; copies are removed",
    ),
    "migrate": StepText(
        "the bridges exist on both servers, and both servers see the disks or have a first copy",
        "the domain and its disks are on the target only",
        "the domain migrates back",
    ),
    "apply": StepText(
        "every virtual machine is on the server it belongs to, or on none",
        "the new files are in force; new volumes exist; guests that are down are configured",
        "the old files are in force",
    ),
    "live": StepText(
        "the new files are in force",
        "running domains are as their domain files say",
        "running domains are as the old domain files say",
    ),
    "start": StepText(
        "the new files are in force; volumes are complete",
        "the virtual machines that ran before the upgrade run",
        "those that were started are stopped",
    ),
    "clean": StepText(
        "nothing on this server uses what this step removes",
        "unused bridges are removed; unused volumes are marked as retired, and kept",
        "bridges exist again; volumes are no longer retired",
    ),
    "leave": StepText(
        "this server has nothing of the project but retired volumes",
        "the project's files are removed from this server; volumes are kept",
        None,
    ),
}

RUNNER_ACTS: dict[Kind, str] = {
    "apply": "puts the files of out/hosts in force and runs their scripts",
    "leave": "removes the project's files from the server",
}
"""Kinds that the runner executes itself, with what it does."""
