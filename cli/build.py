"""One build: compiler, targets and plans, combined with the projects of earlier builds."""

import gc
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlnc.cli.plan_summary import DifferenceSpans
from mlnc.cli.previous_state import read_before
from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.discovery import Found
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.lower_source_map import site_origins
from mlnc.compiler.pipeline import Compiled, Earlier, Front
from mlnc.compiler.source import Origin, Source
from mlnc.ir.ir_yaml import InvalidIr, dump_project, dump_site, load_project, load_site
from mlnc.output.artifact import Artifact, Emitted, Refusal
from mlnc.output.manifest import Manifest, load_manifest
from mlnc.output.output_folder import OutputRefused
from mlnc.output.transaction import recover
from mlnc.output.writer import Build, Written, write
from mlnc.targets.ansible.ansible_target import generation_files
from mlnc.targets.registry import emit_all
from mlnc.upgrade.capacity.memory_order import Shortages
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState, unknown_servers
from mlnc.upgrade.plan_checks import capacity_refusals, upgrade_refusals
from mlnc.upgrade.plan_files import emit
from mlnc.upgrade.planner import Planned, plan_course


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build. *removed* has the deployed projects that the sources no longer have."""

    compiled: Compiled
    written: Written
    planned: dict[str, Planned]
    removed: Mapping[str, DeployedProject]


@contextmanager
def _without_collector() -> Iterator[None]:
    """Disable the cyclic garbage collector: a run keeps its objects to the end, and collection takes a fifth of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_collector()
def build(
    front: Front, paths: Iterable[Path], site: Path | None, out: Path, old: str | None = None
) -> Built | None:
    """Compile *paths* into *out*. Return None, with nothing written, if the report of *front* has errors.

    Plans start from the deployed state, or from *old* (see ``cli.previous_state``). Raises OutputRefused if *out*
    cannot be written, OldSideRefused if the previous state cannot be read.
    """
    found = front.load(paths, site)
    if found is None:
        return None
    recover(out)
    manifest = load_manifest(out)
    compiled = front.run(found, earlier(out, manifest, found))
    if compiled is None:
        return None
    emitted = emit_all(compiled.course)
    texts = {name: dump_project(project) for name, project in compiled.course.projects.items()}
    before = read_before(out, compiled.course.projects, texts, old)
    if not _accepted(front, compiled, [*emitted.refusals, *unknown_servers(before, compiled.course)]):
        return None
    planned, shortages = _plan(before, compiled, front.loader, out)
    plans = {name: each.plan for name, each in planned.items()}
    refused = [*capacity_refusals(shortages), *upgrade_refusals(plans, compiled.course)]
    if not _accepted(front, compiled, refused):
        return None
    emitted.artifacts += [Artifact(f"ir/{name}.yaml", text) for name, text in texts.items()]
    emitted.artifacts += generation_files(emitted.artifacts)
    emitted.artifacts += [artifact for each in planned.values() for artifact in emit(each)]
    written = write(out, _wanted(out, manifest, compiled, emitted, front.loader))
    return Built(compiled, written, planned, before.removed)


@_without_collector()
def check(front: Front, paths: Iterable[Path], site: Path | None) -> Compiled | None:
    """Report the errors of *paths* as ``build`` does, without reading or writing ``out/``."""
    found = front.load(paths, site)
    compiled = front.run(found, Earlier()) if found is not None else None
    if compiled is not None:
        refusals = emit_all(compiled.course).refusals
        front.report.extend(_diagnostic(refusal, compiled) for refusal in refusals)
    return compiled


