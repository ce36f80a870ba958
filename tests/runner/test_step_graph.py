"""The graph of steps: what may begin, what may run side by side, what a failure keeps back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import courses, step

from mlnc.output.plan_model import Step
from mlnc.output.plan_store import PHASES
from mlnc.runner.deploy.step_graph import AT_ONCE, Graph, Limits, StepNode, nodes

WIDE = Limits(8, {"atlas": 2, "boreas": 2, "calypso": 2})


def begun(graph: Graph) -> list[str]:
    return ["/".join(node.key) for node in graph.begin()]


def end(graph: Graph, name: str, succeeded: bool = True) -> None:
    project, _, key = name.partition("/")
    graph.end(graph.running[project, key], succeeded)


def test_a_phase_begins_when_those_before_it_have_succeeded() -> None:
    steps = [step(1, "preflight"), step(2, "preflight", "boreas"), step(3, "stop"), step(4, "start")]
    graph = Graph(nodes({"ada": steps}), WIDE)
    assert begun(graph) == ["ada/01-preflight-all", "ada/02-preflight-all"]
    end(graph, "ada/01-preflight-all")
    assert begun(graph) == []
    end(graph, "ada/02-preflight-all")
    assert begun(graph) == ["ada/03-stop-all"]


def test_backwards_the_last_phase_comes_first() -> None:
    graph = Graph(
        nodes({"ada": [step(1, "prepare"), step(2, "stop"), step(3, "apply")]}, backwards=True), WIDE
    )
    for name in ("ada/03-apply-all", "ada/02-stop-all", "ada/01-prepare-all"):
        assert begun(graph) == [name]
        end(graph, name)


def test_moves_are_bounded_at_both_ends() -> None:
    steps = [step(number, "migrate", "atlas", str(number), peer="boreas") for number in (1, 2, 3)]
    steps.append(step(4, "migrate", "calypso", "4", peer="boreas"))
    graph = Graph(nodes({"ada": steps}), WIDE)
    assert begun(graph) == ["ada/01-migrate-1", "ada/02-migrate-2"]
    end(graph, "ada/01-migrate-1")
    assert begun(graph) == ["ada/03-migrate-3"]


def test_only_moves_of_a_project_share_a_server() -> None:
    graph = Graph(nodes({"ada": [step(1, "stop", what="a"), step(2, "stop", what="b")]}), WIDE)
    assert begun(graph) == ["ada/01-stop-a"]
    graph = Graph(nodes({"ada": [step(1, "copy", what="a"), step(2, "copy", what="b")]}), WIDE)
    assert len(begun(graph)) == 2


def test_a_server_is_not_overrun() -> None:
    graph = Graph(nodes({f"p{number}": [step(1, "stop")] for number in range(9)}), WIDE)
    assert len(begun(graph)) == AT_ONCE


def test_so_many_servers_at_once() -> None:
    steps = {
        name: [step(1, "stop", server)] for name, server in (("a", "atlas"), ("b", "boreas"), ("c", "atlas"))
    }
    graph = Graph(nodes(steps), Limits(1, {}))
    assert begun(graph) == ["a/01-stop-all", "c/01-stop-all"]


def test_a_failure_keeps_back_what_depends_on_it() -> None:
    steps = {
        "ada": [step(1, "stop"), step(2, "apply")],
        "bob": [step(1, "migrate", "boreas", after=("ada/02-apply-all",)), step(2, "apply", "boreas")],
        "eve": [step(1, "apply", "calypso")],
    }
    graph = Graph(nodes(steps), WIDE)
    assert begun(graph) == ["ada/01-stop-all", "eve/01-apply-all"]
    end(graph, "ada/01-stop-all", succeeded=False)
    end(graph, "eve/01-apply-all")
    assert begun(graph) == []
    assert [("/".join(node.key), cause) for node, cause in graph.left()] == [
        ("ada/02-apply-all", "ada/01-stop-all"),
        ("bob/01-migrate-all", "ada/01-stop-all"),
        ("bob/02-apply-all", "ada/01-stop-all"),
    ]


def test_a_step_of_a_project_that_is_not_upgraded_is_not_waited_for() -> None:
    graph = Graph(nodes({"bob": [step(1, "stop", after=("ada/07-migrate-roma",))]}), WIDE)
    assert begun(graph) == ["bob/01-stop-all"]


@given(steps=courses(), limit=st.integers(1, 3), backwards=st.booleans(), data=st.data())
def test_every_way_through_keeps_the_rules(
    steps: dict[str, list[Step]], limit: int, backwards: bool, data: st.DataObject
) -> None:
    """Whatever ends first or fails: what begins had all it needs, no bound is exceeded, nothing is stuck."""
    all_nodes = nodes(steps, backwards)
    graph = Graph(all_nodes, Limits(limit, dict.fromkeys(("atlas", "boreas", "calypso"), limit)))
    ended: list[StepNode] = []
    while True:
        for node in graph.begin():
            assert node.needs <= graph.done
            assert node.project not in graph.failed
        if not graph.running:
            break
        _check_bounds(list(graph.running.values()), limit)
        ended.append(data.draw(st.sampled_from(sorted(graph.running.values(), key=lambda each: each.key))))
        graph.end(ended[-1], data.draw(st.integers(0, 9)) > 0)
    left = list(graph.left())
    assert len(left) + len(ended) == len(all_nodes)
    assert all(cause is not None for _, cause in left)
    if not graph.failed:
        assert left == []
        _check_order(ended, backwards)


def _check_bounds(running: list[StepNode], limit: int) -> None:
    assert len({node.step.server for node in running}) <= limit
    moves = [node.step for node in running if node.step.kind in ("copy", "migrate")]
    ends = [end for move in moves for end in (move.server, move.peer) if end]
    assert all(ends.count(end) <= limit for end in ends)


def _check_order(ended: list[StepNode], backwards: bool) -> None:
    for project in {node.project for node in ended}:
        phases = [PHASES.index(node.step.kind) for node in ended if node.project == project]
        assert phases == sorted(phases, reverse=backwards)


@pytest.mark.parametrize("backwards", [False, True])
def test_many_projects(backwards: bool) -> None:
    """Of 60 groups, each step runs once."""
    steps = {f"p{number}": [step(1, "stop"), step(2, "apply"), step(3, "start")] for number in range(60)}
    graph = Graph(nodes(steps, backwards), WIDE)
    count = 0
    while found := list(graph.begin()):
        count += len(found)
        for node in found:
            graph.end(node, True)
    assert count == 180
