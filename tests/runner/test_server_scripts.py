"""Shell scripts sent to servers: POSIX sh, shellcheck-clean, and their output."""

import shutil
from pathlib import Path

import pytest
from bundles import run
from checkout import ROOT

from mlnc.runner.connect.protocol import script

SERVER = ROOT / "runner" / "server"
VERBS = sorted(
    file.stem for file in SERVER.glob("*.sh") if file.stem not in ("base", "generation", "toolstack")
)


@pytest.mark.parametrize("verb", VERBS)
def test_each_script_is_posix_and_passes_shellcheck(tmp_path: Path, verb: str) -> None:
    file = tmp_path / f"{verb}.sh"
    file.write_bytes(script(verb))
    run("sh", "-n", file)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    run("shellcheck", "-s", "sh", file)


def test_survey_reports_domains_of_xend_without_their_devices(tmp_path: Path) -> None:
    """Names and UUIDs are those of the domains in the nested output of xm list --long."""
    (tmp_path / "xm").write_text(
        "#!/bin/sh\n[ $# = 2 ] || {\n"
        "    printf '%s\\n' 'Name ID Mem VCPUs State Time(s)' 'Domain-0 0 1024 1 r----- 0.0'\n"
        "    echo 'linux.ada 1 256 1 -b---- 0.0'\n"
        "    exit\n}\ncat <<'E'\n"
        "(domain\n    (domid 0)\n    (name Domain-0)\n    (uuid 00000000-0000-0000-0000-000000000000)\n)\n"
        "(domain\n    (domid 1)\n    (uuid 11111111-2222-5333-8444-555555555555)\n    (name linux.ada)\n"
        "    (device\n        (vif (name inner) (uuid 99999999-2222-5333-8444-555555555555))\n    )\n)\nE\n"
    )
    (tmp_path / "xm").chmod(0o755)
    done = run("sh", "-c", script("survey").decode(), "mlnc", "survey", tmp_path, "xm", path=[tmp_path])
    marks = [line.split("\t")[2:] for line in done.stdout.splitlines() if "\tdomain\t" in line]
    assert marks == [
        ["Domain-0", "00000000-0000-0000-0000-000000000000"],
        ["linux.ada", "11111111-2222-5333-8444-555555555555"],
    ]


def test_concurrent_answers_are_whole_lines() -> None:
    """Background processes of many hosts write their answers at the same time."""
    text = (SERVER / "base.sh").read_text()
    concurrent = (
        "for i in $(seq 40); do for j in $(seq 25); do send_mark answers linux host$i yes; done & done; wait"
    )
    done = run("sh", "-c", f"{text}\n{concurrent}")
    assert sorted(set(done.stdout.splitlines())) == sorted(
        f"@mlnc\tanswers\tlinux\thost{i}\tyes" for i in range(1, 41)
    )
    assert len(done.stdout.splitlines()) == 1000
