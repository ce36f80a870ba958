"""Round trip of the build journal, and refusal of a damaged one."""

from pathlib import Path

import pytest

from mlnc.output import build_journal
from mlnc.output.build_journal import Journal
from mlnc.output.output_folder import OutputRefused


def test_a_journal_exists_from_publication_until_removal(tmp_path: Path) -> None:
    planned = Journal(removals=("a/b", "ø"), placements=("c", "manifest.yaml"))
    (tmp_path / ".staging").mkdir()
    name, content = build_journal.draft(planned)
    (tmp_path / ".staging" / name).write_bytes(content)
    assert not build_journal.exists(tmp_path)
    build_journal.publish(tmp_path)
    assert build_journal.exists(tmp_path)
    assert build_journal.read(tmp_path) == planned
    build_journal.remove(tmp_path)
    assert not build_journal.exists(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"removals": [1], "placements": []}',
        '{"removals": null, "placements": []}',
        '{"removals": ["../victim"], "placements": []}',
        '{"removals": ["/etc/passwd"], "placements": []}',
        '{"removals": [], "placements": ["a/./b"]}',
        '{"removals": [""], "placements": []}',
    ],
)
def test_a_damaged_journal_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / ".journal").write_text(text)
    with pytest.raises(OutputRefused, match="was interrupted and cannot be finished"):
        build_journal.read(tmp_path)
