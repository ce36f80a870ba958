"""Output folder regenerated from the deployed records: the old side of a rehearsed upgrade."""

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


def regenerate(out: Path, folder: Path, projects: Collection[str] = ()) -> bool:
    """Write the deployed version of *projects* (none: all) to *folder*, from the deployed records of *out*.

    Returns False if there are no records. The artifacts come from today's targets and today's site. Raises Refused
    for a project whose servers have different IRs, or that is deployed on a server that is not in the site.
    """
    # A late import: it loads all targets and their templates, and most commands only import this module.
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
        raise Refused(f"the deployed state cannot be generated again: {emitted.refusals[0].message}")
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
    """IR of the project; all its servers must have the same."""
    gone = sorted(set(record.generations) - set(site.service_hosts))
    if gone:
        raise Refused(
            f"{record.project} is deployed on {', '.join(gone)}, which the site no longer lists: "
            "add the service host to the site again"
        )
    found = [record.applied(server) for server in sorted(record.generations)]
    if found[0] is None or any(each != found[0] for each in found):
        raise Refused(
            f"the servers of {record.project} have different versions of it: finish its deployment first, "
            "or roll it back"
        )
    return found[0]


def rebase(copy: Path, out: Path) -> None:
    """Replace the old generations in the plans of *copy*, a copy of *out*, by those in the records of *copy*.

    Regenerated artifacts have other generations than the deployed ones if mlnc or the site changed since.
    """
    names = dict(_renamed(read_records(out), read_records(copy)))
    manifest = load_manifest(copy)
    if not names or manifest is None:
        return
    hashes = dict(_rewritten(copy, manifest, names))
    text = dump_manifest(replace(manifest, files=manifest.files | hashes))
    (copy / MANIFEST).write_text(text, encoding="utf-8")


def _renamed(
    deployed: dict[str, DeployedRecord], regenerated: dict[str, DeployedRecord]
) -> Iterator[tuple[str, str]]:
    """Pairs of a deployed generation and the regenerated one that differs from it."""
    for name, record in deployed.items():
        for server, generation in record.generations.items():
            other = regenerated[name].generations.get(server) if name in regenerated else None
            if other is not None and other != generation:
                yield generation, other


def _rewritten(copy: Path, manifest: Manifest, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Rewrite each plan that names a generation in *names*; yields the plan's path and new hash."""
    for path in manifest.files:
        if path.startswith(f"{PLAN}/") and path.endswith(".yaml"):
            file = copy / path
            text = before = file.read_text(encoding="utf-8")
            for old, new in names.items():
                text = text.replace(old, new)
            if text != before:
                file.write_text(text, encoding="utf-8")
                yield path, digest(text.encode())
