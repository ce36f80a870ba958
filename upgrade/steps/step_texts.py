"""What each kind of step presumes, what holds after it, and how it is taken back: for people who read a plan."""

from dataclasses import dataclass

from mlnc.output.plan_model import Kind


@dataclass(frozen=True, slots=True)
class Sentences:
    """Before, after, and undo (None where a step of that kind can never be taken back)."""

    before: str
    after: str
    undo: str | None


SENTENCES: dict[Kind, Sentences] = {
    "preflight": Sentences(
        "nothing of this plan has begun",
        "this server is as the plan expects it; nothing was changed",
        "nothing to take back",
    ),
    "prepare": Sentences(
        "every server is as the plan expects it",
        "the new files are here and not in force; the bridges that they need stand",
        "bridges that only the new side has are taken down",
    ),
    "copy": Sentences(
        "the target has room; the virtual machine may run",
        "the target has a first copy, marked as incomplete; nothing uses it",
        "the copy is removed",
    ),
    "release": Sentences("the domain runs", "the domain runs with less memory", "it gets its memory back"),
    "stop": Sentences(
        "all servers are prepared",
        "these domains are down; which of them ran is written down",
        "those that ran are started with the old files",
    ),
    "volumes": Sentences(
        "domains whose volumes are renamed, copied or removed are down",
        "what stays has its new name and size; what is made anew is gone",
        "names are as before; copies are removed",
    ),
    "migrate": Sentences(
        "the bridges stand on both servers, and both see the disks or have a first copy",
        "the domain is on the target alone, and so are its disks",
        "it goes back the same way",
    ),
    "apply": Sentences(
        "every virtual machine is on the server it belongs to, or nowhere",
        "the new files are in force; what is new is made; guests that are down are configured",
        "the old files are in force again",
    ),
    "live": Sentences(
        "the new files are in force",
        "running domains are as their domain files say",
        "they are as before",
    ),
    "start": Sentences(
        "the new files are in force; volumes are whole",
        "what ran before the upgrade runs",
        "what was started is stopped",
    ),
    "clean": Sentences(
        "nothing on this server needs what goes now",
        "bridges that nobody needs are gone; volumes that nobody uses are marked as retired, and kept",
        "bridges stand again; volumes are not retired any more",
    ),
    "leave": Sentences(
        "nothing of the project is on this server but retired volumes",
        "the project's files are gone from this server; no volume is",
        None,
    ),
}
