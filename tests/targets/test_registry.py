import pytest
from courses import course, host, project

from mlnc.targets import registry
from mlnc.targets.xen import xen_target


def test_all_targets_run_in_the_order_of_the_table() -> None:
    whole = registry.emit_all(course(project(hosts={"a": host(platform="uml"), "b": host()})))
    each = [
        emit(course(project(hosts={"a": host(platform="uml"), "b": host()}))) for _, emit in registry.TARGETS
    ]
    assert whole.artifacts == [artifact for emitted in each for artifact in emitted.artifacts]
    assert whole.refusals == [refusal for emitted in each for refusal in emitted.refusals]


def test_two_targets_with_one_path_are_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TARGETS", (("one", xen_target.emit), ("two", xen_target.emit)))
    with pytest.raises(ValueError, match=r"targets one and two both write hosts/.*/demo/linux\.cfg"):
        registry.emit_all(course())
