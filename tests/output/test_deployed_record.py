"""Deployed records: round trip, stable text, refusal of damaged records."""

from dataclasses import replace
from pathlib import Path

import pytest
from courses import project

from mlnc.ir.ir_yaml import dump_project
from mlnc.output.deployed_record import DeployedRecord, read_records, write_record
from mlnc.output.errors import Refused
from mlnc.schemas.yaml_text import load

OLD, NEW = "a" * 32, "b" * 32
DEMO = project()
LATER = replace(DEMO, stop_timeout_seconds=5)


def recorded(out: Path, *notes: tuple[str, str, str | None]) -> DeployedRecord:
    record = DeployedRecord("demo")
    for server, generation, text in notes:
        record.note(server, generation, text)
    write_record(out, record)
    return record


def text(out: Path) -> str:
    return (out / "deployed" / "demo.yaml").read_text()


def test_a_written_record_reads_as_the_same_record(tmp_path: Path) -> None:
    recorded(tmp_path, ("two", NEW, dump_project(LATER)), ("one", OLD, dump_project(DEMO)))
    record = read_records(tmp_path)["demo"]
    assert record.generations == {"one": OLD, "two": NEW}
    assert (record.applied("one"), record.applied("two"), record.applied("three")) == (DEMO, LATER, None)


def test_servers_with_the_same_ir_share_it(tmp_path: Path) -> None:
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)), ("two", NEW, dump_project(DEMO)))
    assert text(tmp_path).count("stop_timeout_seconds") == 1
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)), ("two", NEW, dump_project(LATER)))
    assert text(tmp_path).count("stop_timeout_seconds") == 2


def test_an_ir_that_no_server_has_is_removed(tmp_path: Path) -> None:
    record = recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    record.note("one", NEW, dump_project(LATER))
    write_record(tmp_path, record)
    assert text(tmp_path).count("stop_timeout_seconds") == 1


def test_a_record_without_servers_is_removed(tmp_path: Path) -> None:
    record = recorded(tmp_path, ("one", OLD, None))
    record.forget("one")
    write_record(tmp_path, record)
    assert read_records(tmp_path) == {}


def test_an_unchanged_record_is_not_written(tmp_path: Path) -> None:
    record = recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    before = (tmp_path / "deployed" / "demo.yaml").stat().st_mtime_ns
    write_record(tmp_path, record)
    assert (tmp_path / "deployed" / "demo.yaml").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "damage",
    ["{", "demo\n", "deployed_version: 2\n", "deployed_version: 1\nproject: other\nservers: {}\nirs: {}\n"],
)
def test_a_damaged_record_is_refused(tmp_path: Path, damage: str) -> None:
    (tmp_path / "deployed").mkdir()
    (tmp_path / "deployed" / "demo.yaml").write_text(damage)
    with pytest.raises(Refused, match="is damaged"):
        read_records(tmp_path)


def test_an_invalid_ir_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    file = tmp_path / "deployed" / "demo.yaml"
    file.write_text(file.read_text().replace("stop_timeout_seconds", "stop_time"))
    with pytest.raises(Refused, match="is damaged"):
        read_records(tmp_path)["demo"].applied("one")


def test_documents_are_parsed_at_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    loaded: list[str] = []

    def counted(text: str) -> object:
        loaded.append(text)
        return load(text)

    monkeypatch.setattr("mlnc.output.deployed_record.load", counted)
    record = read_records(tmp_path)["demo"]
    assert (record.generations, len(loaded), "stop_timeout" in loaded[0]) == ({"one": OLD}, 1, False)
    assert record.applied("one") == DEMO
    assert record.applied("one") == DEMO
    assert len(loaded) == 2


def test_an_added_server_keeps_the_documents_of_the_others(tmp_path: Path) -> None:
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    record = read_records(tmp_path)["demo"]
    record.note("two", NEW, dump_project(LATER))
    write_record(tmp_path, record)
    again = read_records(tmp_path)["demo"]
    assert (again.applied("one"), again.applied("two")) == (DEMO, LATER)


@pytest.mark.parametrize("after", ["servers: {}\n", "<<<<<<< ours\n", "more: 1\n", "irs: {}\n"])
def test_text_after_the_documents_is_parsed_at_once(tmp_path: Path, after: str) -> None:
    """A merge conflict after the documents must be reported."""
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    file = tmp_path / "deployed" / "demo.yaml"
    file.write_text(file.read_text() + after)
    with pytest.raises(Refused, match="is damaged"):
        read_records(tmp_path)


def test_documents_that_are_not_yaml_are_refused(tmp_path: Path) -> None:
    recorded(tmp_path, ("one", OLD, dump_project(DEMO)))
    file = tmp_path / "deployed" / "demo.yaml"
    file.write_text(file.read_text() + "  {\n")
    with pytest.raises(Refused, match="is damaged"):
        read_records(tmp_path)["demo"].applied("one")
