"""Which secrets go where, and that nothing shows their values."""

from pathlib import Path

import pytest
from courses import guest, host, project

from mlnc.ir.model import Secret, User, Vnc
from mlnc.output.errors import Refused
from mlnc.runner.secret_values import Secrets, expect, load

ROOT = guest(root_password=Secret("root"), users=(User("ada", Secret("ada"), "/home/ada", None),))
DISPLAY = Vnc("127.0.0.1", 1, None, Secret("display"))
DEMO = project(
    hosts={
        "linux": host(guest=ROOT, service_host="one"),
        "windows": host(vnc=DISPLAY, service_host="two", domain="windows.demo"),
    }
)


def test_the_lines_that_scripts_read() -> None:
    secrets = Secrets({"root": "a b", "ada": "x", "other": "y"})
    assert secrets.lines(["root", "ada", "root"]) == b"ada\tx\nroot\ta b\n"


def test_masking_takes_the_longest_first() -> None:
    secrets = Secrets({"a": "otter", "b": "otter-71", "c": ""})
    assert secrets.masked("otter-71, otter, and ott") == "***, ***, and ott"


def test_all_that_is_lacking_is_named() -> None:
    pairs = [(DEMO, "one"), (DEMO, "two")]
    with pytest.raises(Refused, match=r"2 secrets have no value in course/secrets\.yaml: ada, display"):
        expect(Secrets({"root": "x"}), pairs, [Path("course/secrets.yaml")])


@pytest.mark.parametrize("value", ["it's", "a b", "a,b", "a\\b", 'a"b', "grün"])
def test_a_display_password_must_fit_into_a_domain_file(value: str) -> None:
    with pytest.raises(Refused, match="display") as refused:
        expect(Secrets({"display": value}), [(DEMO, "two")], [])
    assert value not in str(refused.value)


def test_other_passwords_may_be_any_line() -> None:
    expect(Secrets({"root": 'it\'s a \\ "line"', "ada": "x"}), [(DEMO, "one")], [])
    with pytest.raises(Refused):
        expect(Secrets({"root": "two\nlines", "ada": "x"}), [(DEMO, "one")], [])


def test_two_values_for_one_name(tmp_path: Path) -> None:
    stores = []
    for number in (1, 2):
        store = tmp_path / f"{number}.yaml"
        store.touch(0o600)
        store.write_text(f"secrets: {{root: value-{number}}}\n")
        stores.append(store)
    with pytest.raises(Refused, match="the secret root has two values"):
        load(tmp_path, stores)


def test_a_file_that_others_may_read(tmp_path: Path) -> None:
    store = tmp_path / "secrets.yaml"
    store.touch(0o644)
    store.write_text("secrets: {root: value}\n")
    with pytest.raises(Refused, match="chmod 600"):
        load(tmp_path, [store])
