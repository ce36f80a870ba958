"""Changes of the course as an administrator makes them: a word in a file, a build, a commit, a deployment."""

import shutil
from pathlib import Path

from faults import command
from newcomer import Newcomer

from mlnc.lab.guests import Identity, read_ticks
from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import run


def edit(course: Newcomer, file: str, *changes: tuple[str, str]) -> None:
    """Replace words in *file* of the example; build; commit what that gives."""
    path = course.folder / "examples" / "lab" / file
    text = path.read_text()
    for old, new in changes:
        assert old in text, f"{file} has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text)
    course.build()
    commit(course, f"{file}: {', '.join(new for _, new in changes)}")


def commit(course: Newcomer, message: str) -> None:
    """Commit all of out/, if there is anything new."""
    git = "git -C .lab"
    course.follow(f"git init -q .lab; {git} add out; {git} commit -q --allow-empty -m '{message}'")


def deploy(course: Newcomer, *words: str, status: int = 0) -> str:
    """Deploy what was committed, commit the records; what the command said."""
    said = course.invoke("deploy", *words, status=status)
    commit(course, "deployed")
    return said


def add_far(course: Newcomer) -> None:
    """Make a fourth group, unless it is there: a guest on the second server, with a disk that nobody else sees."""
    source = Path(__file__).parent / "data" / "lab4.mln"
    file = course.folder / "examples" / "lab" / source.name
    if not file.exists():
        shutil.copy(source, file)
        course.build()
        commit(course, "a fourth group")
        deploy(course, "--project", "lab4", "--start", "--wait", "300")


def place_web(course: Newcomer, server: str) -> None:
    """Write *server* down as the place of the web server of group 1, whatever it was, and build."""
    path = course.folder / "examples" / "lab" / "lab1.mln"
    (old,) = [line for line in path.read_text().splitlines() if "$web_server" in line]
    edit(course, "lab1.mln", (old, f"\t$web_server = {server}"))


def active_on(course: Newcomer, volume: str) -> set[str]:
    """The servers on which a volume of the shared group is active."""
    question = f"lvs --noheadings -o lv_active san_vg/{volume}"
    servers = [course.lab.server(number) for number in (1, 2)]
    return {each.name for each in servers if run(course.lab, each, question).stdout.strip() == "active"}


def goes_on(before: Identity | None, after: Identity | None) -> None:
    """Expect that the guest was never started anew and has counted on."""
    assert before is not None, "it did not answer before"
    assert after is not None, "it does not answer"
    assert after.one("started") == before.one("started"), "it was started anew"
    assert after.tick > before.tick, "it does not count any more"


def log(lab: Lab, server: Server, volume: str) -> list[tuple[int, int]]:
    """What a guest ever wrote down, read from its *volume*, which nobody uses and nothing is wrong with."""
    read = f"e2fsck -fn /dev/{volume} >&2 && debugfs -R 'cat /var/log/ticks' /dev/{volume} 2>/dev/null"
    text = command(lab, server, f"lvchange -ay {volume} && {read} && lvchange -an {volume}")
    return read_ticks(text.splitlines())
