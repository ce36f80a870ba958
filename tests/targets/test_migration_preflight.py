"""The preflight script: whom it asks, what it finds missing, and that it only looks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bundles import check_shell, codes, lay_course, needs_root, run, stub, texts
from courses import course, service_host
from golden_files import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course
from mlnc.targets.xen import migration_preflight


def of(**two: Any) -> Course:
    """Servers one and two, which share a volume group and a folder; two differs by *two*."""
    shared = {"san_paths": ("/dev/san_vg", "/srv/nfs")}
    servers = {
        "one": service_host(address="10.0.0.1", **shared),
        "two": service_host(**{"address": "10.0.0.2", "port": 2222, **shared, **two}),
    }
    return course(service_hosts=servers)


def test_golden(golden: Golden) -> None:
    golden("preflight/preflight.sh", texts(migration_preflight.emit(of()))["hosts/one/_server/preflight.sh"])


def test_readers_of_shell_agree(tmp_path: Path) -> None:
    check_shell(lay_course(tmp_path, of(), migration_preflight.emit(of())), "preflight")


def test_only_xl_servers_with_peers_of_xl_have_one() -> None:
    assert len(migration_preflight.emit(of()).artifacts) == 2
    made = migration_preflight.emit(of(toolstack="xm"))
    assert made.artifacts == []
    assert codes(made) == [("toolstack-differs", "site/service_hosts/two")]
    assert migration_preflight.emit(of(san_paths=())).artifacts == []


@dataclass
class Server:
    """Server one with pretended xl, vgs and ssh; what the ssh answers is set by a test."""

    folder: Path

    def answers(self, text: str, status: int = 0) -> None:
        (self.folder / "answer").write_text(text)
        script = f'echo "$*" >>{self.folder}/log; cat {self.folder}/answer; exit {status}'
        stub(self.folder / "bin", "ssh", script)

    def check(self, status: int = 0) -> str:
        script = self.folder / "hosts/one/_server/preflight.sh"
        done = run(script, path=[self.folder / "bin"], status=status)
        return done.stdout + done.stderr


@pytest.fixture
def server(tmp_path: Path) -> Server:
    needs_root()
    lay_course(tmp_path, of(), migration_preflight.emit(of()))
    stub(tmp_path / "bin", "xl", '[ "$*" = "info xen_version" ] && echo 4.17.2')
    stub(tmp_path / "bin", "vgs", "echo '  local LLLL'; echo '  san_vg AAAA'")
    return Server(tmp_path)


def test_nothing_is_missing(server: Server) -> None:
    server.answers("4.17.2\n  san_vg AAAA\n")
    assert "domains can move to every server" in server.check()
    asked = (server.folder / "log").read_text()
    assert asked.startswith(
        "-n -l root -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no"
    )
    assert "-- 10.0.0.2 xl info xen_version && vgs --noheadings" in asked
    assert len(asked.splitlines()) == 1


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ("Host key verification failed.\n", 255, "does not know the host key of two (10.0.0.2)"),
        (
            "root@two: Permission denied (publickey).\n",
            255,
            "two (10.0.0.2) does not let root of this server in",
        ),
        (
            "ssh: connect to host 10.0.0.2 port 2222: Connection refused\n",
            255,
            "does not answer as it must: ssh: connect",
        ),
        ("sh: 1: xl: not found\n", 127, "two (10.0.0.2) lacks a command"),
        ("4.14.6\n  san_vg AAAA\n", 0, "two runs Xen 4.14.6, this server 4.17.2"),
        ("4.17.2\n  other AAAA\n", 0, "two does not see the volume group san_vg"),
        ("4.17.2\n  san_vg BBBB\n", 0, "the volume group san_vg of two is not the one of this server"),
    ],
)
def test_missing(server: Server, answer: str, status: int, message: str) -> None:
    server.answers(answer, status)
    said = server.check(status=1)
    assert message in said
    assert "domains cannot move to every server" in said


def test_volume_group_that_this_server_lacks(server: Server) -> None:
    server.answers("4.17.2\n  san_vg AAAA\n")
    stub(server.folder / "bin", "vgs", "echo '  local LLLL'")
    assert "this server does not see the volume group san_vg" in server.check(status=1)


def test_server_without_hypervisor(server: Server) -> None:
    stub(server.folder / "bin", "xl", "exit 1")
    assert "is this a running Xen host?" in server.check(status=1)


PRINTING = """
peer() { printf '%s\\0' "$@"; }
same_group() { peer "$@"; }
no_arguments() { :; }
preflight_begin() { :; }
preflight_end() { :; }
"""
"""A library that prints what the script gives it."""

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_any_text_arrives(
    tmp_path_factory: pytest.TempPathFactory, name: str, address: str, group: str
) -> None:
    storage = group.replace("/", "_")
    servers = {
        "one": service_host(san_paths=(storage,)),
        f"two{name}": service_host(san_paths=(storage,), address=address),
    }
    (script,) = [
        each.text
        for each in migration_preflight.emit(course(service_hosts=servers)).artifacts
        if each.path == "hosts/one/_server/preflight.sh"
    ]
    folder = tmp_path_factory.mktemp("preflight")
    (folder / "preflight.sh").write_text(PRINTING)
    (folder / "script").write_text(script, newline="")
    printed = run("sh", folder / "script", MLNC_LIB=str(folder)).stdout.split("\0")
    assert printed == [f"two{name}", address, "22", storage, ""]
