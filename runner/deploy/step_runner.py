"""What the runner says to servers for the steps of an upgrade, forwards and backwards."""

from collections.abc import Iterable
from dataclasses import replace

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.manifest import digest
from mlnc.output.plan_model import Guard, Step
from mlnc.output.plan_store import step_script
from mlnc.output.secret_names import secret_names
from mlnc.runner.connect.protocol import Answer
from mlnc.runner.deploy.start_stop import known_generations
from mlnc.runner.deployment import DONE, UNDONE, Options, PlannedUpgrade
from mlnc.runner.observe.domain_locations import DomainLocations, guarded, look
from mlnc.runner.remote_call import Call, perform
from mlnc.runner.results import Display, Outcome, Result
from mlnc.runner.run_context import RunContext


class StepActs:
    """The deeds of one *upgrade*, each under the guards of its step.

    A step that is taken back has the guards that it has forwards: its domains may be at either end of their way.
    *ended* says that all that could be done was done.
    """

    def __init__(self, run: RunContext, upgrade: PlannedUpgrade, options: Options, display: Display) -> None:
        self._run = run
        self._upgrade = upgrade
        self._options = options
        self._display = display
        self.ended = False

    def act(self, step: Step) -> Result:
        """Do *step*, or take it back, whichever was asked for."""
        needless = self._needless(step)
        if needless is not None:
            return self._result(step, "unchanged", needless)
        guards = self._guards(step)
        places = look(self._run, guarded(guards), self._options.fenced)
        objection = places.objection(guards)
        if objection is not None:
            return self._result(step, "failed", objection)
        calls = {"prepare": self._prepare, "apply": self._apply, "leave": self._leave}
        if self._options.undo:
            calls = {"apply": self._revert}
        return self._perform(calls.get(step.kind, self._run_script)(step, places))

    def conclude(self) -> Result:
        """Say to every server that the plan has ended, and write the record."""
        upgrade = self._upgrade
        for server in upgrade.servers:
            generation = self._in_the_end(server)
            if server in upgrade.fenced or (generation == "-" and not self._has_to_do(server)):
                continue
            arguments = (upgrade.project, generation, *self._run.signature())
            call = Call(server, upgrade.project, "conclude", arguments, b"", "done")
            result = perform(self._run, self._display, call)
            if result.outcome == "failed":
                return result
        if not self._options.undo:
            self._note()
        self.ended = True
        off = ", ".join(sorted(upgrade.fenced))
        rest = f"what concerns {off} is left until that is back: deploy again then" if off else ""
        return Result(upgrade.servers[0], upgrade.project, "skipped" if off else "done", rest)

    # --- what is known -----------------------------------------------------------------------------------------

    def _result(self, step: Step, outcome: Outcome, message: str = "") -> Result:
        return Result(step.server, self._upgrade.project, outcome, message, step=step.id)

    def _needless(self, step: Step) -> str | None:
        """Why nothing has to be done for *step*; None where something has."""
        if self._options.undo:
            undone = step.script is None or self._upgrade.noted.get(step.id, UNDONE) == UNDONE
            return "" if undone and step.kind != "apply" else None
        # What the plan has started already must not be stopped once more.
        starts = [each for each in self._upgrade.plan.steps if each.kind == "start"]
        started = {host for each in starts if self._upgrade.noted.get(each.id) == DONE for host in each.hosts}
        if step.kind == "stop" and step.hosts and set(step.hosts) <= started:
            return "the plan has started its hosts already"
        return None

    def _guards(self, step: Step) -> tuple[Guard, ...]:
        """Those of *step*. Taking back an apply touches no disk; taking back a stop starts: nowhere else, then."""
        if self._options.undo and step.kind == "apply":
            return ()
        if not (self._options.undo and step.kind == "stop"):
            return step.guards
        every = {guard for each in self._upgrade.plan.steps for guard in each.guards}
        mine = sorted((guard for guard in every if guard.host in step.hosts), key=repr)
        return tuple(replace(guard, may_run=(step.server,)) for guard in mine)

    def _in_the_end(self, server: str) -> str:
        """The generation in force on *server* when all is done; ``-``: none."""
        if self._options.undo:
            return self._upgrade.plan.base.get(server) or "-"
        task = self._upgrade.tasks.get(server)
        return task.bundle.generation if task else "-"

    def _has_to_do(self, server: str) -> bool:
        """Whether *server* was given anything of the project by the plan."""
        steps = self._upgrade.plan.steps
        return any(step.server == server and step.kind not in ("preflight", "leave") for step in steps)

    def _library(self, server: str) -> str:
        return known_generations(self._run, server, SERVER_ROOM) or "-"

    def _note(self) -> None:
        """Record what the servers have now, but for those that are off."""
        for server in self._upgrade.servers:
            task = self._upgrade.tasks.get(server)
            if task is not None:
                self._run.note_applied(task.bundle)
            elif server not in self._upgrade.fenced:
                self._run.note_removed(self._upgrade.project, server)

    # --- calls ---------------------------------------------------------------------------------------------------

    def _perform(self, calls: Iterable[Call]) -> Result:
        """Do *calls* one after the other; the result of the last, or of the first that failed."""
        seconds = 0.0
        for call in calls:
            result = perform(self._run, self._display, call)
            seconds += result.seconds
            if result.outcome == "failed":
                break
        return Result(
            *(result.server, result.project, result.outcome, result.message, seconds, result.output),
            lost=result.lost,
            step=result.step,
        )

    def _run_script(self, step: Step, places: DomainLocations) -> list[Call]:
        return [self._script(step, places)]

    def _prepare(self, step: Step, places: DomainLocations) -> list[Call]:
        """The new generation, where the server will have one, then the script."""
        task = self._upgrade.tasks.get(step.server)
        calls = [] if task is None else [self._place(step)]
        return calls + ([self._script(step, places)] if step.script else [])

    def _place(self, step: Step) -> Call:
        task = self._upgrade.tasks[step.server]
        again = ("again",) if self._options.again else ()
        words = (task.bundle.generation, task.base or "-", *self._run.signature(), *again)
        stdin = task.bundle.archive(task.files)
        return Call(
            step.server,
            self._upgrade.project,
            "stage",
            (self._upgrade.project, *words),
            stdin,
            "done",
            step=step.id,
        )

    def _script(self, step: Step, places: DomainLocations) -> Call:
        mode = "undo" if self._options.undo else "do"
        text = step_script(self._run.out, self._run.manifest, step)
        task, base = self._upgrade.tasks.get(step.server), self._upgrade.plan.base.get(step.server)
        arguments = (
            *(self._upgrade.project, self._upgrade.id, step.id, digest(text), mode),
            *(self._library(step.server), *self._run.signature()),
            *(base or "-", task.bundle.generation if task else "-"),
            *(
                ["look"]
                if step.kind == "preflight"
                else ["shared"]
                if step.kind in ("copy", "migrate")
                else []
            ),
            *(["again"] if self._options.again else []),
            *(f"ran={host}" for host in sorted(self._upgrade.ran)),
            *(f"fenced={server}" for server in sorted(self._options.fenced)),
            *(f"runs={word}" for word in places.runs(step.guards)),
        )

        def settle(answer: Answer) -> None:
            self._upgrade.ran.update(words[0] for words in answer.told("ran"))

        outcome: Outcome = "done"
        return Call(
            *(step.server, self._upgrade.project, "step", arguments, text, outcome, settle),
            step=step.id,
            hash=digest(text),
        )

    def _apply(self, step: Step, _: DomainLocations) -> list[Call]:
        task = self._upgrade.tasks[step.server]
        files = () if any(each.kind == "prepare" for each in self._upgrade.plan.steps) else task.files
        words = (
            *(self._upgrade.project, task.bundle.generation, task.base or "-"),
            *(self._library(step.server), *self._run.signature(), "plan"),
            *(f"arrived={host}" for host in self._arrived(step)),
            *(f"settled={host}" for host in sorted(self._upgrade.settled)),
            *(f"fenced={server}" for server in sorted(self._options.fenced)),
        )
        stdin = self._secrets(step.server) + b"\n" + task.bundle.archive(files)
        outcome: Outcome = "made" if task.base is None else "changed"
        return [Call(step.server, self._upgrade.project, "apply", words, stdin, outcome, step=step.id)]

    def _arrived(self, step: Step) -> list[str]:
        """The hosts that are new to the server by name, but not their disks, and which the plan knows to be down.

        They come from another server, where guards stand before the step, or had another name.
        """
        renamed = {name for name in step.hosts if self._upgrade.plan.hosts[name].action == "rename"}
        return sorted({guard.host for guard in step.guards} | renamed)

    def _revert(self, step: Step, _: DomainLocations) -> list[Call]:
        task = self._upgrade.tasks[step.server]
        words = (
            *(self._upgrade.project, self._upgrade.plan.base.get(step.server) or "-", task.bundle.generation),
            *(self._library(step.server), *self._run.signature()),
        )
        stdin = self._old_secrets(step.server) + b"\n"
        return [Call(step.server, self._upgrade.project, "revert", words, stdin, "done", step=step.id)]

    def _leave(self, step: Step, _: DomainLocations) -> list[Call]:
        ids = known_generations(self._run, step.server, self._upgrade.project)
        words = (self._upgrade.project, self._library(step.server), *self._run.signature(), ids)
        return [Call(step.server, self._upgrade.project, "withdraw", words, b"", "done", step=step.id)]

    def _secrets(self, server: str) -> bytes:
        return self._run.secrets.lines(secret_names(self._run.project(self._upgrade.project), server))

    def _old_secrets(self, server: str) -> bytes:
        """Those of the generation before, as far as they still have values: the server says which it lacks."""
        record = self._run.records.get(self._upgrade.project)
        before = record.applied(server) if record else None
        names = secret_names(before, server) if before else []
        return self._run.secrets.lines(set(names) - set(self._run.secrets.lacking(names)))
