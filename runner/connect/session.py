"""A session: one shell on a service host, which is asked one verb after the other over one command.

To begin a command on a server costs more than most verbs do (a channel of ssh, the user's shell with its start-up
files, our own), so a run does it once a server.
"""

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from secrets import token_hex

from mlnc.runner.connect.process import UNREACHABLE, Ended, Listener
from mlnc.runner.connect.protocol import MARK, Answer, Heard, command, ignore, request, script
from mlnc.runner.connect.transport import Transport

_AT_ONCE = 8
"""So many calls, at most, run on one server at once: sshd_config(5) allows ten sessions over one connection."""

_PATIENCE_SECONDS = 5
"""How long a shell that was told to end has for it."""


class Session:
    """What is asked of the server behind *transport*, by several threads at once if need be, each in its own shell.

    The first question opens a shell; one that broke is opened again.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._idle: list[_Shell] = []
        self._ending: list[_Shell] = []

    def open(self) -> None:
        """Begin to connect, and do not wait for it. Nothing is sent before the first question."""
        with self._lock:
            self._idle = self._idle or [_Shell(self._transport)]

    def ask(self, verb: str, arguments: Iterable[str], stdin: bytes = b"", heard: Heard = ignore) -> Answer:
        """Run *verb* on the server; *heard* gets each line as it comes, in another thread."""
        answer = Answer()
        with self._slots, self._shell() as shell:
            ended = shell.call(request(verb, arguments, stdin), lambda line: heard(answer.take(line)))
        answer.status, answer.errors = ended.status, ended.errors
        return answer

    def rest(self) -> None:
        """End the shells that nobody uses, and do not wait for it: no question is expected any more."""
        with self._lock:
            resting, self._idle = self._idle, []
            self._ending += resting
        for shell in resting:
            shell.end()

    def close(self) -> None:
        """End the shells, and with the last one the connection; one that does not end is cut off."""
        self.rest()
        if not all(shell.ended_within(_PATIENCE_SECONDS) for shell in self._ending):
            self._transport.cut()

    @contextmanager
    def _shell(self) -> Iterator["_Shell"]:
        """A shell that nobody else uses; it is kept for the next question unless it has ended."""
        with self._lock:
            self._idle = [shell for shell in self._idle if not shell.spent]
            shell = self._idle.pop() if self._idle else _Shell(self._transport)
        yield shell
        with self._lock:
            self._idle.append(shell)


class _Shell:
    """The shell while it runs. Its end is the answer to the call that it did not live to answer."""

    def __init__(self, transport: Transport) -> None:
        self._calls: SimpleQueue[bytes | None] = SimpleQueue()
        self._ends: SimpleQueue[Ended] = SimpleQueue()
        self._token = token_hex(8)
        self._mark = f"{MARK}answered\t{self._token}\t"
        self._listener: Listener | None = None
        self._called = False
        self._over = False
        self._thread = threading.Thread(target=self._serve, args=(transport,), daemon=True)
        self._thread.start()

    @property
    def spent(self) -> bool:
        """Whether it has ended, and somebody may have heard of that."""
        return self._called and self._over

    def call(self, text: bytes, listener: Listener) -> Ended:
        """Send a call, and wait for the end of its answer, each line of which *listener* gets."""
        self._called, self._listener = True, listener
        self._calls.put(text)
        return self._ends.get()

    def end(self) -> None:
        """Let it end, which takes as long as the call it is at."""
        self._calls.put(None)

    def ended_within(self, seconds: float) -> bool:
        """Wait for its end; whether it came in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _serve(self, transport: Transport) -> None:
        ended = Ended(UNREACHABLE, "the session could not be begun")
        # Ctrl-C is not for the command that this thread starts, which inherits what it blocks: it ends by itself.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            ended = transport.run(command("session", (self._token,)), self._input(), self._hear)
        except OSError as error:
            ended = Ended(UNREACHABLE, str(error))
        finally:
            self._over = True
            self._ends.put(Ended(ended.status or UNREACHABLE, ended.errors))
            self._calls.put(None)

    def _input(self) -> Iterator[bytes]:
        before = script("session")
        for text in iter(self._calls.get, None):
            yield before + text
            before = b""

    def _hear(self, line: str) -> None:
        """Take a line of output. The mark may stand behind an unfinished one, of a program that was killed."""
        text, answered, status = line.partition(self._mark)
        if self._listener and (text or not answered):
            self._listener(text)
        if answered:
            self._ends.put(Ended(int(status), ""))
