"""``rebuild``: the roots of virtual machines made anew from their templates, as on their first day."""

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.errors import Refused
from mlnc.output.secret_names import secret_names
from mlnc.runner.deploy.double_run_guard import refuse_starting
from mlnc.runner.deploy.start_stop import check_secrets
from mlnc.runner.deployment import Options
from mlnc.runner.parallel import Job, work
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import Display, Result
from mlnc.runner.run_context import RunContext
from mlnc.runner.selection import Selection

EVERYTHING = "all"
"""Stands for the whole course in place of a name."""


def rebuildable(run: RunContext, name: str) -> Selection:
    """By server, the hosts of *name* whose root comes from a template: PROJECT, PROJECT/HOST or ``all``.

    Raises Refused where there are none.
    """
    project, _, host = name.partition("/")
    projects = sorted(run.manifest.projects) if name == EVERYTHING else [project]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in projects:
        hosts = run.project(each).xen_hosts() if each in run.manifest.projects else {}
        for key, facts in hosts.items():
            root = facts.volumes.get("root")
            if host in ("", key) and root is not None and root.template:
                there = found.setdefault(facts.service_host, {})
                there[each] = (*there.get(each, ()), key)
    if not found:
        raise Refused(f"there is no VM {name} whose root is made from a template")
    return found


def expect_consent(name: str, selection: Selection, given: list[str]) -> None:
    """Raise Refused unless the loss of all data on the roots of *name* was allowed."""
    if name not in given:
        places = [
            f"{project}/{host}"
            for there in selection.values()
            for project in there
            for host in there[project]
        ]
        raise Refused(
            f"DATA LOSS: all data on the root volumes of {', '.join(sorted(places))} would go. If that is meant, say"
            f" --allow-data-loss {name}"
        )


def rebuild(
    run: RunContext, selection: Selection, options: Options, display: Display, parallel: int
) -> list[Result]:
    """Make the roots of *selection* anew, but of nothing that may run on another server; what came of it.

    Raises Refused for lacking secrets.
    """
    check_secrets(run, selection)
    chosen = {server: dict(projects) for server, projects in selection.items()}
    refused = refuse_starting(run, chosen, options.fenced)
    for result in refused:
        display.done(result)
    jobs = {
        server: [_job(run, display, server, name, hosts) for name, hosts in projects.items()]
        for server, projects in chosen.items()
    }
    return refused + work(run, display, jobs, parallel)


def _job(run: RunContext, display: Display, server: str, project: str, hosts: tuple[str, ...]) -> Job:
    bundle = run.bundles[server][project]
    library = run.bundles[server][SERVER_ROOM].generation
    words = (project, library, *run.signature(), bundle.generation, *hosts)
    stdin = run.secrets.lines(secret_names(run.project(project), server)) + b"\n"
    call = Call(server, project, "rebuild", words, stdin, "done")
    return Job(server, project, lambda: perform(run, display, call))
