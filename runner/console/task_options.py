"""Declaration of the commands in :mod:`mlnc.runner.tasks`: options, help, opening of a run, refusals.

Output is in :mod:`mlnc.runner.console.command_output`, which a command imports after it has begun to connect.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

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
    "out": "Folder that mlnc build wrote.",
    "project": "Work on this project only (repeatable).",
    "host": "Work on this service host, or this VM (PROJECT/HOST), only (repeatable).",
    "parallel": "Number of servers to work on in parallel.",
    "json": "Print JSON.",
    "dry_run": "Print the actions without executing them.",
    "start": "Start every VM that is down.",
    "wait": "Seconds to wait for started guests to answer ping; 0 does not wait.",
    "again": "Send all files and repeat every step, even if nothing changed.",
    "unreviewed": "Accept an out/ folder that is not committed to git.",
    "stop": "Stop the VMs first.",
    "confirm": "Name that the command would ask for.",
    "number": "Transcript to print, counted from the last (1).",
    "name": "PROJECT or PROJECT/HOST; rebuild also takes all.",
    "restore": "PROJECT or PROJECT/HOST whose volumes to put into use again.",
    "undo": "Roll back an unfinished upgrade.",
    "fence": "Treat this server as powered off; you are responsible for this being true (repeatable).",
    "allow_data_loss": "PROJECT/HOST whose data may be destroyed (repeatable); for rebuild, repeat its name.",
}


def command(*repeatable: str) -> Callable[[Callable[..., None]], Any]:
    """Decorator for an Invoke task with long options and help; *repeatable* names those that become lists."""

    def decorate(body: Callable[..., None]) -> Any:
        code = body.__code__
        help = {name: _HELP[name] for name in code.co_varnames[1 : code.co_argcount]}
        return task(iterable=list(repeatable), auto_shortflags=False, help=help)(body)

    return decorate


@contextmanager
def refusals() -> Iterator[None]:
    """Turn Refused into Exit with its message and status 1. Tolerate a closed standard output (``| head``)."""
    output = cast(TextIO, _Unbroken(sys.stdout))
    try:
        with redirect_stdout(output):
            yield
    except Refused as refused:
        raise Exit(f"mlnc: {refused}", FAILED) from None
    finally:
        output.flush()


class _Unbroken:
    """Standard output that drops text once its reader has closed the pipe, so that the work is not interrupted."""

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
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)


@contextmanager
def opened_run(out: str, name: str, early: int = 0) -> Iterator["RunContext"]:
    """Open the RunContext of the command *name* on the folder *out*, and close it afterwards.

    Connections to the first *early* servers of the build start before the context is set up, to save time.
    Raises Exit where the context or the command refuses.
    """
    with refusals(), closing(Connections(Path(out))) as lines:
        lines.connect(lines.built(), early)
        from mlnc.runner.run_context import RunContext

        with closing(RunContext(lines, name)) as run:
            yield run
