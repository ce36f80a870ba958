"""How the commands of :mod:`mlnc.runner.tasks` are declared and begin: their options, their desk, what they refuse.

What they print is the affair of :mod:`mlnc.runner.console.command_output`, which a command loads when it needs it.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from mlnc.output.errors import Refused
from mlnc.runner.connect.connections import Connections
from mlnc.runner.results import FAILED

if TYPE_CHECKING:
    from mlnc.runner.run_context import RunContext

PARALLEL = 16
"""Number of servers to work on in parallel, unless ``--parallel`` is given."""

_HELP = {
    "out": "The folder that mlnc build wrote.",
    "project": "Only this project (may be given several times).",
    "host": "Only this service host, or only this VM, PROJECT/HOST (may be given several times).",
    "parallel": "At most so many servers at once.",
    "json": "Print JSON.",
    "dry_run": "Say what would be done, and do nothing.",
    "start": "Start every VM that does not run.",
    "wait": "With starting: seconds until the guests must answer.",
    "again": "Send all files and do every step again, also where nothing has changed.",
    "unreviewed": "Take out/ as it is, committed or not.",
    "stop": "Stop the VMs first.",
    "confirm": "The project's name, instead of being asked for it.",
    "number": "Which transcript, counted from the last.",
    "name": "PROJECT, or PROJECT/HOST; for rebuild also the word all.",
    "restore": "PROJECT or PROJECT/HOST whose volumes are to be used again.",
    "undo": "Take back what an upgrade has done that did not come to its end.",
    "fence": "This service host is switched off: your word for it (may be given several times).",
    "allow_data_loss": "PROJECT/HOST whose data may be lost (may be given several times); for rebuild, its name again.",
}


def command(*repeatable: str) -> Callable[[Callable[..., None]], Any]:
    """A command of Invoke: long options only, each with its help; *repeatable* ones may be given several times."""

    def decorate(body: Callable[..., None]) -> Any:
        code = body.__code__
        help = {name: _HELP[name] for name in code.co_varnames[1 : code.co_argcount]}
        return task(iterable=list(repeatable), auto_shortflags=False, help=help)(body)

    return decorate


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a Refused into a message and exit status 1. What is printed may be read to its end, or not (``| head``)."""
    output = cast(TextIO, _Unbroken(sys.stdout))
    try:
        with redirect_stdout(output):
            yield
    except Refused as refused:
        raise Exit(f"mlnc: {refused}", FAILED) from None
    finally:
        output.flush()


class _Unbroken:
    """Standard output that nobody need read to its end (``| head``): the rest is dropped, and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._dropping():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._dropping():
            self._stream.flush()

    @contextmanager
    def _dropping(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def opened_run(context: Context, out: str, name: str, everywhere: int = 0) -> Iterator["RunContext"]:
    """The desk of the command *name*, closed afterwards; what it refuses ends the command.

    The first *everywhere* servers that something was built for are connected to while the desk is set up.
    """
    with refusals(), closing(Connections(context, Path(out))) as lines:
        lines.connect(lines.built(), everywhere)
        from mlnc.runner.run_context import RunContext

        with closing(RunContext(lines, name)) as run:
            yield run
