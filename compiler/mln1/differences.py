"""Diagnostics of ``mlnc check --mln1``: places that MLN 1.0.8.8 reads differently.

Source of the facts about MLN 1: mln-language.md. docs/differences.md gives the reason for each difference.
"""

from collections.abc import Iterator

from mlnc.compiler.diagnostics import Diagnostic
from mlnc.compiler.discovery import Found
from mlnc.compiler.expansion import Expanded, expand_project
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.mln1 import (
    host_differences,
    text_differences,
    tree_differences,
    value_differences,
    variable_differences,
)
from mlnc.compiler.mln1.blocks import parts
from mlnc.compiler.pipeline import Compiled
from mlnc.compiler.syntax_tree import File


def differences(found: Found, loader: SourceLoader, compiled: Compiled | None) -> Iterator[Diagnostic]:
    """All differences in the source files of a run.

    Text and blocks are compared for every file, values for the projects that expand without errors, and platforms of
    hosts for the projects in *compiled*. Site files are skipped, because MLN 1 never reads them.
    """
    mains = _mains(found, loader)
    read = {id(file): file for main in mains for file in main.files()}
    included = {id(file) for main in mains for file in main.files() if file is not main}
    for file in read.values():
        yield from text_differences.differences(file.source, id(file) in included)
    places = {id(file): path for path, file in loader.files.items() if file is not None}
    for main in mains:
        yield from tree_differences.differences(main)
        yield from tree_differences.include_paths(main, places)
        yield from _expanded(main)
    for model in compiled.models.values() if compiled else ():
        yield from host_differences.user_mode(model)


def _mains(found: Found, loader: SourceLoader) -> list[File]:
    """Files of the projects, and requested files that no other file includes."""
    files = [file for file in loader.files.values() if file is not None]
    included = {id(inner) for file in files for inner in file.files() if inner is not file}
    sites = {id(file) for file in found.sites.values()}
    projects = {id(file) for file in found.projects.values()}
    return [file for file in files if id(file) in projects or id(file) not in included | sites]


def _expanded(main: File) -> Iterator[Diagnostic]:
    """Differences in the expanded project; none if the expansion fails, which is reported elsewhere."""
    findings: list[Diagnostic] = []
    expanded = expand_project(main, findings.append)
    if expanded is None or any(each.severity == "error" for each in findings):
        return
    yield from variable_differences.differences(expanded)
    for check in host_differences.CHECKS:
        yield from check(expanded)
    yield from _values(expanded)


def _values(expanded: Expanded) -> Iterator[Diagnostic]:
    blocks = [("global", expanded.globals)]
    blocks += [("switch", node) for node in expanded.switches.values()]
    blocks += [("host", node) for node in expanded.hosts.values()]
    for name, node in blocks:
        for part in parts(node, name):
            for check in value_differences.CHECKS:
                yield from check(part)
