"""``mlnc evacuate``: each patch is applied by git, and the patched course is built."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from checkout import ROOT
from projects import mlnc

from mlnc.ir.ir_yaml import load_project, load_site
from mlnc.ir.model import Host

COURSE = ROOT / "course"
SITE = """\
service_host one { address 192.0.2.101; memory 1024M }
service_host two { address 192.0.2.102; memory 1024M }
service_host three { address 192.0.2.103; memory 512M }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a site of three servers, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("lab").mkdir()
    Path("lab/site.mln").write_text(SITE)
    return tmp_path


def evacuated(server: str = "one", paths: str = "lab", **files: str) -> str:
    """Make the patch that empties *server* of the projects *files*, apply it with git, build, and return it."""
    for name, text in files.items():
        Path(f"lab/{name}.mln").write_text(text)
    found = mlnc("evacuate", server, paths)
    assert found.exit_code == 0, found.stderr
    subprocess.run(["git", "apply", "-"], input=found.stdout_bytes, check=True)
    built = mlnc("build", paths)
    assert built.exit_code == 0, built.stderr
    assert server not in placed().values()
    return found.stdout


def hosts() -> dict[str, Host]:
    """Return the built hosts by PROJECT/HOST."""
    projects = [
        load_project(path.read_text()) for path in Path("out/ir").glob("*.yaml") if path.stem != "site"
    ]
    return {f"{each.project}/{name}": host for each in projects for name, host in each.hosts.items()}


def placed() -> dict[str, str]:
    return {name: host.service_host for name, host in sorted(hosts().items())}


def changed(patch: str) -> list[str]:
    """Return the lines that a patch adds."""
    return [line[1:].strip() for line in patch.splitlines() if line.startswith("+") and line[:3] != "+++"]


def refused(server: str = "one", **files: str) -> str:
    """Return the findings of a course for which there is no patch."""
    for name, text in files.items():
        Path(f"lab/{name}.mln").write_text(text)
    found = mlnc("evacuate", server, "lab")
    assert (found.exit_code, found.stdout) == (1, "")
    return found.stderr


# ---- the sample course ---------------------------------------------------------------------------------------


def test_a_server_of_the_course_is_emptied_and_nothing_else_moves() -> None:
    shutil.copytree(COURSE, "course")
    assert mlnc("build", "course").exit_code == 0
    before = placed()
    patch = evacuated("atlas", "course")
    after = placed()
    assert {name for name in before if before[name] != after[name]} == {
        name for name, server in before.items() if server == "atlas"
    }
    assert set(changed(patch)) == {"$server = boreas", "$server = calypso"}
    assert len(changed(patch)) == 20, "one line for each group, which has two hosts"
    servers = load_site(Path("out/ir/site.yaml").read_text()).service_hosts
    used = Counter[str]()
    for host in hosts().values():
        used[host.service_host] += host.memory_mib
    assert all(used[name] <= (facts.memory_mib or 0) for name, facts in servers.items())


def test_the_patch_is_deterministic() -> None:
    shutil.copytree(COURSE, "course")
    assert mlnc("evacuate", "atlas", "course").stdout == mlnc("evacuate", "192.0.2.2", "course").stdout


# ---- where the server is written -----------------------------------------------------------------------------


def test_a_service_host_in_the_host_is_edited() -> None:
    patch = evacuated(p="global { project p }\nhost a { service_host one; memory 600M }\n")
    assert changed(patch) == ["host a { service_host two; memory 600M }"]


def test_a_superclass_is_edited_if_all_its_hosts_move_to_one_server() -> None:
    text = "global { project p }\nsuperclass s { service_host one }\nhost a { superclass s }\nhost b { superclass s }\n"
    assert changed(evacuated(p=text)) == ["superclass s { service_host two }"]


def test_hosts_get_their_own_line_if_the_superclass_has_hosts_for_several_servers() -> None:
    text = """\
global { project p }
superclass s { service_host one; memory 500M }
host {
	a {
		superclass s
	}
	b { superclass s }
	# comments may stand before the brace
	c # and here {
	{	# and here }
		superclass s }
}
"""
    patch = evacuated(p=text)
    assert sorted(placed().values()) == ["three", "two", "two"]
    assert changed(patch) == [
        "service_host two",
        "b { service_host two; superclass s }",
        "service_host three",
    ]


def test_hosts_without_service_host_are_moved_from_the_default() -> None:
    Path("lab/site.mln").write_text("service_host localhost { }\n" + SITE)
    hosts = ["a\n{\n    xen\n}", "b { }", "c {\n\tmemory 600M }", "d { xen; memory 600M }"]
    text = "\n".join(["global { project p }", *(f"host {host}" for host in hosts)])
    patch = evacuated("localhost", p=text)
    assert changed(patch) == [
        "service_host three",
        "host b { service_host one }",
        "service_host one",
        "host d { service_host two; xen; memory 600M }",
    ]


def test_a_variable_used_by_other_hosts_is_not_edited() -> None:
    text = """\
global { project p; $place = one }
host a { service_host $place; memory 900M }
host b { $place = two; service_host $place; memory 64M }
host c { service_host $[place]; memory 400M }
"""
    patch = evacuated(p=text)
    assert changed(patch) == [
        "host a { service_host two; memory 900M }",
        "host c { service_host three; memory 400M }",
    ]


