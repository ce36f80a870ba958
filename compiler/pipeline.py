"""The front end as a list of passes: load, expand, resolve, check, lower, link. Each stops the run if it failed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlnc.compiler import rename_checks
from mlnc.compiler.course_checks import check_course
from mlnc.compiler.diagnostics import Diagnostic, Related, Report
from mlnc.compiler.discovery import Found, discover, no_project
from mlnc.compiler.expansion import Expanded, expand_project, expand_site
from mlnc.compiler.loader import SourceLoader, display_path
from mlnc.compiler.lower import Lowered, lower_project, used_servers
from mlnc.compiler.lower_site import lower_site
from mlnc.compiler.project_checks import check_project, check_site
from mlnc.compiler.resolution import resolve, resolve_servers
from mlnc.compiler.typed_model import ProjectModel, SiteModel, TypedBlock
from mlnc.ir.model import Course, Project, ServiceHost, Site

Progress = Callable[[str, int, int], None]
"""Told of each project done in a pass: the pass, how many are done, how many there are."""


@dataclass(slots=True)
class Earlier:
    """What earlier builds left that this one does not touch: it takes part in the checks of the course."""

    projects: Mapping[str, Project] = field(default_factory=dict)
    servers: Mapping[str, ServiceHost] = field(default_factory=dict)


@dataclass(slots=True)
class Compiled:
    """What a run of the passes yields. ``mains`` gives each project's main file."""

    course: Course
    site: SiteModel
    models: dict[str, ProjectModel]
    lowered: dict[str, Lowered]
    mains: dict[str, Path]


class Front:
    """One run of the front end; *instead* are texts for files, as the loader takes them.

    ``report`` has the findings, ``loader`` every file that was read, ``found`` the trees of the request,
    ``expanded`` every project that got so far.
    """

    def __init__(
        self,
        report: Report,
        progress: Progress = lambda *_: None,
        instead: Mapping[Path, str] | None = None,
    ) -> None:
        self.report = report
        self.loader = SourceLoader(report, instead)
        self.progress = progress
        self.mains: dict[str, Path] = {}
        self.found = Found()
        self.expanded: list[Expanded] = []

    def load(self, paths: Iterable[Path], site: Path | None) -> Found | None:
        """The trees of *paths*; None where anything of them cannot be read."""
        self.found = discover(paths, site, self.loader)
        return None if self.report.failed else self.found

    def expand(self, found: Found) -> dict[str, Expanded] | None:
        """The expanded projects by name; None where one of them cannot be."""
        projects: dict[str, Expanded] = {}
        for number, (path, file) in enumerate(found.projects.items(), 1):
            made = _Noting(self.report)
            expanded = expand_project(file, made)
            if expanded is None:
                self.report.add(no_project(path, file))
            else:
                made.hand_over(expanded.project)
                self.expanded.append(expanded)
                self._enter(projects, expanded, path)
            self.progress("expand", number, len(found.projects))
        return None if self.report.failed else projects

    def _enter(self, projects: dict[str, Expanded], expanded: Expanded, path: Path) -> None:
        earlier = projects.setdefault(expanded.project, expanded)
        self.mains.setdefault(expanded.project, path)
        if earlier is not expanded:
            origin, first = (each.globals.values["project"].origin for each in (expanded, earlier))
            related = (Related("first defined here", first.span),)
            message = f"project {expanded.project!r} is defined twice"
            self.report.add(Diagnostic("duplicate-project", message, origin, "rename one of them", related))

    def resolve(
        self, found: Found, projects: dict[str, Expanded]
    ) -> tuple[SiteModel, dict[str, ProjectModel]] | None:
        """The typed models of the site and the projects; None where any word of them is wrong."""
        site = SiteModel()
        for file in found.sites.values():
            expanded = expand_site(file, self.report.add)
            self.report.extend(expanded.deferred)
            self._declare(site, resolve_servers(expanded, self.report.add))
        models: dict[str, ProjectModel] = {}
        for number, (name, expanded) in enumerate(projects.items(), 1):
            noting = _Noting(self.report)
            models[name] = resolve(expanded, display_path(self.mains[name]), noting)
            noting.hand_over(name)
            self._declare(site, models[name].service_hosts)
            self.progress("resolve", number, len(projects))
        return None if self.report.failed else (site, models)

    def _declare(self, site: SiteModel, servers: dict[str, TypedBlock]) -> None:
        for name, server in servers.items():
            first = site.service_hosts.setdefault(name, server)
            site.aliases[name] = name
            site.aliases.setdefault(server.get("address", name), name)
            if first.origin.key != server.origin.key:
                related = (Related("first defined here", first.origin.span),)
                message = f"service host {name!r} is defined twice"
                hint = "declare each server once, in site.mln"
                self.report.add(Diagnostic("duplicate-service-host", message, server.origin, hint, related))

    def check(self, site: SiteModel, models: dict[str, ProjectModel]) -> bool:
        """Whether the models make sense, each for itself."""
        self.report.extend(check_site(site))
        self.report.extend(rename_checks.projects(models))
        for number, (name, model) in enumerate(models.items(), 1):
            self.report.extend(check_project(model, site), name)
            self.progress("check", number, len(models))
        return not self.report.failed

    def lower(self, site: SiteModel, models: dict[str, ProjectModel], earlier: Earlier) -> Compiled:
        """The IR of the course: what was compiled now, and what earlier builds left."""
        used = {server for model in models.values() for server in used_servers(model, site)}
        made = lower_site(site, used)
        kept = {host.service_host for project in earlier.projects.values() for host in project.hosts.values()}
        kept |= {
            server
            for project in earlier.projects.values()
            for each in project.switches.values()
            for server in each.service_hosts
        }
        servers = {
            name: earlier.servers[name] for name in kept if name in earlier.servers
        } | made.service_hosts
        full = Site(made.ir_version, {name: servers[name] for name in sorted(servers)})
        lowered = {name: lower_project(models[name], site, full) for name in sorted(models)}
        projects = dict(earlier.projects) | {name: each.project for name, each in lowered.items()}
        course = Course(full, {name: projects[name] for name in sorted(projects)})
        return Compiled(course, site, models, lowered, self.mains)

    def link(self, compiled: Compiled) -> bool:
        """Whether nothing in the course collides."""
        origins = {name: lowered.origins for name, lowered in compiled.lowered.items()}
        self.report.extend(check_course(compiled.course, origins))
        return not self.report.failed

    def run(self, found: Found, earlier: Earlier) -> Compiled | None:
        """All passes after loading; None as soon as one of them failed."""
        projects = self.expand(found)
        models = None if projects is None else self.resolve(found, projects)
        if models is None or not self.check(*models):
            return None
        compiled = self.lower(*models, earlier)
        return compiled if self.link(compiled) else None


class _Noting:
    """Takes a project's findings while its name is not known yet, then hands them to the report with the name."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.found: list[Diagnostic] = []

    def __call__(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)
        self.report.add(diagnostic)

    def hand_over(self, project: str) -> None:
        self.report.extend(self.found, project)
