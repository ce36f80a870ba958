"""Courses that change, played on the stage of a rehearsal: what was deployed, then the plan of what was built next."""

import copy
import subprocess
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from rehearsals import compiled, deployed, differing, staged

from mlnc.ir.model import Course
from mlnc.rehearsal.disk_canary import lost_canaries, write_canaries
from mlnc.rehearsal.event_log import violations
from mlnc.rehearsal.rehearsal_paths import Folder
from mlnc.runner.deploy.start_stop import change_life
from mlnc.runner.deployment import Options
from mlnc.runner.live_display import Silent
from mlnc.runner.results import FAILURES, Result
from mlnc.runner.selection import select

SERVER = """\
service_host {name} {{
	address 192.0.2.{number}
	memory {memory}M
	uplink eth1
	lvm_vg vg
	{shared}
	xen_kernel /boot/vmlinuz-6.1-guest
}}
"""
SHARED = "san_path san; san_path /srv/nfs"

STORAGE = {
    "san": "lvm; lvm_vg san",
    "local": "lvm",
    "nfs": "filepath /srv/nfs",
    "file": "",
}
"""Where a root disk lies: ``san`` and ``nfs`` are the same for alpha and beta; gamma has only storage of its own."""


def site(memory: int = 1024) -> str:
    """The servers alpha, beta and gamma, each with so many MiB for domains."""
    return "".join(
        SERVER.format(name=name, number=number, memory=memory, shared=SHARED if name != "gamma" else "")
        for number, name in enumerate(("alpha", "beta", "gamma"), 1)
    )


@dataclass(frozen=True)
class Host:
    """A host of a test. *size* in MiB; *cards* are switches, in the order of eth0, eth1..."""

    server: str = "alpha"
    storage: str = "san"
    memory: int = 128
    maxmem: int = 0
    vcpus: int = 1
    maxvcpus: int = 0
    size: int = 16
    template: str = "debian.ext4"
    swap: int = 0
    cards: tuple[str, ...] = ("lan",)
    user: str = ""
    renamed_from: str = ""

    def text(self, name: str, number: int) -> str:
        """The block of the host; *number* makes its addresses different from others."""
        lines = [
            f"xen; service_host {self.server}; {STORAGE[self.storage]}",
            f"template {self.template}; size {self.size}M; memory {self.memory}M; vcpus {self.vcpus}",
            f"maxmem {self.maxmem}M" if self.maxmem else "",
            f"maxvcpus {self.maxvcpus}" if self.maxvcpus else "",
            f"swap {self.swap}M" if self.swap else "",
            f"users {{ {self.user} }}" if self.user else "",
            f"renamed_from {self.renamed_from}" if self.renamed_from else "",
            *(
                f"network eth{card} {{ switch {switch}; address 10.{card}.0.{number}/24 }}"
                for card, switch in enumerate(self.cards)
            ),
        ]
        return f"host {name} {{\n\t" + "\n\t".join(filter(None, lines)) + "\n}\n"


@dataclass(frozen=True)
class Project:
    """A project of a test: hosts by name, and the lines of its switches."""

    hosts: dict[str, Host]
    name: str = "demo"
    switches: dict[str, str] = field(default_factory=lambda: {"lan": "vxlan 5", "wan": "vlan 7"})
    renamed_from: str = ""

    def text(self) -> str:
        """The file of the project."""
        renamed = f"; renamed_from {self.renamed_from}" if self.renamed_from else ""
        switches = "".join(f"switch {name} {{ {line} }}\n" for name, line in self.switches.items())
        numbers = {name: sum(map(ord, name)) % 250 + 1 for name in self.hosts}
        hosts = "".join(host.text(name, numbers[name]) for name, host in self.hosts.items())
        return f"global {{ project {self.name}{renamed} }}\n{switches}{hosts}"


def change(project: Project, **hosts: Host | None) -> Project:
    """The project with these hosts changed, added, or (None) taken out."""
    kept = {**project.hosts, **hosts}
    return replace(project, hosts={name: host for name, host in kept.items() if host is not None})


