"""The steps of one project on one server as they happen: shown, and written to the transcript."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from mlnc.output.bundle import Bundle
from mlnc.output.errors import Refused
from mlnc.runner.connect.protocol import Answer, Mark, script
from mlnc.runner.results import Display, Outcome, Result
from mlnc.runner.run_context import RunContext

_ERROR = "mlnc: error: "
_WARNING = "mlnc: warning: "
_TAIL = 12
"""So many last lines of what failed are shown; the transcript has all."""


def _nothing(answer: Answer) -> None:
    """There is nothing to be recorded."""
    del answer


@dataclass(frozen=True, slots=True)
class Call:
    """One verb for one project on one server, and the outcome it has when it succeeds.

    *settle* is called with every answer, a failed one too, and records what it tells. *step* and *hash* are the id of a
    plan's step and the SHA-256 of its script.
    """

    server: str
    project: str
    verb: str
    arguments: tuple[str, ...]
    stdin: bytes
    outcome: Outcome
    settle: Callable[[Answer], None] = _nothing
    step: str = ""
    hash: str = ""


def perform(run: RunContext, display: Display, call: Call) -> Result:
    """Do *call*, and say what came of it."""
    steps = StepListener(run, display, call)
    try:
        answer = run.ask(call.server, call.verb, call.arguments, call.stdin, steps.heard)
        steps.ended(answer)
        call.settle(answer)
    except (Refused, OSError) as error:
        return Result(call.server, call.project, "failed", str(error), steps.seconds, step=call.step)
    if answer.status == 0:
        remark = steps.remark()
        return Result(call.server, call.project, call.outcome, remark, steps.seconds, step=call.step)
    output, error_line, lost = tuple(steps.output[-_TAIL:]), steps.error(answer), not answer.reached
    return Result(
        call.server, call.project, "failed", error_line, steps.seconds, output, lost, step=call.step
    )


class StepListener:
    """Hears what the server of *call* says while the verb works, and keeps each step with its output."""

    def __init__(self, run: RunContext, display: Display, call: Call) -> None:
        self._run = run
        self._display = display
        self._call = call
        self._server = call.server
        self._project = call.project
        self._verb = call.verb
        self._begun = self._step_begun = time.monotonic()
        self._step = call.verb
        self._lines: list[str] = []
        self.output: list[str] = []

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun

    def heard(self, line: Mark | str) -> None:
        """Take one line."""
        if isinstance(line, str):
            masked = self._run.secrets.masked(line)
            self._lines.append(masked)
            self.output.append(masked)
        elif line.words[0] == "step":
            self._note(0)
            self._step, self._step_begun = line.words[1], time.monotonic()
            self._display.step(self._server, self._project, self._step)
        elif line.words[0] == "end":
            self._note(int(line.words[1]))

    def ended(self, answer: Answer) -> None:
        """The verb has ended: keep what no step has claimed."""
        self._lines += [self._run.secrets.masked(line) for line in answer.errors.splitlines()]
        self._step = self._verb
        self._note(answer.status, always=True)

    def remark(self) -> str:
        """The warnings that were given, in one line."""
        return "; ".join(line.removeprefix(_WARNING) for line in self.output if line.startswith(_WARNING))

    def error(self, answer: Answer) -> str:
        """What went wrong, in one line."""
        said = [line.removeprefix(_ERROR) for line in self.output if line.startswith(_ERROR)]
        if said:
            return said[-1]
        if not answer.reached:
            broke = self._run.secrets.masked((answer.errors.splitlines() or ["the connection broke"])[-1])
            return f"{broke}; what had begun there may have ended or not: run this again"
        return (self.output or [f"{self._verb} ended with status {answer.status}"])[-1]

    def _note(self, status: int, always: bool = False) -> None:
        if self._lines or always or self._step != self._verb:
            seconds = round(time.monotonic() - self._step_begun, 3)
            facts = {"hash": self._hash(), "exit": status, "seconds": seconds, "output": self._lines}
            self._run.transcript.note(self._server, self._project, self._step, **facts)
        self._lines = []
        self._step = self._verb

    def _hash(self) -> str:
        """The SHA-256 of the script that the step ran: of a plan, a file of the project, or the runner's own."""
        if self._call.hash and self._step == self._call.step:
            return self._call.hash
        bundle: Bundle | None = self._run.bundles.get(self._server, {}).get(self._project)
        known = bundle.hashes if bundle else {}
        return known.get(self._step.split(" ")[0]) or sha256(script(self._verb)).hexdigest()
