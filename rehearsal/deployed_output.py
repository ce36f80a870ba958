"""What was deployed last, made once more from the records: the old side of an upgrade that is rehearsed."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from mlnc.ir.ir_yaml import InvalidIr, dump_project, dump_site, load_site
from mlnc.ir.model import Course, Project, Site
from mlnc.output.artifact import SERVER_ROOM, Artifact
from mlnc.output.deployed_record import DeployedRecord, read_records
from mlnc.output.errors import Refused
from mlnc.output.manifest import Manifest, digest, dump_manifest, load_manifest
from mlnc.output.output_folder import DEPLOYED, MANIFEST, PLAN
from mlnc.output.writer import Build, write
from mlnc.runner.review import load_output


def remake(out: Path, folder: Path, projects: Collection[str] = ()) -> bool:
    """Write to *folder* what the records of *out* say was deployed of *projects* (none: all); whether that is anything.

    It is made by the targets and for the site as they are now. Raises Refused for a project whose servers have
    different IRs, or one that is not in the site.
    """
    # All targets and their templates: every other command, which only names this one, does without them.
    from mlnc.targets.registry import emit_all

    records = {
        name: record
        for name, record in sorted(read_records(out).items())
        if name != SERVER_ROOM and (not projects or name in projects)
    }
    if not records:
        return False
    site = _site(out)
    course = Course(site, {name: _project(record, site) for name, record in records.items()})
    emitted = emit_all(course)
    if emitted.refusals:
        raise Refused(f"what was deployed cannot be made again: {emitted.refusals[0].message}")
    ir = [Artifact(f"ir/{name}.yaml", dump_project(project)) for name, project in course.projects.items()]
    artifacts = (*ir, Artifact("ir/site.yaml", dump_site(site)), *emitted.artifacts)
    sources = {name: f"{DEPLOYED}/{name}.yaml" for name in records}
    write(folder, Build(artifacts, (), sources, {}, {}, frozenset(records)))
    return True


def _site(out: Path) -> Site:
    load_output(out)
    try:
        return load_site((out / "ir" / "site.yaml").read_text(encoding="utf-8"))
    except (OSError, InvalidIr) as error:
        raise Refused(f"{out / 'ir' / 'site.yaml'} cannot be read: {error}. Build again") from None


def _project(record: DeployedRecord, site: Site) -> Project:
    """The one IR that all servers of the project have."""
    gone = sorted(set(record.generations) - set(site.service_hosts))
    if gone:
        raise Refused(
            f"{record.project} was deployed on {', '.join(gone)}, which the site does not know any more"
        )
    found = [record.applied(server) for server in sorted(record.generations)]
    if found[0] is None or any(each != found[0] for each in found):
        raise Refused(
            f"the servers of {record.project} do not have the same of it: finish its deployment first, or take it back"
        )
    return found[0]


def rebase(played: Path, out: Path) -> None:
    """Let the plans in *played*, a copy of *out*, begin with the generations in the records of *played*.

    What was remade has other generations than what was deployed where mlnc or the site have changed since.
    """
    names = dict(_renamed(read_records(out), read_records(played)))
    manifest = load_manifest(played)
    if not names or manifest is None:
        return
    hashes = dict(_rewritten(played, manifest, names))
    text = dump_manifest(replace(manifest, files=manifest.files | hashes))
    (played / MANIFEST).write_text(text, encoding="utf-8")


def _renamed(
    deployed: dict[str, DeployedRecord], remade: dict[str, DeployedRecord]
) -> Iterator[tuple[str, str]]:
    """Each generation that was deployed, and the one that stands for it."""
    for name, record in deployed.items():
        for server, generation in record.generations.items():
            other = remade[name].generations.get(server) if name in remade else None
            if other is not None and other != generation:
                yield generation, other


def _rewritten(played: Path, manifest: Manifest, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every plan that names one of them, rewritten, and its new hash."""
    for path in manifest.files:
        if path.startswith(f"{PLAN}/") and path.endswith(".yaml"):
            file = played / path
            text = before = file.read_text(encoding="utf-8")
            for old, new in names.items():
                text = text.replace(old, new)
            if text != before:
                file.write_text(text, encoding="utf-8")
                yield path, digest(text.encode())
