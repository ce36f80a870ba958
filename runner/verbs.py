"""What is said to a service host, and its answers: the verbs of ``server/*.sh``.

The text of a verb goes before its input on standard input, so a command line shows its arguments and nothing else.
"""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from mlnc.runner.transport import UNREACHABLE, Transport

BUSY = 75
CONFLICT = 76
TAMPERED = 77

_MARK = "@mlnc\t"

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
def script(verb: str) -> bytes:
    """The shell text of *verb*."""
    folder = files("mlnc.runner").joinpath("server")
    return folder.joinpath("base.sh").read_bytes() + folder.joinpath(f"{verb}.sh").read_bytes()


def command(verb: str, arguments: Iterable[str]) -> str:
    """The line for ``sh``: it reads exactly the verb's text from standard input and leaves the rest to it."""
    words = " ".join(shlex.quote(word) for word in arguments)
    return f"sh -c 'eval \"$(head -c {len(script(verb))})\"' mlnc {verb} {words}"


def ask(
    transport: Transport,
    verb: str,
    arguments: Iterable[str],
    stdin: bytes = b"",
    heard: Heard = ignore,
) -> Answer:
    """Run *verb* on the server behind *transport*; *heard* gets each line as it comes."""
    answer = Answer()

    def listen(line: str) -> None:
        if line.startswith(_MARK):
            mark = Mark(tuple(line.removeprefix(_MARK).split("\t")))
            answer.marks.append(mark)
            answer.below.append((mark, []))
            heard(mark)
        else:
            answer.lines.append(line)
            if answer.below:
                answer.below[-1][1].append(line)
            heard(line)

    ended = transport.run(command(verb, arguments), script(verb) + stdin, listen)
    answer.status, answer.errors = ended.status, ended.errors
    return answer
