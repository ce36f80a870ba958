"""``mlnc show``: the resolved project with source positions, or its expanded blocks as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from projects import mlnc

from mlnc.cli.show_rows import size_text

LAB = """\
global {
	project lab
	$size = 256M
	openstack { managed }
}
superclass small { xen; memory $size; startup { echo $hostname; echo ready } }
switch lan { vlan 7 }
host web {
	superclass small
	service_host one
	vncdisplay 7
	root_passwd @secret
	network eth0 { switch lan; address 10.0.0.2/24; gateway 10.0.0.1; address6 auto }
	network eth1 { address dhcp }
	users { bob }
}
host mail { hvm; service_host one; size 2G }
"""


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lab.mln").write_text(LAB)
    (tmp_path / "site.mln").write_text("service_host one { address 192.0.2.2; lvm_vg san_vg }\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "lab.mln"


def test_a_project_is_shown_with_source_positions() -> None:
    assert mlnc("show", "lab.mln").stdout == GOLDEN


GOLDEN = """\
project lab (lab.mln)
  switch lan: bridge lan.lab on one: web eth0

host mail: hvm domain mail.lab on one
  platform        xen
  memory          128 MiB
  vcpus           1
  boot order      99
  hda root        file /var/lib/mlnc/lab/images/mail.lab: 2 GiB, from Debian-4.0.ext3 lab.mln:17:41
  guest           none

host web: pv domain web.lab on one
  platform        xen
  memory          256 MiB                                        lab.mln:6:32
  vcpus           1
  kernel          /vmlinuz
  ramdisk         /initrd.img
  boot order      99
  vnc             display 7 on 127.0.0.1                         lab.mln:11:13
  eth0            lan.lab (switch lan), 00:16:3e:11:ae:fb        lab.mln:13:10
    IPv4          10.0.0.2/24, gateway 10.0.0.1                  lab.mln:13:37
    IPv6          auto                                           lab.mln:13:77
  eth1            xenbr0, 00:16:3e:2f:4b:89                      lab.mln:14:10
    IPv4          dhcp                                           lab.mln:14:25
  xvda1 root      file /var/lib/mlnc/lab/images/web.lab: as its template, at least 250 MiB, from Debian-4.0.ext3
  guest           mount
  root password   secret lab/web/root_passwd                     lab.mln:12:14
  user            bob (/home/bob)                                lab.mln:15:10
  startup         echo web                                       lab.mln:6:49
  startup         echo ready                                     lab.mln:6:65
"""


def test_host_option_shows_one_host() -> None:
    shown = mlnc("show", "lab.mln", "--host", "mail").stdout
    assert shown.startswith("host mail: hvm domain mail.lab on one\n")
    assert "host web" not in shown
    assert "project lab" not in shown


@pytest.mark.parametrize("further", [[], ["--expanded"]])
def test_an_unknown_host_is_refused(further: list[str]) -> None:
    result = mlnc("show", "lab.mln", "--host", "wbe", *further)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: lab.mln has no host wbe; did you mean web?\n"


def expanded(*further: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(mlnc("show", "lab.mln", "--expanded", *further).stdout)
    return found


def test_expanded_blocks_are_json() -> None:
    made = expanded()
    assert list(made) == ["project", "global", "hosts", "switches"]
    assert made["project"] == "lab"
    assert made["global"] == {
        "values": {"$size": "256M", "project": "lab"},
        "lines": ["project lab"],
        "blocks": {"openstack": {"values": {"managed": "1"}, "lines": ["managed"], "blocks": {}}},
    }
    assert made["switches"] == {"lan": {"values": {"vlan": "7"}, "lines": ["vlan 7"], "blocks": {}}}
    assert list(made["hosts"]) == ["web", "mail"]


def test_a_host_is_expanded_with_inheritance_and_variables() -> None:
    web = expanded()["hosts"]["web"]
    assert web["values"]["memory"] == "256M"
    assert "memory 256M" in web["lines"]
    assert web["blocks"]["startup"]["lines"] == ["echo web", "echo ready"]
    assert web["blocks"]["network"]["blocks"]["eth0"]["values"]["address"] == "10.0.0.2/24"


def test_host_option_limits_expanded_blocks() -> None:
    made = expanded("--host", "mail")
    assert list(made["hosts"]) == ["mail"]
    assert made["switches"]


def test_expansion_keeps_unknown_directives(lab: Path) -> None:
    lab.write_text("global { project lab }\nhost web { memroy lots; xyzzy { plugh } }\n")
    web = expanded()["hosts"]["web"]
    assert web == {
        "values": {"memroy": "lots"},
        "lines": ["memroy lots"],
        "blocks": {"xyzzy": {"values": {"plugh": "1"}, "lines": ["plugh"], "blocks": {}}},
    }


def test_expansion_reads_no_site_file(tmp_path: Path) -> None:
    (tmp_path / "site.mln").write_text("nonsense {")
    assert expanded()["project"] == "lab"
    assert mlnc("show", "lab.mln").exit_code == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("host web { xen }\n", "no-project"),
        ("global { project lab }\nhost web {\n", "unclosed-brace"),
        ("global { project lab }\nhost web { superclass gone }\n", "unknown-superclass"),
        ("global { project lab }\n#include gone.mln\n", "include-not-found"),
    ],
)
def test_expansion_errors_are_reported(text: str, code: str, lab: Path) -> None:
    lab.write_text(text)
    for further in ([], ["--expanded"]):
        result = mlnc("show", "lab.mln", *further)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"error[{code}]" in result.stderr


def test_a_literal_is_shown_in_expanded_blocks_only(lab: Path) -> None:
    lab.write_text("global { project lab }\nhost web { xen; root_passwd sesame; startup { echo sesame } }\n")
    assert expanded()["hosts"]["web"]["values"]["root_passwd"] == "sesame"
    lab.write_text(lab.read_text().replace("echo sesame", "echo"))
    shown = mlnc("show", "lab.mln")
    assert "sesame" not in shown.output
    assert "root password   secret lab/web/root_passwd" in shown.stdout


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 bytes"),
        (1 << 10, "1 KiB"),
        (250 << 20, "250 MiB"),
        (2 << 30, "2 GiB"),
        (1000, "1000 bytes"),
    ],
)
def test_sizes_have_the_largest_whole_unit(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_folder_shows_all_its_projects(tmp_path: Path) -> None:
    (tmp_path / "other.mln").write_text("global { project other }\nhost desk { xen; service_host one }\n")
    shown = mlnc("show", ".").stdout
    assert shown.index("project lab (lab.mln)") < shown.index("project other (other.mln)")
    assert "\nhost desk: pv domain desk.other on one\n" in shown
