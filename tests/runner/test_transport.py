"""Tests of the transports: command line of ssh, real processes behind real pipes, choice of the transport."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from bundles import stub
from courses import service_host

from mlnc.runner.connect.process import ERRORS_LIMIT, LINE_LIMIT, UNREACHABLE, Ended, run_process
from mlnc.runner.connect.protocol import command, script
from mlnc.runner.connect.transport import (
    LocalTransport,
    SshTransport,
    Transport,
    is_own_address,
    open_transport,
)

OPTIONS = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "LogLevel=ERROR",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardX11=no",
    "ForwardAgent=no",
    "RequestTTY=no",
    "ControlMaster=auto",
    "ControlPersist=no",
]

PATIENCE = 600
"""Seconds after which a wait of these tests counts as endless."""


def run(transport: Transport, text: str, stdin: bytes = b"") -> tuple[int, list[str]]:
    """Exit status and lines of the shell command *text*."""
    lines: list[str] = []
    return transport.run(text, [stdin], lines.append).status, lines


def test_ssh_command_line_carries_options_login_and_quoted_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub(tmp_path, "ssh", f"printf '%s\\n' \"$@\" 'end' >>{tmp_path}/called")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    ssh = SshTransport(service_host(address="192.0.2.2", user="root", port=2222), tmp_path)
    ssh.run("sh -c 'echo hi' mlnc", (), print)
    ssh.cut()
    options = [word for setting in [*OPTIONS, f"ControlPath={tmp_path}/mux"] for word in ("-o", setting)]
    login = [*options, "-l", "root", "-p", "2222"]
    assert (tmp_path / "called").read_text().splitlines() == [
        *login,
        *("--", "192.0.2.2", "sh -c 'echo hi' mlnc", "end"),
        *login,
        *("-O", "exit", "--", "192.0.2.2", "end"),
    ]


def test_verb_is_read_from_standard_input() -> None:
    length = len(script("session"))
    assert command("session", ("it's",)) == (
        f"""sh -c 'eval "$(head -c {length})"' mlnc session 'it'"'"'s'"""
    )


def test_scripts_are_ascii() -> None:
    for verb in ("survey", "apply", "life", "remove", "status", "drift", "fetch", "session"):
        assert script(verb).isascii()
        assert command(verb, ()).startswith("sh -c ")


def test_lines_and_exit_status_come_back() -> None:
    assert run(LocalTransport(), "cat; printf end; exit 4", b"one\ntwo\n") == (4, ["one", "two", "end"])


def test_carriage_returns_and_foreign_bytes_are_replaced() -> None:
    assert run(LocalTransport(), "printf 'one\\r\\n\\377two\\n\\n'") == (0, ["one", "\ufffdtwo", ""])


def test_megabytes_of_input_are_read_or_ignored() -> None:
    content = b"0123456789abcdef" * 65536
    status, lines = run(LocalTransport(), "wc -c", content)
    assert (status, [line.strip() for line in lines]) == (0, [str(len(content))])
    assert run(LocalTransport(), "true", content) == (0, [])


def test_pieces_of_input_are_sent_as_soon_as_they_exist() -> None:
    """The second piece answers the output that the first one caused."""
    lines: SimpleQueue[str] = SimpleQueue()

    def pieces() -> Iterator[bytes]:
        yield b"one\n"
        yield f"after {lines.get(timeout=PATIENCE)}\n".encode()

    assert LocalTransport().run("cat", pieces(), lines.put).status == 0
    assert lines.get_nowait() == "after one"


def test_pending_input_does_not_keep_an_ended_command_waiting() -> None:
    more: SimpleQueue[bytes | None] = SimpleQueue()
    assert LocalTransport().run("true", iter(more.get, None), print).status == 0
    more.put(None)


def never_ending(text: str, listener: Callable[[str], None]) -> Ended:
    """End of a command that never ends by itself; fails if nobody kills it."""
    ends: SimpleQueue[Ended] = SimpleQueue()
    threading.Thread(target=lambda: ends.put(LocalTransport().run(text, (), listener)), daemon=True).start()
    return ends.get(timeout=PATIENCE)


def test_failing_listener_ends_the_command() -> None:
    def fail(line: str) -> None:
        raise ValueError(line)

    ended = never_ending("echo one; exec sleep 100000", fail)
    assert (ended.status, ended.errors) == (UNREACHABLE, "ValueError: one")


def test_endless_line_ends_the_command() -> None:
    ended = never_ending("exec cat /dev/zero", print)
    assert (ended.status, ended.errors) == (UNREACHABLE, f"a line of more than {LINE_LIMIT} bytes")


def test_longest_line_is_read_whole() -> None:
    status, lines = run(LocalTransport(), f"head -c {LINE_LIMIT} /dev/zero; echo; echo next")
    assert (status, [len(line) for line in lines]) == (0, [LINE_LIMIT, 4])


def test_last_bytes_of_standard_error_are_kept() -> None:
    ended = LocalTransport().run(f"head -c {ERRORS_LIMIT} /dev/zero >&2; echo reason >&2", (), print)
    assert len(ended.errors) < ERRORS_LIMIT
    assert ended.errors.endswith("\0reason")


def test_unknown_command_is_named() -> None:
    ended = LocalTransport().run("no-such-command-here", (), print)
    assert ended.status == 127
    assert "no-such-command-here" in ended.errors


def test_program_that_cannot_start_is_unreachable() -> None:
    ended = run_process(("/no/such/program",), (), print)
    assert ended.status == UNREACHABLE
    assert "/no/such/program" in ended.errors


def test_unreachable_server_ends_with_a_reason(tmp_path: Path) -> None:
    server = service_host(address="127.0.0.1", user=None, port=1)
    ended = SshTransport(server, tmp_path).run("true", [b"x" * 100000], print)
    assert ended.status == UNREACHABLE
    assert ended.errors


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", socket.has_ipv6),
        (socket.gethostname(), True),
        ("192.0.2.77", False),
        ("atlas.example.org", False),
    ],
)
def test_own_addresses_are_recognised(address: str, own: bool) -> None:
    assert is_own_address(address) == own


def test_own_address_needs_no_ssh(tmp_path: Path) -> None:
    assert isinstance(open_transport(service_host(address="localhost"), tmp_path), LocalTransport)
    assert isinstance(open_transport(service_host(address="192.0.2.77"), tmp_path), SshTransport)
