"""The scripts of a project's life as text: goldens to read, refusals, and what no name can do to them."""

from pathlib import Path

import pytest
from bundles import check_shell, codes, lay_course, run, texts
from courses import (
    SERVER,
    by_role,
    course,
    disk,
    host,
    hvm_host,
    interface,
    project,
    service_host,
    switch,
    volume,
)
from golden_files import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course, Interface, Secret, Vnc
from mlnc.targets.shell import project_script

SWAP = volume(role="swap", name="linux.demo-swap", path="/dev/san_vg/linux.demo-swap")
DISPLAY = Vnc("127.0.0.1", 3, "no", Secret("demo/linux/vncpasswd"))
ROUTER = host(
    boot_order=10,
    volumes=by_role(volume(), SWAP),
    disks=(
        disk(),
        disk(device="xvda2", role="swap", path=SWAP.path),
        disk(device="xvda3", role="mount", path="/dev/data/it's mine"),
    ),
    interfaces={"eth0": interface(), "eth1": interface(bridge="lan.demo"), "eth2": interface()},
    vnc=DISPLAY,
    console="xterm",
    console_color="wheat",
)
COURSE = course(
    project(
        hosts={"linux": ROUTER, "windows": hvm_host(console="screen")},
        switches={"lan": switch()},
        hooks={"afterHostsStart": ("echo started", "touch $HOME/it's"), "beforeProjectStop": ("true",)},
    )
)


def script(made: Course) -> str:
    return texts(project_script.emit(made))[f"hosts/{SERVER}/demo/project.sh"]


@pytest.mark.parametrize("name", ["project.sh", "hooks/afterHostsStart.sh", "hooks/beforeProjectStop.sh"])
def test_golden(golden: Golden, name: str) -> None:
    golden(f"life/{name}", texts(project_script.emit(COURSE))[f"hosts/{SERVER}/demo/{name}"])


def test_readers_of_shell_agree(tmp_path: Path) -> None:
    check_shell(lay_course(tmp_path, COURSE, project_script.emit(COURSE)), "life")


def test_hosts_start_by_boot_order_then_name() -> None:
    hosts = {
        "b": host(boot_order=1),
        "a": host(boot_order=2),
        "c": host(boot_order=1),
        "d": host(boot_order=10),
    }
    made = course(project(hosts=hosts))
    assert [name for name, _ in project_script.starting_order(made.projects["demo"], SERVER)] == [
        "b",
        "c",
        "a",
        "d",
    ]


def test_each_server_has_its_own_hosts() -> None:
    hosts = {"one": host(domain="one.demo"), "two": host(domain="two.demo", service_host="two")}
    made = course(
        project(hosts=hosts, hooks={"afterProjectStart": ("true",)}),
        service_hosts={SERVER: service_host(), "two": service_host()},
    )
    files = texts(project_script.emit(made))
    assert [path for path in files if path.endswith("afterProjectStart.sh")] == [
        f"hosts/{SERVER}/demo/hooks/afterProjectStart.sh",
        "hosts/two/demo/hooks/afterProjectStart.sh",
    ]
    assert "one.demo" not in files["hosts/two/demo/project.sh"]
    assert "two.demo" not in files[f"hosts/{SERVER}/demo/project.sh"]


def test_hosts_of_other_platforms_are_left_out() -> None:
    assert project_script.emit(course(project(hosts={"linux": host(platform="kvm")}))).artifacts == []


@pytest.mark.parametrize(
    ("cards", "address"),
    [
        ({"eth0": interface(mode="dhcp", address=None), "eth1": interface(address="10.0.0.9")}, "10.0.0.9"),
        (
            {"eth0": interface(mode="none", address=None, mode6="static", address6="2001:db8::9")},
            "2001:db8::9",
        ),
        ({"eth0": interface(mode="dhcp", address=None)}, "''"),
        ({}, "''"),
    ],
)
def test_address_to_wait_for(cards: dict[str, Interface], address: str) -> None:
    made = course(project(hosts={"linux": host(interfaces=cards)}))
    assert f"-000000000001 {address}\n" in script(made)


def test_console_of_a_fully_virtual_domain_is_its_display() -> None:
    made = course(project(hosts={"windows": hvm_host(console="xterm")}))
    assert "console" not in script(made)


def test_names_that_a_script_cannot_hold() -> None:
    made = course(project(hosts={"a b": host(domain="x;y")}))
    assert codes(project_script.emit(made)) == [
        ("life-name", "demo/hosts/a b"),
        ("life-name", "demo/hosts/a b/domain"),
    ]


PRINTING = """
has_switches() { :; }
project() { :; }
say() { printf '%s\\0' "$@"; }
need_bridge() { say "$@"; }
need_file() { say "$@"; }
need_secret() { say "$@"; }
console() { say "$@"; }
life_run() { hosts say && needs "$1"; }
"""
"""A library that prints what the script gives it."""

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
def test_any_text_arrives(
    tmp_path_factory: pytest.TempPathFactory, address: str, bridge: str, path: str, secret: str
) -> None:
    card = interface(address=address, bridge=bridge)
    display = Vnc("127.0.0.1", None, None, Secret(secret))
    made = host(
        disks=(disk(path=path),),
        volumes={},
        interfaces={"eth0": card},
        vnc=display,
        console="xterm",
        console_color=address,
    )
    folder = tmp_path_factory.mktemp("life")
    (folder / "life.sh").write_text(PRINTING)
    (folder / "project.sh").write_text(script(course(project(hosts={"linux": made}))), newline="")
    printed = run("sh", folder / "project.sh", "linux", MLNC_LIB=str(folder)).stdout.split("\0")
    assert printed[4] == address
    assert [printed[5], printed[6], printed[8], printed[10]] == [bridge, path, secret, address]


@given(st.lists(TEXT, min_size=1))
def test_hook_is_the_authors_own_lines(lines: list[str]) -> None:
    made = course(project(hooks={"afterHostsStop": tuple(lines)}))
    text = texts(project_script.emit(made))[f"hosts/{SERVER}/demo/hooks/afterHostsStop.sh"]
    assert text.startswith("#!/bin/bash\n")
    assert text.endswith("".join(f"{line}\n" for line in lines))
