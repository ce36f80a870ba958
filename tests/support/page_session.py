"""A page whose commands are run: what stands in ``console`` blocks, with the output that the page shows.

A line that begins with ``$ `` is a command, what follows is what it prints; a line of three dots stands for any lines.
Blocks ``mln NAME.mln`` are files of ``course/``. A block ``diff`` is what somebody does in the editor: it is applied
where it stands. Times, dates, digests and the order of steps that run side by side are not compared.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(console|diff|mln [\w.]+\.mln)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANY = "..."


@dataclass
class Block:
    """One fenced block of a page: its kind and its text, which lies from *start* on."""

    kind: str
    text: str
    start: int


@dataclass
class Session:
    """Blocks worked off in *folder*; *wrong* is where the page does not say what came."""

    folder: Path
    environment: dict[str, str]
    wrong: list[str] = field(default_factory=list)

    def play(self, block: Block) -> str:
        """Do what *block* says; the text that it should have."""
        match block.kind.split():
            case ["console"]:
                return "".join(map(self._answered, exchanges(block.text)))
            case ["diff"]:
                self._run("patch -p0 --quiet", block.text)
            case [_, name]:
                (self.folder / "course" / name).write_text(block.text)
        return block.text

    def _answered(self, exchange: tuple[str, list[str]]) -> str:
        command, shown = exchange
        came = self._run(command).splitlines()
        if not matches([plain(line) for line in shown], [plain(line) for line in came]):
            self.wrong.append(f"$ {command}\n" + "\n".join(came))
            shown = shown if _ANY in shown else came
        return "".join(f"{line}\n" for line in (f"$ {command}", *shown))

    def _run(self, command: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.environment, input=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120,
        )  # fmt: skip
        return done.stdout


def blocks(page: str) -> Iterator[Block]:
    """The blocks of *page* that mean something here."""
    return (Block(match[1], match[2], match.start(2)) for match in _FENCE.finditer(page))


def exchanges(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console, and the lines that follow it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def plain(line: str) -> str:
    """*line* without what is another one each time."""
    line = re.sub(r" \(\d+\.\d s\)", "", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\d\b", "DATE", line)
    line = re.sub(r"\b\d+:\d\d(:\d\d)?\b(?! )", "TIME", line)
    return re.sub(r"\b(?=[a-f]*\d)[0-9a-f]{7,64}\b", "DIGEST", line)


def matches(shown: list[str], came: list[str]) -> bool:
    """Whether *came* is what is *shown*; steps that run side by side may end in another order."""
    if _ANY not in shown:
        return sorted(shown) == sorted(came)
    first = shown.index(_ANY)
    rest = shown[first + 1 :]
    if shown[:first] != came[:first]:
        return False
    return any(matches(rest, came[place:]) for place in range(first, len(came) + 1))
