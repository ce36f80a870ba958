"""Change of one virtual machine in an upgrade: its differences, their cost, its migration and its volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlnc.ir.model import Host, Site
from mlnc.output.plan_model import Action, MigrationMode
from mlnc.schemas.language import Change as Class
from mlnc.upgrade.cost.change_cost import Cost, cost, dearest
from mlnc.upgrade.cost.migration_mode import MigrationChoice, choose_migration, left_behind
from mlnc.upgrade.cost.volume_actions import VolumeAction, volume_actions
from mlnc.upgrade.diff.directive_fields import directive
from mlnc.upgrade.diff.host_diff import Difference, HostPair, differences

Locate = Callable[[str, Difference], str | None]
"""Host and a difference of it, to FILE:LINE:COLUMN as seen from ``out/``; None if no statement stands for it."""

_STOPS = frozenset({"reboot", "rebuild", "data-loss"})
_SNAPSHOT = "a snapshot cannot be copied: a new snapshot of the same origin volume replaces it"
_IN_PLACE: dict[Class, Action] = {"reboot": "restart", "live": "live"}


@dataclass(frozen=True, slots=True)
class PricedDifference:
    """One difference, the class of its cost, and its place in the sources, FILE:LINE:COLUMN as seen from ``out/``."""

    difference: Difference
    change: Class
    at: str | None

    @property
    def directive(self) -> str | None:
        """Directive that the difference comes from; None if no directive stands for it."""
        return directive(self.difference.path)


@dataclass(frozen=True, slots=True)
class HostChange:
    """One virtual machine in an upgrade. *old*, *new* or both are given; *pair* if both are.

    *old_project* is the project it belonged to, None for a new one. *possible_servers* are the servers on which it may
    run or may have run. *stops*: it is down for a part of the upgrade. *via* is the third server of its migration.
    *left_behind* are the paths of its mounted disks that stay on the old server with their data.
    """

    project: str
    name: str
    old: Host | None
    new: Host | None
    pair: HostPair | None
    old_project: str | None
    possible_servers: frozenset[str]
    action: Action
    mode: MigrationMode | None
    stops: bool
    data_loss: bool
    changes: tuple[PricedDifference, ...]
    volumes: tuple[VolumeAction, ...]
    notes: tuple[str, ...]
    via: str | None = None
    left_behind: tuple[str, ...] = ()

    @property
    def old_server(self) -> str | None:
        """Service host before the upgrade."""
        return self.old.service_host if self.old else None

    @property
    def new_server(self) -> str | None:
        """Service host after the upgrade."""
        return self.new.service_host if self.new else None

    @property
    def has_several_servers(self) -> bool:
        """True if it may run on more than one server."""
        return len(self.possible_servers) > 1


def created(project: str, name: str, new: Host) -> HostChange:
    """Return the change of a host that is only in the build."""
    volumes = tuple(VolumeAction("create", None, volume) for volume in new.volumes.values())
    servers = frozenset({new.service_host})
    return HostChange(
        project, name, None, new, None, None, servers, "create", None, False, False, (), volumes, ()
    )


def retired(project: str, old_project: str, name: str, old: Host, servers: frozenset[str]) -> HostChange:
    """Return the change of a host that is only deployed: it is stopped, and its volumes are kept."""
    volumes = tuple(VolumeAction("retire", volume, None) for volume in old.volumes.values())
    note = f"its volumes are kept: 'invoke retired' lists them, 'invoke purge {project}/{name}' removes them"
    return HostChange(
        project,
        name,
        old,
        None,
        None,
        old_project,
        servers,
        "retire",
        None,
        True,
        False,
        (),
        volumes,
        (note,),
    )


@dataclass(frozen=True, slots=True)
class _Assessment:
    """All costs of a host, the reason why it stops, and its migration.

    *snapshot_lost*: its root volume would have to be copied, but is a snapshot, which cannot be copied.
    """

    costs: tuple[Cost, ...]
    stop_reason: str | None
    migration: MigrationChoice | None
    snapshot_lost: bool

    @property
    def classes(self) -> list[Class]:
        """Classes of the differences and of their consequences."""
        consequences: list[Class] = ["data-loss"] if self.snapshot_lost else []
        return [each.change for each in self.costs] + consequences

    @property
    def mode(self) -> MigrationMode | None:
        """Migration to another server, or ``copy`` to another place of the same one; None if its data stays."""
        if self.migration is not None:
            return self.migration.mode
        return "copy" if "rebuild" in self.classes and "data-loss" not in self.classes else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the reviewer, each once."""
        reasons = self.migration.reasons if self.migration else ()
        notes = [*(f"not live: {reason}" for reason in reasons), *(each.note for each in self.costs)]
        return tuple(
            dict.fromkeys(note for note in [*notes, _SNAPSHOT if self.snapshot_lost else None] if note)
        )


def changed(
    pair: HostPair, servers: frozenset[str], site: Site, locate: Locate, stop_reason: str | None = None
) -> HostChange:
    """Return the change of a host on both sides.

    *servers* are those on which it may run. *stop_reason* says why it must not run during the upgrade, if so.
    """
    found = differences(pair)
    assessment = _assessment(pair, found, site, stop_reason)
    replaced = "data-loss" in assessment.classes
    disks = left_behind(pair, site)
    return HostChange(
        project=pair.project,
        name=pair.name,
        old=pair.old,
        new=pair.new,
        pair=pair,
        old_project=pair.old_project,
        possible_servers=servers,
        action=_action(pair, assessment.classes),
        mode=assessment.mode,
        stops=assessment.stop_reason is not None or assessment.mode in ("cold", "copy"),
        data_loss=replaced,
        changes=tuple(
            PricedDifference(difference, price.change, locate(pair.name, difference))
            for difference, price in zip(found, assessment.costs, strict=True)
        ),
        volumes=volume_actions(pair, assessment.migration.mode if assessment.migration else None, replaced),
        notes=(*assessment.notes, *(_left_note(pair, path) for path in disks)),
        left_behind=disks,
    )


def _left_note(pair: HostPair, path: str) -> str:
    source, target = pair.old.service_host, pair.new.service_host
    return (
        f"{path} stays on {source} with its data: {target} needs a disk of its own at this path;"
        " copy the data before the upgrade"
    )


def _assessment(
    pair: HostPair, found: Sequence[Difference], site: Site, stop_reason: str | None
) -> _Assessment:
    costs = tuple(cost(difference, pair, site) for difference in found)
    stopping = (each for each, price in zip(found, costs, strict=True) if price.change in _STOPS)
    first = next(stopping, None)
    if stop_reason is None and first is not None:
        stop_reason = f"a change of {directive(first.path) or first.path} needs a restart"
    migration = choose_migration(pair, site, stop_reason) if pair.moves else None
    copied = migration.mode == "copy" if migration else any(price.change == "rebuild" for price in costs)
    return _Assessment(costs, stop_reason, migration, copied and pair.old.volumes["root"].snapshot)


def _action(pair: HostPair, classes: list[Class]) -> Action:
    price = dearest(classes)
    if price in ("data-loss", "rebuild"):
        return "rebuild"
    if pair.moves:
        return "migrate"
    if pair.renamed:
        return "rename"
    return _IN_PLACE.get(price, "keep")
