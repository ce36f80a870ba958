"""Conformance: what mlnc makes of 109 small project files, held against the answers of MLN 1.0.8.8.

``answers/*.yaml`` has an entry a sample. ``original`` holds answers of the original that mlnc gives too, ``mlnc``
those where mlnc answers otherwise on purpose, among them every finding. The README of the folder explains the
notation, docs/differences.md gives the reasons.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from checkout import TESTS

from mlnc.cli.build import check
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.expansion import Expanded, expand_project
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.outline import RawBlock, outline
from mlnc.compiler.pipeline import Front
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.syntax_tree import File
from mlnc.schemas import yaml_text

HERE = TESTS
DATA = HERE / "data" / "conformance"
SAMPLES = {path.stem: path for path in sorted(DATA.glob("samples/*.mln"))}
HALVES = ("original", "mlnc")

Answer = list[str] | dict[str, str]
"""A block: its statements in order after its variables, or its values by name."""


def _answers() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(DATA.glob("answers/*.yaml")):
        entries: Any = yaml_text.load(path.read_text(encoding="utf-8"))
        assert not found.keys() & entries.keys(), path
        found |= entries
    return found


ANSWERS = _answers()


def having(view: str) -> list[str]:
    """The samples of which some half answers *view*."""
    return [name for name, entry in ANSWERS.items() if any(view in entry.get(half, {}) for half in HALVES)]


def wanted(sample: str, view: str) -> dict[str, Any]:
    """What the two halves of a sample's entry say together; values of one block may stand in both."""
    merged: dict[str, Any] = {}
    for half in HALVES:
        for path, answer in ANSWERS[sample].get(half, {}).get(view, {}).items():
            known = merged.get(path, {})
            assert not known or not known.keys() & answer.keys(), path
            merged[path] = {**known, **answer} if known else answer
    return merged