def test_hosts_with_a_service_host_in_a_shared_file_move_together() -> None:
    shared = "host a { service_host one; memory 200M }\n"
    projects = {name: f"global {{ project {name} }}\n#include shared.mln\n" for name in ("p", "q", "r", "s")}
    patch = evacuated(shared=shared, **projects)
    assert changed(patch) == ["host a { service_host two; memory 200M }"]


def test_hosts_of_autoenum_get_their_own_blocks() -> None:
    text = """\
superclass node { memory 100M }
global {
	project p
	autoenum { superclass node; numhosts 3; hostprefix n; service_hosts { one 2; two all } }
}"""
    patch = evacuated(p=text)
    assert len(hosts()) == 3
    assert changed(patch)[-2:] == ["host n1 { service_host two }", "host n2 { service_host two }"]


def test_a_switch_that_names_the_server_moves_with_its_hosts() -> None:
    text = """\
global { project p }
switch lan { service_host one; vlan 7 }
host a { service_host one; memory 400M; network eth0 { switch lan } }
host b { service_host one; memory 300M; network eth0 { switch lan } }
"""
    evacuated(p=text)
    assert set(placed().values()) == {"two"}


def test_hosts_on_a_switch_without_carrier_stay_together() -> None:
    text = """\
global { project p }
switch lan { }
switch wan { vlan 9 }
host a { service_host one; memory 400M; network eth0 { switch lan } }
host b { service_host one; memory 400M; network eth0 { switch lan }; network eth1 { switch wan } }
host c { service_host one; memory 400M; network eth0 { switch wan } }
"""
    evacuated(p=text)
    assert placed() == {"p/a": "two", "p/b": "two", "p/c": "three"}


def test_a_target_for_live_migration_is_preferred() -> None:
    site = """\
service_host one { address 192.0.2.101; lvm_vg san; san_path san }
service_host two { address 192.0.2.102 }
service_host three { address 192.0.2.103; lvm_vg san; san_path san; memory 512M }
"""
    Path("lab/site.mln").write_text(site)
    evacuated(p="global { project p }\nhost a { lvm; service_host one }\n")
    assert placed() == {"p/a": "three"}


def test_a_target_with_the_vnc_display_in_use_is_avoided() -> None:
    text = """\
global { project p }
host a { service_host one; vncdisplay 3 }
host b { service_host two; vncdisplay 3 }
"""
    evacuated(p=text)
    assert placed() == {"p/a": "three", "p/b": "two"}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\r\n\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_patch_keeps_unedited_bytes(ending: str, mark: str) -> None:
    text = f"{mark}global {{ project p }}\r\n# \x0c \u2028\nhost a {{ service_host one }}{ending}"
    Path("lab/a file.mln").write_bytes(text.encode())
    evacuated()
    assert Path("lab/a file.mln").read_bytes().decode() == text.replace("one", "two")


# ---- refusals ------------------------------------------------------------------------------------------------


def test_missing_memory_is_reported_with_hosts_and_mib() -> None:
    said = refused(
        p="global { project p }\nhost a { service_host one; memory 1G }\nhost b { service_host two; memory 64M }\n"
    )
    assert "error[no-room]: no server has room for p/a, which must stay together and need 1024 MiB" in said
    assert "two has the most free memory, 960 MiB; 64 MiB are missing" in said
    assert "no patch was made" in said


def test_a_course_with_one_server_is_refused() -> None:
    Path("lab/site.mln").write_text("service_host one { }\n")
    assert "there is no other server" in refused(p="global { project p }\nhost a { service_host one }\n")


def test_a_vnc_display_in_use_on_all_targets_is_reported() -> None:
    hosts = "".join(
        f"host {name} {{ service_host {name}; vncdisplay 1 }}\n" for name in ("one", "two", "three")
    )
    assert "a VNC display" in refused(p="global { project p }\n" + hosts)


def test_hosts_of_a_shared_file_must_fit_on_one_server() -> None:
    said = refused(
        shared="host a { superclass s; memory 300M }\nsuperclass s { $w = one; service_host $w }\n",
        r="global { project r }\nhost b { service_host two; memory 500M }\n",
        p="global { project p }\n#include shared.mln\n",
        q="global { project q }\n#include shared.mln\n",
    )
    assert "no server has room for p/a, q/a, which must stay together and need 600 MiB" in said


def test_a_service_host_shared_with_hosts_of_another_server_is_refused() -> None:
    Path("lab/site.mln").write_text("service_host srv1 { }\nservice_host srv2 { }\nservice_host srv3 { }\n")
    said = refused(
        "srv1",
        shared="host a { service_host srv$[n] }\n",
        p="global { project p; $n = 1 }\n#include shared.mln\n",
        q="global { project q; $n = 2 }\n#include shared.mln\n",
    )
    assert "lab/shared.mln:1:23: error[service-host-shared]: the service_host of p/a also applies to" in said


def test_an_unknown_server_is_refused_and_an_empty_one_gives_no_patch() -> None:
    Path("lab/p.mln").write_text("global { project p }\nhost a { service_host one }\n")
    assert "unknown server tow; did you mean two?" in mlnc("evacuate", "tow", "lab").stderr
    empty = mlnc("evacuate", "three", "lab")
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, "", "nothing is on three\n")


def test_errors_of_the_course_are_reported_first() -> None:
    assert "undefined-switch" in refused(p="global { project p }\nhost a { network eth0 { switch lan } }\n")
