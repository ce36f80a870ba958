"""Virtual machines that an upgrade moves or changes, as users of memory and VNC displays of servers."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["release", "hop", "move", "acquire"]

Amounts = tuple[tuple[str, int], ...]
"""Servers and MiB."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One virtual machine that changes its server, its memory (in MiB) or its VNC display.

    *source* None: it is created; *target* None: it is retired; both the same: it stays there. *live*: it runs during
    the whole upgrade. *thirds* are servers through which it could migrate live to the target. The displays are its
    numbers before and after the upgrade; None for no display, or one that Xen chooses.
    """

    id: str
    project: str
    source: str | None
    old_mib: int
    target: str | None
    new_mib: int
    live: bool
    thirds: tuple[str, ...] = ()
    old_display: int | None = None
    new_display: int | None = None

    @property
    def arrives(self) -> bool:
        """True if it comes to its target from another server."""
        return None not in (self.source, self.target) and self.source != self.target

    @property
    def moving_mib(self) -> int:
        """Memory during a live migration: it shrinks before and grows after."""
        return min(self.old_mib, self.new_mib)

    @property
    def released(self) -> Amounts:
        """Memory that its source gets back before any migration."""
        if self.source is None:
            return ()
        kept = self.moving_mib if self.live and self.target is not None else 0
        return ((self.source, self.old_mib - kept),) if self.old_mib > kept else ()

    @property
    def acquired(self) -> Amounts:
        """Memory that its target must provide after all migrations."""
        if self.target is None:
            return ()
        has = self.moving_mib if self.live and self.source is not None else 0
        return ((self.target, self.new_mib - has),) if self.new_mib > has else ()


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One part of the upgrade of a unit.

    ``release``: it is stopped, or shrinks. ``hop``: it migrates live to the third server. ``move``: it migrates live
    to its target. ``acquire``: it is started or created, or grows.
    """

    unit: str
    part: Part
