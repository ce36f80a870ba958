"""The checks of ``renamed_from``: what it names is gone, and one thing alone has come from it."""

from collections.abc import Iterator

from mlnc.compiler.diagnostics import Diagnostic, Related
from mlnc.compiler.source import Origin
from mlnc.compiler.typed_model import ProjectModel, SiteModel, TypedBlock


def members(model: ProjectModel, _: SiteModel) -> Iterator[Diagnostic]:
    """Hosts and switches: the old name belongs to none of the project any more."""
    yield from _renamed("host", model.hosts)
    yield from _renamed("switch", model.switches)


def _renamed(kind: str, blocks: dict[str, TypedBlock]) -> Iterator[Diagnostic]:
    claims: dict[str, str] = {}
    for name, block in blocks.items():
        before = block.get("renamed_from")
        if before is None:
            continue
        origin = block.value_origin("renamed_from")
        if before in blocks:
            message = f"{kind} {name} cannot have been {before}: there is a {kind} {before}"
            yield _conflict(message, origin, blocks[before].origin)
        elif claims.setdefault(before, name) != name:
            message = f"{kind}s {claims[before]} and {name} cannot both have been {before}"
            yield _conflict(message, origin, blocks[claims[before]].value_origin("renamed_from"))


def projects(models: dict[str, ProjectModel]) -> Iterator[Diagnostic]:
    """Projects: as ``members``, among the projects that are compiled together."""
    yield from _renamed("project", {name: model.globals for name, model in models.items()})


def _conflict(message: str, origin: Origin, other: Origin) -> Diagnostic:
    related = () if other.key == origin.key else (Related("the other one is here", other.span),)
    return Diagnostic("rename-conflict", message, origin, "take out this line, or name what is gone", related)
