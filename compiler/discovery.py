"""Find the project files and site files of a request; files without a project are libraries."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.loader import SourceLoader, display_path
from mlnc.compiler.source import Origin, Span
from mlnc.compiler.suggestion import suggest
from mlnc.compiler.syntax_tree import Block, File, Include, Item, Line, Word

SITE = "site.mln"
"""The file of a folder that declares the service hosts."""


@dataclass(slots=True)
class Found:
    """The trees of the project files and site files of a request by path, in order."""

    projects: dict[Path, File] = field(default_factory=dict)
    sites: dict[Path, File] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)


def discover(paths: Iterable[Path], site: Path | None, loader: SourceLoader) -> Found:
    """Load the files and folders in *paths* and the site file *site*, else the site.mln of each folder.

    Findings go to the report of *loader*.
    """
    found = Found()
    for path in dict.fromkeys(paths):
        if os.path.isdir(path):
            _folder(path, found, loader)
        else:
            _file(path, found, loader)
    sites = (
        [site] if site else [folder / SITE for folder in dict.fromkeys(map(_folder_of, dict.fromkeys(paths)))]
    )
    for each in sites:
        # lexists: a broken link must be reported, not taken for a folder without a site file
        if site or os.path.lexists(each):
            _add(found.sites, each, loader)
    return found


def _folder_of(path: Path) -> Path:
    return path if os.path.isdir(path) else path.parent


def _add(into: dict[Path, File], path: Path, loader: SourceLoader) -> None:
    file = loader.load(path)
    if file is not None:
        into[path] = file


def _file(path: Path, found: Found, loader: SourceLoader) -> None:
    if path.name == SITE:
        return
    file = loader.load(path)
    if file is None:
        return
    if not has_project(file):
        loader.report.add(no_project(path, file))
        return
    _enter(found, {path: file})


def _enter(found: Found, projects: dict[Path, File]) -> None:
    """Add the files of *projects*, each once, even if several paths name one file."""
    known = {id(file) for file in found.projects.values()}
    for path, file in projects.items():
        if id(file) not in known:
            known.add(id(file))
            found.projects[path] = file


def no_project(path: Path, file: File) -> Diagnostic:
    """Diagnostic for *file*, which should be a project and has no project name; it points at a misspelt ``project``."""
    message = f"{display_path(path)} has no project name"
    misspelt = next(filter(None, map(_misspelt_project, file.items)), None)
    if misspelt:
        return Diagnostic("no-project", message, Origin(misspelt.span), "did you mean 'project'?")
    return Diagnostic("no-project", message, Origin(Span(file.source, 0, 0)), "add: global { project NAME }")


def _misspelt_project(item: Item) -> Word | None:
    """The first word of the line of a global block that resembles ``project``."""
    lines = [line for line in item.items if isinstance(line, Line)] if _is_global(item) else []
    return next((line.words[0] for line in lines if suggest(line.words[0].text, ("project",))), None)


def _folder(folder: Path, found: Found, loader: SourceLoader) -> None:
    found.folders.add(folder.resolve())
    files: dict[Path, File] = {}
    for path in _sources(folder, loader.report):
        _add(files, path, loader)
    included = {id(inner) for file in files.values() for inner in file.files() if inner is not file}
    projects = {path: file for path, file in files.items() if has_project(file) and id(file) not in included}
    if not projects and not loader.report.failed:
        hint = "add a file NAME.mln with: global { project NAME }"
        loader.report.add(Diagnostic("no-project", f"{display_path(folder)} contains no project", None, hint))
    used = {id(inner) for file in projects.values() for inner in file.files()}
    for path, file in files.items():
        if id(file) not in used:
            is_lost = id(file) not in included and any(map(_is_global, file.items))
            loader.report.add((no_project if is_lost else _not_built)(path, file))
    _enter(found, projects)


def _sources(folder: Path, report: Report) -> list[Path]:
    """The files ``*.mln`` of *folder*, sorted; broken links included, hidden files not."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        report.add(Diagnostic("not-found", f"{display_path(folder)} cannot be read: {error.strerror}", None))
        return []
    return [folder / name for name in names if name.endswith(".mln") and name[0] != "." and name != SITE]


def _not_built(path: Path, file: File) -> Diagnostic:
    """Diagnostic for the library *file*, which no project includes."""
    message = f"{display_path(path)} has no project name and no project includes it"
    hint = "add global { project NAME } to it, or include it"
    return Diagnostic("file-not-built", message, Origin(Span(file.source, 0, 0)), hint)


def has_project(file: File) -> bool:
    """True if *file*, or a file that it includes, has ``global { project NAME }``."""
    return any(_names_project(item) for item in _spliced(file.items, set()))


def _spliced(items: tuple[Item, ...], seen: set[int]) -> Iterable[Item]:
    """*items* with each include replaced by the items of its file, each file once."""
    for item in items:
        if not isinstance(item, Include):
            yield item
        elif item.file is not None and id(item.file) not in seen:
            seen.add(id(item.file))
            yield from _spliced(item.file.items, seen)


def _names_project(item: Item) -> bool:
    if not _is_global(item):
        return False
    inside = _spliced(item.items, set())
    return any(isinstance(line, Line) and line.words[0].text == "project" for line in inside)


def _is_global(item: Item) -> TypeGuard[Block]:
    return isinstance(item, Block) and item.header[0].text == "global"
