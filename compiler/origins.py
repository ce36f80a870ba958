"""Where each item of the IR came from: kept in memory, written beside the IR as a source map that git ignores."""

from dataclasses import dataclass, field

from mlnc.compiler.source import Origin


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

    def data(self) -> dict[str, object]:
        """The source map as data: IR path to ``file:line:column`` and the chain that led there."""
        return {path: _data(origin) for path, origin in sorted(self.places.items())}


def _data(origin: Origin) -> object:
    steps = origin.via.chain() if origin.via else []
    if not steps:
        return str(origin.span)
    return {"at": str(origin.span), "via": [f"{step.kind} {step.span}" for step in steps]}
