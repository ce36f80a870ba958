"""Random courses and the plans between two of them, from MLN text to steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from checkout import TESTS
from hypothesis import strategies as st

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Earlier, Front
from mlnc.ir.bridges import project_servers
from mlnc.ir.model import Course
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState
from mlnc.upgrade.planner import Planned, plan_course

GENERATION = "0123456789abcdef" * 2
SITE = (TESTS / "golden" / "plan" / "site.mln").read_text(encoding="utf-8")

_FIELDS = {
    "server": ("one", "two", "old"),
    "storage": (
        "lvm lock; lvm_vg san_vg",
        "filepath /srv/nfs",
        "lvm",
        "lvm; lvm_vg other_vg",
        "filepath /srv/local",
        "",
    ),
    "template": ("debian.ext4", "ubuntu.ext4"),
    "size": ("size 2G", "size 3G", "free_space 1G", "free_space 2G", ""),
    "memory": ("256M; maxmem 1G", "512M; maxmem 1G", "256M", "512M", "600M"),
    "swap": ("", "swap 128M", "swap 256M"),
    "cards": (
        "",
        "network eth0 { switch lan }",
        "network eth0 { switch lan }; network eth1 { }",
        "network eth0 { bridge br7 }",
    ),
    "more": (
        *("", "vcpus 2", "users { alice }", "kernel /boot/other", "boot_order 7"),
        "mount { /srv/nfs/home /home ext4 }",
    ),
    "type": ("", "hvm"),
}
"""What a host may say; the first words are drawn most often."""

Facts = dict[str, str]
host: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {name: st.sampled_from((words[0], *words)) for name, words in _FIELDS.items()}
)
names = st.sampled_from("abc")


@st.composite
def edited(draw: st.DrawFn, old: Facts) -> Facts:
    """The host *old* with other words in at most two places."""
    places = draw(st.sets(st.sampled_from(("server", "server", "server", "memory", *_FIELDS)), max_size=2))
    return old | {name: draw(st.sampled_from(_FIELDS[name][::-1])) for name in sorted(places)}


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The projects of a course, texts of MLN, before and after an edit; some hosts get another name."""
    sides: tuple[list[str], list[str]] = ([], [])
    for number, name in enumerate(("p", "q")[: draw(st.integers(1, 2))]):
        before = draw(st.dictionaries(names, host, min_size=1, max_size=3))
        gone = draw(st.sets(names, max_size=1))
        after = {name: draw(edited(old)) for name, old in sorted(before.items()) if name not in gone}
        after |= {name: draw(host) for name in sorted(draw(st.sets(names, max_size=1))) if name not in before}
        if "a" in after and draw(st.integers(0, 3)) == 0:
            after["x"] = after.pop("a") | {"renamed": "renamed_from a"}
        vlan = draw(st.sampled_from((7, 7, 8)))
        for side, made, tag in zip(sides, (before, after), (7, vlan), strict=True):
            side.append(_text(name, f"vlan {tag}{number}", made))
    return sides


def _text(name: str, lan: str, made: dict[str, Facts]) -> str:
    blocks = [f"host {each} {{\nxen; {_words(facts)}\n}}\n" for each, facts in sorted(made.items())]
    return f"global {{ project {name} }}\nswitch lan {{ {lan} }}\n{''.join(blocks)}"


def _words(facts: Facts) -> str:
    first = f"service_host {facts['server']}; template {facts['template']}; memory {facts['memory']}"
    return "; ".join(
        [
            first,
            *(
                facts.get(name, "")
                for name in ("storage", "size", "swap", "cards", "more", "type", "renamed")
            ),
        ]
    )


def compiled(texts: list[str]) -> Course | None:
    """The course of *texts* on the servers of the golden plans; None where they are not one."""
    with TemporaryDirectory() as folder:
        Path(folder, "site.mln").write_text(SITE, encoding="utf-8")
        for number, text in enumerate(texts):
            Path(folder, f"{number}.mln").write_text(text, encoding="utf-8")
        front = Front(Report())
        found = front.load([Path(folder)], None)
        made = front.run(found, Earlier()) if found is not None else None
    return made.course if made else None


def deployed(course: Course) -> DeployedState:
    """*course* as what servers have."""
    return DeployedState(
        {
            name: DeployedProject(
                name,
                dict.fromkeys(project_servers(project), GENERATION),
                dict.fromkeys(project_servers(project), project),
            )
            for name, project in course.projects.items()
        }
    )


def planned(before: DeployedState, course: Course) -> dict[str, Planned]:
    """The plans that lead to *course*, with no place of any change."""
    return plan_course(before, course, lambda _: lambda *_: None)[0]


# --- what the scripts of a plan would do to disks --------------------------------------------------------------------

Place = tuple[str, str, str]
"""Server (``*`` for all), volume group or path, name."""


@dataclass
class Disks:
    """What is on every volume: whose data, by place. *retired* are places that nobody uses any more."""

    data: dict[Place, str]
    retired: set[Place]

    def run(self, server: str, words: tuple[str, ...]) -> None:
        """Do what one call of a script does."""
        match words:
            case ("discard_volume", _, _, _, *volume):
                self.data.pop(place(server, *volume[:3]), None)
            case ("retire_volume", _, *volume):
                self.retired.add(place(server, *volume[:3]))
            case ("rename_volume", _, _, _, _, *volumes):
                self.data[place(server, *volumes[4:7])] = self.data.pop(place(server, *volumes[:3]))
            case ("copy_here", _, _, _, *volumes):
                self._copy(place(server, *volumes[:3]), place(server, *volumes[4:7]))
            case ("copy_last", _, _, _, target, _, _, *volumes):
                self._copy(place(server, *volumes[:3]), place(target, *volumes[4:7]))
            case ("hand_over" | "migrate_live", _, _, _, target, _, _, *volumes):
                for at in range(0, len(volumes), 4):
                    here, there = (place(each, *volumes[at : at + 3]) for each in (server, target))
                    assert here == there, "only what both servers see is handed over"
                    assert here in self.data, "what is handed over is there"

    def _copy(self, source: Place, target: Place) -> None:
        assert target not in self.data
        self.data[target] = self.data[source]
        self.retired.add(source)


def place(server: str, kind: str, group: str, name: str) -> Place:
    """Where a volume of these words is, seen from *server*."""
    shared = server != "old" or kind == "lvm"
    seen = (group == "san_vg" or group.startswith("/srv/nfs/")) and shared
    return ("*" if seen else server, group, name)


def volumes(course: Course) -> Iterator[tuple[str, str, str, Place]]:
    """Project, host, role and place of every volume of *course*."""
    for project, made in course.projects.items():
        for name, facts in made.hosts.items():
            for volume in facts.volumes.values():
                words = (
                    volume.kind,
                    volume.volume_group or volume.path,
                    volume.name if volume.volume_group else "-",
                )
                yield project, name, volume.role, place(facts.service_host, *words)


def executed(before: Course, after: Course, plans: dict[str, Planned]) -> Disks:
    """The disks after all steps of *plans*, which make what is lacking when they come to ``apply``."""
    disks = Disks({at: f"{project}/{host}/{role}" for project, host, role, at in volumes(before)}, set())
    for name, each in plans.items():
        for draft in each.drafts:
            step = draft.step
            for call in draft.calls:
                disks.run(step.server, call)
            if step.kind == "apply":
                for project, host, role, at in volumes(after):
                    if project == name and after.projects[project].hosts[host].service_host == step.server:
                        disks.data.setdefault(at, f"new {role}")
    return disks
