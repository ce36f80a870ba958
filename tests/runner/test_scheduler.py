"""Executions of steps that are only pretended: results, the state that is said, Ctrl-C, guards."""

import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from plans import SERVERS, courses, guard, step

from mlnc.output.plan_model import Step
from mlnc.runner.deploy.scheduler import Execution
from mlnc.runner.deploy.step_graph import Limits
from mlnc.runner.live_display import Silent
from mlnc.runner.observe.domain_locations import DomainLocations, guarded
from mlnc.runner.results import Result
from mlnc.runner.run_context import RunContext

LIMITS = Limits(8, dict.fromkeys(SERVERS, 2))


class FakeDesk:
    """What an execution needs of a desk."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def wait(self, running: Iterable[Future[Result]]) -> set[Future[Result]]:
        """Wait for any of *running*."""
        return wait(list(running), return_when=FIRST_COMPLETED).done


class FakeActs:
    """Does nothing but fail at the steps in *failing*, and stop the run at *stop_at*."""

    def __init__(self, project: str, run: FakeDesk, failing: Iterable[str] = (), stop_at: str = "") -> None:
        self.project = project
        self.run = run
        self.failing = set(failing)
        self.stop_at = stop_at
        self.done: list[str] = []
        self.concluded = 0

    def act(self, each: Step) -> Result:
        """Note *each*."""
        if each.id == self.stop_at:
            self.run.stopping.set()
        if each.id in self.failing:
            return Result(each.server, self.project, "failed", "it broke", step=each.id)
        self.done.append(each.id)
        return Result(each.server, self.project, "done", step=each.id)

    def conclude(self) -> Result:
        """Count it."""
        self.concluded += 1
        return Result("atlas", self.project, "done")


def execute(acts: dict[str, FakeActs], steps: dict[str, list[Step]], backwards: bool = False) -> list[Result]:
    """Run *steps*; all *acts* share one desk."""
    run = cast("RunContext", next(iter(acts.values())).run if acts else FakeDesk())
    return Execution(run, Silent(), acts, steps, LIMITS, backwards).run()


STEPS = [step(1, "preflight"), step(2, "stop"), step(3, "apply"), step(4, "start")]


def test_a_plan_comes_to_its_end() -> None:
    acts = {"ada": FakeActs("ada", FakeDesk())}
    results = execute(acts, {"ada": STEPS})
    assert acts["ada"].done == [each.id for each in STEPS]
    assert [result.outcome for result in results] == ["done"] * 5
    assert acts["ada"].concluded == 1


def test_a_plan_without_steps_is_concluded() -> None:
    acts = {"ada": FakeActs("ada", FakeDesk())}
    assert [result.outcome for result in execute(acts, {"ada": []})] == ["done"]


def test_the_state_after_a_failure_is_said() -> None:
    acts = {"ada": FakeActs("ada", FakeDesk(), ["03-apply-all"])}
    failed, unfinished = execute(acts, {"ada": STEPS})[-2:]
    assert (failed.step, failed.outcome) == ("03-apply-all", "failed")
    assert unfinished.message == (
        "stopped at 03-apply-all; done: 01-preflight-all, 02-stop-all; not begun: 04-start-all; 'invoke deploy' asks"
        " the servers and goes on from there, 'invoke deploy --undo' takes back what was done"
    )
    assert acts["ada"].concluded == 0


def test_what_depends_on_a_failed_step_says_so() -> None:
    run = FakeDesk()
    acts = {"ada": FakeActs("ada", run, ["02-stop-all"]), "bob": FakeActs("bob", run)}
    steps = {"ada": STEPS, "bob": [step(1, "migrate", after=("ada/03-apply-all",))]}
    (result,) = [result for result in execute(acts, steps) if result.project == "bob"]
    assert result.outcome == "skipped"
    assert result.message.startswith("waits for ada/02-stop-all, which failed; done: nothing")


def test_ctrl_c_lets_what_has_begun_end() -> None:
    acts = {"ada": FakeActs("ada", FakeDesk(), stop_at="02-stop-all")}
    last = execute(acts, {"ada": STEPS})[-1]
    assert acts["ada"].done == ["01-preflight-all", "02-stop-all"]
    assert last.message.startswith(
        "you stopped it; done: 01-preflight-all, 02-stop-all; not begun: 03-apply-all"
    )


def test_a_circle_is_said() -> None:
    run = FakeDesk()
    acts = {name: FakeActs(name, run) for name in ("a", "b")}
    steps = {
        "a": [step(1, "migrate", after=("b/01-migrate-all",))],
        "b": [step(1, "migrate", after=("a/01-migrate-all",))],
    }
    assert all("wait for one another" in result.message for result in execute(acts, steps))


@settings(deadline=None, max_examples=50)
@given(steps=courses(), data=st.data(), backwards=st.booleans())
def test_running_again_comes_to_the_end(
    steps: dict[str, list[Step]], data: st.DataObject, backwards: bool
) -> None:
    """Whatever fails the first time, a second run without failures does every step and concludes every project."""
    every = [each.id for listed in steps.values() for each in listed]
    failing = data.draw(st.sets(st.sampled_from(every))) if every else set()
    run = FakeDesk()
    first = {name: FakeActs(name, run, failing) for name in steps}
    results = execute(first, steps, backwards)
    for name, acts in first.items():
        told = [result for result in results if result.project == name]
        assert acts.concluded == (not any(result.outcome in ("failed", "skipped") for result in told))
    again = {name: FakeActs(name, run) for name in steps}
    execute(again, steps, backwards)
    for name, acts in again.items():
        assert sorted(acts.done) == sorted(each.id for each in steps[name])
        assert acts.concluded == 1


WEB = guard("web", "atlas", "boreas", may_run=("atlas",))


def test_guards() -> None:
    here, nowhere = {"web.ada": "uuid of web"}, {"Domain-0": "0"}
    assert guarded([WEB]) == {"atlas", "boreas"}
    assert DomainLocations({"atlas": here, "boreas": nowhere}).objection([WEB]) is None
    assert "web.ada is on boreas" in str(DomainLocations({"atlas": nowhere, "boreas": here}).objection([WEB]))
    assert "--fence boreas" in str(DomainLocations({"atlas": here}, {"boreas": "no route"}).objection([WEB]))
    assert DomainLocations({"atlas": here}, {}, {"boreas"}).objection([WEB]) is None
    assert DomainLocations({"atlas": here, "boreas": nowhere}).runs([WEB]) == ["web=atlas"]


def test_a_domain_that_is_on_its_way_is_there() -> None:
    for name in ("web.ada--incoming", "web.ada--migratedaway", "migrating-web.ada", "Zombie-web.ada"):
        assert DomainLocations({"boreas": {name: "another"}}).of("web.ada", "uuid of web") == ["boreas"]
    assert DomainLocations({"boreas": {"other.name": "uuid of web"}}).of("web.ada", "uuid of web") == [
        "boreas"
    ]
    assert DomainLocations({"boreas": {"web.adam": "another"}}).of("web.ada", "uuid of web") == []
