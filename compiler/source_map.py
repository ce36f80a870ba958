"""Where each item of the IR came from: kept in memory, written beside the IR as a source map that git ignores."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mlnc.compiler.source import Origin, Source, Span


@dataclass(slots=True)
class Origins:
    """Origins by IR path (``hosts/linux/memory_mib``). A path without one answers for its nearest ancestor."""

    places: dict[str, Origin] = field(default_factory=dict)

    def set(self, path: str, origin: Origin) -> None:
        """*path* of the IR came from *origin*."""
        self.places[path] = origin

    def find(self, path: str) -> Origin | None:
        """The origin of *path*, or of the nearest item around it that has one."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path.rpartition("/")[0]
        return self.places.get("")

    def data(self, named: Callable[[Source], str]) -> dict[str, object]:
        """The source map as data: IR path to ``file:line:column`` and the chain that led there.

        *named* says what each file is called in it.
        """
        return {path: _data(origin, named) for path, origin in sorted(self.places.items())}


def _data(origin: Origin, named: Callable[[Source], str]) -> object:
    steps = origin.via.chain() if origin.via else []
    at = _place(origin.span, named)
    return {"at": at, "via": [f"{step.kind} {_place(step.span, named)}" for step in steps]} if steps else at


def _place(span: Span, named: Callable[[Source], str]) -> str:
    line, column = span.source.position(span.start)
    return f"{named(span.source)}:{line}:{column}"
