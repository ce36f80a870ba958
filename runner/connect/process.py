"""A local process of which the runner sends the input in pieces and hears the output line by line, within bounds."""

import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

Listener = Callable[[str], None]
"""Gets each line of output, without its end, as soon as it is complete."""

UNREACHABLE = 255
"""Exit status of ssh(1) if the connection fails or breaks. No verb of the server scripts ends with it."""

LINE_LIMIT = 1 << 20
"""Length of the longest line that a server may print, in bytes."""

ERRORS_LIMIT = 1 << 16
"""Number of bytes kept of standard error: the last ones, for they name the reason."""

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Ended:
    """End of a command: its exit status, and what the transport printed on standard error (messages of ssh)."""

    status: int
    errors: str


class BadAnswer(Exception):
    """A server printed something that no script of mlnc prints. The text says what."""


def run_process(words: Sequence[str], stdin: Iterable[bytes], listener: Listener) -> Ended:
    """Run the program *words* with *stdin*, and give *listener* each line of its output.

    Returns the status UNREACHABLE, with the reason, if the program cannot start, prints a line of more than
    LINE_LIMIT bytes, or if *listener* raises an exception. The program is killed in the last two cases.
    """
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
    except OSError as error:
        return Ended(UNREACHABLE, str(error))
    assert process.stdin
    assert process.stdout
    assert process.stderr
    errors = _Tail(process.stderr)
    threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True).start()
    failure = _hear(process, process.stdout, listener)
    if failure:
        return Ended(UNREACHABLE, failure)
    return Ended(process.wait(), errors.text())


def _hear(process: subprocess.Popen[bytes], output: IO[bytes], listener: Listener) -> str:
    """Give *listener* the lines of *output* until its end. Returns the reason of a failure, or an empty string."""
    try:
        with output:
            for line in lines_of(output):
                listener(line)
    except BadAnswer as error:
        reason = str(error)
    except Exception as error:  # a listener may fail in any way, and its thread has nobody who catches it
        reason = f"{type(error).__name__}: {error}"
    else:
        return ""
    process.kill()
    process.wait()
    return reason


def lines_of(output: IO[bytes]) -> Iterator[str]:
    """Yield the lines of *output* without their ends; bytes that are not UTF-8 become U+FFFD.

    Raises BadAnswer at a line of more than LINE_LIMIT bytes. Needs time in proportion to the length of the output.
    """
    rest: list[bytes] = []
    length = 0
    while piece := output.read(_PIECE):
        *ends, last = piece.split(b"\n")
        for end in ends:
            yield _decoded(b"".join((*rest, end)))
            rest, length = [], 0
        rest.append(last)
        length += len(last)
        if length > LINE_LIMIT:
            raise BadAnswer(f"a line of more than {LINE_LIMIT} bytes")
    if length:
        yield _decoded(b"".join(rest))


def _decoded(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")


def _feed(pipe: IO[bytes], content: Iterable[bytes]) -> None:
    """Write *content* to *pipe* until somebody closes its other end. The pipe belongs to this function."""
    with suppress(BrokenPipeError), pipe:
        for piece in content:
            view = memoryview(piece)
            while view:
                view = view[pipe.write(view) or 0 :]


class _Tail:
    """The last bytes of a stream, which a thread of its own reads to its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := stream.read(_PIECE):
                self._kept = (self._kept + piece)[-ERRORS_LIMIT:]

    def text(self) -> str:
        """Wait for the end of the stream, and return its last bytes as text."""
        self._thread.join()
        return self._kept.decode("utf-8", "replace").strip()
