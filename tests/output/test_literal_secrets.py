"""Round trip of the file of literal secrets; no message shows a secret."""

from pathlib import Path

import pytest

from mlnc.output.literal_secrets import dump_secrets, load_secrets
from mlnc.output.output_folder import OutputRefused


def test_any_secrets_survive_a_round_trip(tmp_path: Path) -> None:
    secrets = {"b/linux/root_passwd": "yes", "a/linux/vncpasswd": "p: #'\"\\ ø\t", "a/x": "0123", "a/y": ""}
    (tmp_path / ".secrets.yaml").write_text(dump_secrets(secrets))
    assert load_secrets(tmp_path) == secrets
    assert list(load_secrets(tmp_path)) == sorted(secrets)


def test_a_missing_file_gives_no_secrets(tmp_path: Path) -> None:
    assert load_secrets(tmp_path) == {}


@pytest.mark.parametrize(
    "text", ["hush: [", "hush", "secrets: hush", "secrets: {a: [hush]}", "secrets: {1: hush}"]
)
def test_a_damaged_file_is_refused_without_showing_its_content(tmp_path: Path, text: str) -> None:
    (tmp_path / ".secrets.yaml").write_text(text)
    with pytest.raises(OutputRefused, match="is damaged") as caught:
        load_secrets(tmp_path)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
