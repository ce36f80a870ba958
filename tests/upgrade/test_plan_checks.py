"""Messages of a build about an upgrade: missing memory, no live migration, a bridge that the target lacks."""

from pathlib import Path

import pytest
from projects import mlnc

from mlnc.upgrade.capacity.memory_order import Shortage
from mlnc.upgrade.plan_checks import capacity_refusals

SITE = """\
service_host one {{ address 192.0.2.101; san_path san_vg; lvm_vg san_vg{one} }}
service_host two {{ address 192.0.2.102; san_path san_vg; lvm_vg san_vg{two} }}
"""
QUIET = ("xen-version-differs", "toolstack-differs", "shared-group-unlocked")
LAB = """\
global {{ project lab }}
superclass plain {{ lvm; service_host {server} }}
host roma {{ superclass plain; network eth0 {{ bridge {bridge} }} }}
host milano {{ superclass plain }}
"""


def moved(
    folder: Path, monkeypatch: pytest.MonkeyPatch, one: str = "", two: str = "", bridge: str = "xenbr0"
) -> str:
    """Return the messages of a build in which the lab moves from ``one`` to ``two``, which have these facts."""
    monkeypatch.chdir(folder)
    Path("site.mln").write_text(SITE.format(one=one, two=two))
    Path("old").mkdir()
    quiet = [word for code in QUIET for word in ("-W", f"no-{code}")]
    for server, old in (("one", ()), ("two", ("--from", "old"))):
        Path("lab.mln").write_text(LAB.format(server=server, bridge=bridge))
        built = mlnc("build", "lab.mln", "--site", "site.mln", *quiet, *old)
        assert built.exit_code == 0, built.stderr
        Path("out/ir/lab.yaml").rename("old/lab.yaml")
    return built.stderr


def test_a_live_migration_gives_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "warning" not in moved(tmp_path, monkeypatch)


def test_a_different_toolstack_gives_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = moved(tmp_path, monkeypatch, one="; toolstack xm")
    assert (
        "lab.mln:2:38: warning[move-not-live]: lab/milano, lab/roma cannot move live from one to two" in said
    )
    assert "one runs xm, two runs xl" in said


def test_a_different_xen_version_gives_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = moved(tmp_path, monkeypatch, one="; xen_version 4.17", two="; xen_version 4.14")
    assert said.count("move-not-live") == 1
    assert "one runs Xen 4.17, two runs Xen 4.14" in said


def test_a_bridge_of_the_old_server_only_gives_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = moved(tmp_path, monkeypatch, one="; xen_bridge br0", bridge="br0")
    assert "lab.mln:3:53: warning[bridge-elsewhere]: eth0 is on br0, a bridge of one; two has xenbr0" in said


def test_a_shortage_names_server_memory_and_machines() -> None:
    (refusal,) = capacity_refusals((Shortage("two", 512, ("lab/a", "lab/b", "lab/c", "web/d")),))
    assert (refusal.code, refusal.where) == ("no-room", "web/hosts/d/service_host")
    assert refusal.message == (
        "two lacks 512 MiB of memory for the virtual machines that move there: lab/a, lab/b, lab/c and 1 more"
    )
