"""How ssh reaches the servers of the laboratory, read by ssh itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlnc.lab.keys import known_hosts, make_keys, write_ssh_config
from mlnc.lab.lab_paths import Lab

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh is not installed")


def settings(lab: Lab, destination: str) -> dict[str, str]:
    """What the laboratory's ssh would do."""
    said = subprocess.run(
        [lab.programs / "ssh", "-G", destination], capture_output=True, text=True, check=True
    ).stdout
    return dict(line.split(" ", 1) for line in said.splitlines() if " " in line)


def test_a_name_and_an_address_lead_to_the_same_server(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "a lab")
    make_keys(lab)
    write_ssh_config(lab, {"xen2": 4711})
    by_name, by_address = settings(lab, "xen2"), settings(lab, "10.77.0.2")
    for word in ("hostname", "port", "user", "identityfile", "hostkeyalias", "userknownhostsfile"):
        assert by_name[word] == by_address[word], word
    assert (by_name["hostname"], by_name["port"], by_name["user"]) == ("127.0.0.1", "4711", "root")
    assert settings(lab, "elsewhere.example")["hostname"] == "elsewhere.example"


def test_keys_stay_and_every_server_is_known(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    make_keys(lab)
    before = known_hosts(lab)
    make_keys(lab)
    assert known_hosts(lab) == before
    for name in ("xen1", "10.77.0.4"):
        (tmp_path / "known").write_text(before)
        found = subprocess.run(
            ["ssh-keygen", "-F", name, "-f", tmp_path / "known"], capture_output=True, check=False
        )
        assert found.returncode == 0, name
