"""What is said to a service host, and its answers: the verbs of ``server/*.sh``.

They travel on standard input, with their arguments and what they read, so a command line shows nothing of them.
"""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from mlnc.runner.connect.process import UNREACHABLE

BUSY = 75
CONFLICT = 76
TAMPERED = 77

MARK = "@mlnc\t"
"""Lines that begin so are meant for the runner."""

Heard = Callable[["Mark | str"], None]
"""Is given each line of an answer: a mark of ours, or output to be shown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line meant for the runner: ``words[0]`` says what it tells."""

    words: tuple[str, ...]


@dataclass(slots=True)
class Answer:
    """How a verb ended and all it said: its marks, and its lines of output, each under the last mark before it."""

    status: int = 0
    errors: str = ""
    marks: list[Mark] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    below: list[tuple[Mark, list[str]]] = field(default_factory=list)

    def take(self, line: str) -> "Mark | str":
        """Add a line that was printed; what it is."""
        if line.startswith(MARK):
            mark = Mark(tuple(line.removeprefix(MARK).split("\t")))
            self.marks.append(mark)
            self.below.append((mark, []))
            return mark
        self.lines.append(line)
        if self.below:
            self.below[-1][1].append(line)
        return line

    @property
    def reached(self) -> bool:
        """Whether the command ran to its end on the server."""
        return self.status != UNREACHABLE

    def told(self, word: str) -> list[tuple[str, ...]]:
        """What the marks of that kind say."""
        return [mark.words[1:] for mark in self.marks if mark.words[0] == word]

    def texts(self, word: str) -> dict[str, list[str]]:
        """The output below each mark of that kind, by its next word."""
        return {
            mark.words[1]: lines
            for mark, lines in self.below
            if mark.words[0] == word and len(mark.words) > 1
        }


def ignore(line: Mark | str) -> None:
    """Hear nothing of it."""
    del line


@cache
def _part(name: str) -> bytes:
    return files("mlnc.runner").joinpath("server", f"{name}.sh").read_bytes()


_NEEDED = {
    **dict.fromkeys(("apply", "stage", "revert", "withdraw", "conclude", "remove"), ("generation",)),
    **dict.fromkeys(("survey", "list_domains", "drift", "status"), ("toolstack",)),
}
"""The parts that each verb needs besides ``base``. ``toolstack`` is the file of the shell library, linked."""


@cache
def _text(verb: str) -> bytes:
    return b"".join(_part(name) for name in (*_NEEDED.get(verb, ()), verb))


@cache
def script(verb: str) -> bytes:
    """The shell text of *verb*, with what all verbs share."""
    return _part("base") + _text(verb)


def command(verb: str, arguments: Iterable[str]) -> str:
    """The line for ``sh``: it reads exactly the verb's text from standard input and leaves the rest to it."""
    words = shlex.join(arguments)
    return f"sh -c 'eval \"$(head -c {len(script(verb))})\"' mlnc {verb} {words}"


def request(verb: str, arguments: Iterable[str], stdin: bytes = b"") -> bytes:
    """A call of *verb*, as ``server/session.sh`` reads it."""
    words = shlex.join((verb, *arguments))
    text = f"set -- {words}\n".encode() + _text(verb).rstrip(b"\n")
    return b"%d %d\n" % (len(text), len(stdin)) + text + stdin
