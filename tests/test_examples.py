"""course/ and examples/ build without a finding, use every directive, and out/ is the build of course/."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlnc.cli.build import build
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.schemas.language import load

ROOT = Path(__file__).parent.parent
FOLDERS = [ROOT / "course", *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]


def compiled(folder: Path, out: Path) -> Front:
    front = Front(Report())
    assert build(front, [folder], None, out) is not None, front.report.sorted()
    return front


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_builds_without_a_finding(folder: Path, tmp_path: Path) -> None:
    front = compiled(folder, tmp_path / "out")
    assert front.report.sorted() == []


def tree(folder: Path) -> dict[str, str]:
    """Every generated file with its digest: what git keeps of an output folder."""
    hidden = (".sourcemap", ".lock")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in hidden
    }


def test_out_is_the_build_of_course(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "course", tmp_path / "course", ignore=shutil.ignore_patterns("secrets.yaml"))
    compiled(tmp_path / "course", tmp_path / "out")
    assert tree(tmp_path / "out") == tree(ROOT / "out")


def used(node: ExpandedBlock, block: str) -> Iterator[tuple[str, str]]:
    """The directives of *node*, each with the block that it stands in."""
    language = load()
    for name in (*node.values, *node.blocks):
        directive = language.get(block, name)
        if directive is not None:
            yield block, directive.name
    for name, child in node.blocks.items():
        directive = language.get(block, name)
        if directive is not None and directive.form == "named":
            for inner in child.blocks.values():
                yield from used(inner, directive.body)
        elif directive is not None and directive.form == "block":
            yield from used(child, directive.body)


def test_every_directive_is_shown_somewhere() -> None:
    shown: set[tuple[str, str]] = set()
    for folder in FOLDERS:
        front = Front(Report())
        found = front.load([folder], None)
        assert found is not None
        projects = front.expand(found)
        assert projects is not None
        models = front.resolve(found, projects)
        assert models is not None
        for expanded in projects.values():
            shown |= set(used(expanded.globals, "global"))
            shown |= {pair for node in expanded.hosts.values() for pair in used(node, "host")}
            shown |= {pair for node in expanded.switches.values() for pair in used(node, "switch")}
        shown |= {
            pair for server in models[0].service_hosts.values() for pair in used(server.node, "service_host")
        }
    served = {
        (block, directive.name)
        for directive in load().directives
        for block in directive.blocks
        if directive.support == "xen"
        and block in ("global", "autoenum", "host", "network", "switch", "service_host")
    }
    # set by MLN itself in saved files
    assert served - shown - {("switch", "xen")} == set()