class Played:
    """The course in the output folder *first*, which is deployed and runs; the servers are fit for *later* ones, too.

    What it becomes is to be built into ``stage.out``, and the stage to be turned.
    """

    lossy: frozenset[str] = frozenset()

    def __init__(self, folder: Path, first: Path, *later: Path) -> None:
        self.stage = staged(first, folder, later=later)
        deployed(self.stage)
        assert differing(self.stage) == []
        write_canaries(self.stage.folder, self.stage.course)
        self.old: Course = self.stage.course

    def run(self, start: bool = True, undo: bool = False, fenced: tuple[str, ...] = ()) -> list[Result]:
        """Execute the plan; what came of it."""
        options = Options(start, undo=undo, fenced=frozenset(fenced), lossy=self.lossy)
        return self.stage.deploy(options, Silent())

    def done(self) -> list[str]:
        """Execute the plan, which must succeed; all that is wrong then, and after a second deployment and a restart."""
        expect(self.run())
        found = self.wrong(guests=False)
        expect(self.run())
        self.restart()
        return found or self.wrong()

    def copied(self, folder: Path) -> Self:
        """The same as it stands now, in another folder."""
        subprocess.run(["cp", "-a", "--sparse=always", str(self.stage.folder.path), str(folder)], check=True)
        other, other.stage = copy.copy(self), copy.copy(self.stage)
        other.stage.folder = Folder(folder)
        return other

    def arm(self, count: int, action: Literal["fail", "kill", "die"], server: str = "*") -> None:
        """Let something go wrong at so many commands from now (``standins/fault.sh``)."""
        self._fault.write_text(f"{count} {action} {server}\n")

    def disarm(self) -> int | None:
        """How many commands the fault was still away; None where it has come. It does not come any more."""
        if not self._fault.exists():
            return None
        left = int(self._fault.read_text().split()[0])
        self._fault.unlink()
        return left

    @property
    def _fault(self) -> Path:
        return self.stage.folder.path / "fault"

    def restart(self) -> None:
        """Stop everything and start it again, for what waits until a guest is down."""
        with closing(self.stage.run()) as run:
            expect(change_life(run, select(run), "stop", None, Silent(), 3))
        expect(self.run())

    def wrong(self, guests: bool = True) -> list[str]:
        """What is not as it should be in the end: servers, words on disks, moments of the journal.

        Without *guests* it is not looked at what stands in them: that may wait until they are down. Nor at a bridge
        that was not finished: whoever makes the next takes it away.
        """
        folder = self.stage.folder
        later = () if guests else (": guest ", ": bridge mlnc-making ")
        return [
            *(line for line in differing(self.stage) if not any(word in line for word in later)),
            *lost_canaries(folder, self.old, self.stage.course, self.lossy),
            *violations(folder),
        ]

    def plan(self, project: str = "demo") -> str:
        """The text of the plan."""
        return (self.stage.out / "plan" / project / "plan.yaml").read_text()


class Upgrade(Played):
    """A course of *old* projects that is deployed and runs, and what was built when it had become *new*.

    Each server has *memory* MiB. With *consent* data may be lost where the plan says so.
    """

    def __init__(
        self, folder: Path, old: list[Project], new: list[Project], memory: int = 1024, consent: bool = False
    ) -> None:
        first, then = (
            compiled(_course(folder / name / "course", projects, memory), folder / name / "out")
            for name, projects in (("old", old), ("new", new))
        )
        super().__init__(folder / "stage", first, then)
        self.build(new, memory)
        if consent:
            self.lossy = self.stage.losses()

    def build(self, new: list[Project], memory: int = 1024) -> None:
        """Build the course as it has become."""
        compiled(_course(self.stage.folder.path / "course", new, memory), self.stage.out)
        self.stage.reload()


def expect(results: Iterable[Result]) -> None:
    """All of it has succeeded."""
    failed = [shown(result) for result in results if result.outcome in FAILURES]
    assert failed == [], "\n".join(failed)


def shown(result: Result) -> str:
    """A result with what was said about it."""
    return "\n  ".join(
        [f"{result.server} {result.project} {result.step} {result.outcome}: {result.message}", *result.output]
    )


def _course(folder: Path, projects: list[Project], memory: int) -> Path:
    """The course in *folder*, whatever was there before."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.mln"):
        file.unlink()
    (folder / "site.mln").write_text(site(memory))
    for project in projects:
        (folder / f"{project.name}.mln").write_text(project.text())
    return folder