@pytest.fixture(autouse=True)
def _among_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Includes of the samples name files below the working directory."""
    monkeypatch.chdir(DATA / "samples")


# ---- what mlnc makes of a sample ---------------------------------------------------------------------------


@cache
def loaded(sample: str) -> tuple[File | None, Report]:
    report = Report()
    file = SourceLoader(report).load(Path(SAMPLES[sample].name))
    return (None if report.failed else file), report


@cache
def expanded(sample: str) -> tuple[Expanded | None, list[str]]:
    """The expanded project, None where there is none, and the code of each finding until then."""
    file, report = loaded(sample)
    made = expand_project(file, report.add) if file else None
    if file:
        report.extend(outline(file, lambda _: None).deferred)
    return made, [found.code for found in report.sorted()]


def written(sample: str) -> dict[str, Answer]:
    """Every block of a sample as written, nothing filled in, by its path."""
    file, _ = loaded(sample)
    assert file is not None, expanded(sample)[1]
    found = outline(file, lambda _: None)
    tops = [("global", draft) for draft in found.globals]
    tops += [(f"{kind}/{each.name.text}", each) for kind, drafts in found.sections.items() for each in drafts]
    return dict(each for path, draft in tops for each in _drafts(draft, path))


def _drafts(draft: RawBlock, path: str) -> Iterator[tuple[str, Answer]]:
    variables = [
        f"${name} = {' '.join(word.text for word in line.value_words)}"
        for name, line in sorted(draft.variables.items())
    ]
    yield path, variables + [line.raw for line in draft.lines]
    for name, child in draft.blocks.items():
        yield from _drafts(child, f"{path}/{name}")


def nodes(sample: str) -> dict[str, ExpandedBlock]:
    """Every expanded block of a sample by its path."""
    made, codes = expanded(sample)
    assert made is not None, codes
    tops = [("global", made.globals)]
    tops += [(f"host/{name}", node) for name, node in made.hosts.items()]
    tops += [(f"switch/{name}", node) for name, node in made.switches.items()]
    return dict(each for path, node in tops for each in _nodes(node, path))


def _nodes(node: ExpandedBlock, path: str) -> Iterator[tuple[str, ExpandedBlock]]:
    yield path, node
    for name, child in node.blocks.items():
        yield from _nodes(child, f"{path}/{name}")


def statements(node: ExpandedBlock) -> list[str]:
    """The variables of a block by name, and its statements in order."""
    variables = [f"${name} = {text}" for name, text in sorted(node.variables.items())]
    return variables + [entry.text for entry in node.lines]


def values(node: ExpandedBlock) -> dict[str, str]:
    return cast(dict[str, str], node.data()["values"])


def as_asked(node: ExpandedBlock, answer: Answer) -> Answer:
    """*node* in the form of *answer*; of the values only those that *answer* names."""
    if isinstance(answer, list):
        return statements(node)
    return {name: value for name, value in values(node).items() if name in answer}


# ---- the views ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", having("written"))
def test_blocks_as_written(sample: str) -> None:
    assert written(sample) == wanted(sample, "written")


@pytest.mark.parametrize("sample", having("expanded"))
def test_all_blocks_after_expansion(sample: str) -> None:
    want = wanted(sample, "expanded")
    found = nodes(sample)
    assert {path: as_asked(node, want.get(path, [])) for path, node in found.items()} == want
    for path, answer in want.items():
        if isinstance(answer, dict):
            assert values(found[path]) == answer


@pytest.mark.parametrize("sample", having("some"))
def test_some_blocks_after_expansion(sample: str) -> None:
    found = nodes(sample)
    want = wanted(sample, "some")
    assert {path: as_asked(found[path], answer) for path, answer in want.items()} == want


@pytest.mark.parametrize("sample", having("hosts"))
def test_hosts_and_what_is_their_own(sample: str) -> None:
    """The hosts after autoenum, each with the statements that no superclass brings."""
    made, _ = expanded(sample)
    assert made is not None
    own = {path: node for path, node in nodes(sample).items() if path.startswith("host/")}
    found = {
        path.removeprefix("host/"): [entry.text for entry in node.statements if entry.inherited is None]
        for path, node in own.items()
    }
    assert {path: lines for path, lines in found.items() if lines or path in made.hosts} == wanted(
        sample, "hosts"
    )


@pytest.mark.parametrize("sample", having("switches"))
def test_switches_with_their_bridge_and_members(sample: str) -> None:
    compiled = check(Front(Report()), [Path(SAMPLES[sample].name)], None)
    assert compiled is not None
    (project,) = compiled.course.projects.values()
    found: dict[str, Any] = {f"{name}/bridge": switch.bridge for name, switch in project.switches.items()}
    found |= {
        f"{name}/hosts": [f"{member.host} {member.interface}" for member in switch.members]
        for name, switch in project.switches.items()
    }
    assert found == wanted(sample, "switches")


@pytest.mark.parametrize("sample", ANSWERS)
def test_the_name_of_the_project(sample: str) -> None:
    made, _ = expanded(sample)
    for half in HALVES:
        said = ANSWERS[sample].get(half, {})
        if "project" in said:
            assert (made.project if made else None) == said["project"]


@pytest.mark.parametrize("sample", ANSWERS)
def test_everything_found_until_then_is_listed(sample: str) -> None:
    assert expanded(sample)[1] == ANSWERS[sample].get("mlnc", {}).get("found", [])


@pytest.mark.parametrize("sample", having("checked"))
def test_findings_of_the_checks(sample: str) -> None:
    front = Front(Report())
    check(front, [Path(SAMPLES[sample].name)], None)
    codes = [found.code for found in front.report.sorted()]
    assert codes == ANSWERS[sample]["mlnc"]["checked"]


# ---- the lists ---------------------------------------------------------------------------------------------


def test_every_sample_is_answered() -> None:
    assert sorted(ANSWERS) == sorted(SAMPLES)
    assert all(entry.keys() <= set(HALVES) and any(entry.values()) for entry in ANSWERS.values())


def test_every_difference_has_a_reason() -> None:
    """docs/differences.md names the samples where mlnc answers otherwise, and no others."""
    text = (HERE.parent / "docs" / "differences.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z][0-9]{2}\b", text))
    assert named == {sample.split("-")[0] for sample, entry in ANSWERS.items() if "mlnc" in entry}