def earlier(out: Path, manifest: Manifest | None, found: Found) -> Earlier:
    """Return the projects in *out* that are kept: those outside the files and folders that are built now."""
    if manifest is None:
        return Earlier()
    now = {path.resolve() for path in found.projects}
    kept = {
        project: source
        for project, source in manifest.projects.items()
        if (place := Path(os.path.normpath(out.resolve() / source))) not in now
        and place.parent not in found.folders
    }
    if not kept:
        return Earlier()
    try:
        projects = {name: load_project(_read(out, f"ir/{name}.yaml")) for name in kept}
        servers = load_site(_read(out, "ir/site.yaml")).service_hosts
    except (OSError, InvalidIr) as error:
        hint = f"build everything into an empty folder, or delete {out}"
        raise OutputRefused(
            f"{out} contains projects of an earlier build that cannot be read: {error}. {hint}"
        ) from error
    return Earlier(projects, servers)


def _read(out: Path, path: str) -> str:
    return (out / path).read_text(encoding="utf-8")


def _accepted(front: Front, compiled: Compiled, refusals: Iterable[Refusal]) -> bool:
    """Report *refusals*; return True if the report has no errors."""
    front.report.extend(_diagnostic(refusal, compiled) for refusal in refusals)
    return not front.report.failed


def _diagnostic(refusal: Refusal, compiled: Compiled) -> Diagnostic:
    """Convert a refusal of a target to a diagnostic with its source position."""
    return Diagnostic(refusal.code, refusal.message, _origin(refusal.where, compiled), refusal.hint)


def _origin(where: str, compiled: Compiled) -> Origin | None:
    room, _, path = where.partition("/")
    if room == "site":
        return site_origins(compiled.site).find(path)
    lowered = compiled.lowered.get(room)
    return lowered.origins.find(path) if lowered else None


def _wanted(
    out: Path, manifest: Manifest | None, compiled: Compiled, emitted: Emitted, loader: SourceLoader
) -> Build:
    course = compiled.course
    site = Artifact("ir/site.yaml", dump_site(course.site))
    projects = {name: _relative(compiled.mains[name], out) for name in compiled.lowered}
    before = (
        {name: manifest.projects[name] for name in course.projects if name not in projects}
        if manifest
        else {}
    )
    sources = {_relative(path, out): file.source.digest for path, file in loader.files.items() if file}
    if before and manifest:
        sources = manifest.sources | sources
    return Build(
        artifacts=(site, *emitted.artifacts),
        private=tuple(_source_maps(compiled, loader, out)),
        projects=before | projects,
        sources=sources,
        secrets={name: text for each in compiled.lowered.values() for name, text in each.secrets.items()},
        built=frozenset(compiled.lowered),
    )


def _relative(path: Path, out: Path) -> str:
    """Return *path* relative to *out*. Raises OutputRefused if it is not UTF-8."""
    relative = Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    try:
        relative.encode()
    except UnicodeEncodeError as error:
        shown = relative.encode(errors="backslashreplace").decode()
        raise OutputRefused(f"the folder names in {shown} are not UTF-8: {out} cannot record them") from error
    return relative


def _plan(
    before: DeployedState, compiled: Compiled, loader: SourceLoader, out: Path
) -> tuple[dict[str, Planned], Shortages]:
    """Return a plan for each project of the course, and the shortages of servers."""
    origins = {name: lowered.origins for name, lowered in compiled.lowered.items()}
    places = DifferenceSpans(out, origins, _source_names(loader, out).__getitem__)
    return plan_course(before, compiled.course, places.of)


def _source_names(loader: SourceLoader, out: Path) -> dict[Source, str]:
    """Return the path of each source relative to *out*."""
    return {file.source: _relative(path, out) for path, file in loader.files.items() if file}


def _source_maps(compiled: Compiled, loader: SourceLoader, out: Path) -> Iterator[Artifact]:
    """Yield the source map of each project; paths are relative to *out*, independent of the working directory."""
    names = _source_names(loader, out)
    # json.dumps with an indent does not use the C encoder
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for project, lowered in compiled.lowered.items():
        lines = (
            f"{encode(item)}: {encode(at)}" for item, at in lowered.origins.data(names.__getitem__).items()
        )
        yield Artifact(f".sourcemap/{project}.json", "{\n" + ",\n".join(lines) + "\n}\n")
