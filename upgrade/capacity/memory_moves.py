"""The virtual machines that an upgrade moves or changes, as far as memory and displays of servers are concerned."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["release", "hop", "move", "acquire"]

Amounts = tuple[tuple[str, int], ...]
"""Servers and MiB."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One virtual machine that changes its server, its memory (in MiB) or its VNC display.

    *source* None: it is made anew; *target* None: it goes away; both the same: it stays there. *live*: it runs all the
    while. *thirds* are servers that it could go over, live from the source and live on to the target. The displays are
    the numbers that it has at the beginning and in the end; None for none, or one that Xen chooses.
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
        """Whether it comes to its target from another server."""
        return None not in (self.source, self.target) and self.source != self.target

    @property
    def moving_mib(self) -> int:
        """What it takes with it on a live move: it shrinks before and grows after."""
        return min(self.old_mib, self.new_mib)

    @property
    def given_back(self) -> Amounts:
        """What its source gets back before anything moves."""
        if self.source is None:
            return ()
        kept = self.moving_mib if self.live and self.target is not None else 0
        return ((self.source, self.old_mib - kept),) if self.old_mib > kept else ()

    @property
    def taken(self) -> Amounts:
        """What its target must give after everything has moved."""
        if self.target is None:
            return ()
        has = self.moving_mib if self.live and self.source is not None else 0
        return ((self.target, self.new_mib - has),) if self.new_mib > has else ()


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A part of what happens to a unit.

    ``release``: it is stopped, or shrinks. ``hop``: it moves live to the third server. ``move``: it moves live to
    its target. ``acquire``: it is started or made, or grows.
    """

    unit: str
    part: Part
