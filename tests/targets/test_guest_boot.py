"""What starts the project's commands in a guest: the unit, the rc script and the part of rcS."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlnc.targets.shell.shell_library import library_files


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "mlnc-startup.service"
    unit.write_text(library_files()["mlnc-startup.service"])
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, "mlnc-startup" in checked.stderr) == (0, False), checked.stderr


@pytest.mark.parametrize(("action", "said"), [("start", "started\n"), ("stop", "stopped\n"), ("restart", "")])
def test_the_rc_script_runs_what_is_there(action: str, said: str, tmp_path: Path) -> None:
    for name, word in (("startup", "started"), ("shutdown", "stopped")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {word}\n")
        (tmp_path / name).chmod(0o700)
    text = library_files()["mlnc-startup.rc"].replace("/etc/mlnc/", f"{tmp_path}/")
    script = tmp_path / "rc"
    script.write_text(text.replace("/var/lock/subsys", f"{tmp_path}/subsys"))
    done = subprocess.run(["sh", str(script), action], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (said, 0 if said else 2)
    (tmp_path / "startup").unlink()
    (tmp_path / "subsys").mkdir()
    done = subprocess.run(["sh", str(script), "start"], capture_output=True, text=True, check=True)
    assert (done.stdout, (tmp_path / "subsys/mlnc-startup").exists()) == ("", True)


@pytest.mark.parametrize("template", ["mlnc-startup.rc", "rcS"])
def test_what_a_guest_runs_is_plain_shell(template: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(library_files()[template])
    subprocess.run(["sh", "-n", str(script)], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "-s", "sh", str(script)], check=True)
