"""The two ways to a server: the exact command lines, and what comes back through real pipes."""

import socket
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from courses import service_host
from invoke.config import Config
from invoke.context import Context, MockContext
from invoke.runners import Result

from mlnc.runner.connect.protocol import command, script
from mlnc.runner.connect.transport import UNREACHABLE, Local, Ssh, Transport, is_here, way

OPTIONS = (
    "-o BatchMode=yes -o StrictHostKeyChecking=yes -o LogLevel=ERROR -o ConnectTimeout=15"
    " -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o ForwardX11=no -o ForwardAgent=no -o RequestTTY=no"
    " -o ControlMaster=auto -o ControlPersist=no -o ControlPath={folder}/mux"
)


def calls(context: MockContext) -> list[Any]:
    """How run was called."""
    found: list[Any] = context.run.call_args_list  # type: ignore[attr-defined]
    return found


def heard(transport: Transport, text: str, stdin: bytes = b"") -> tuple[int, list[str]]:
    lines: list[str] = []
    return transport.run(text, [stdin], lines.append).status, lines


def test_a_second_way_leaves_the_configuration_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invoke makes all of it anew for each change, and a command of the first way may be reading it."""
    context = Context()
    Local(context, tmp_path)
    monkeypatch.setattr(Config, "merge", lambda _: pytest.fail("the configuration was changed"))
    Local(context, tmp_path)


def test_the_command_line_of_ssh(tmp_path: Path) -> None:
    context = MockContext(run=Result("", exited=0))
    server = service_host(address="192.0.2.2", user="root", port=2222)
    ssh = Ssh(context, server, tmp_path, "mux")
    ssh.run("sh -c 'echo hi' mlnc", (), print)
    ssh.cut()
    start = f"exec ssh {OPTIONS.format(folder=tmp_path)} -l root -p 2222"
    assert [call.args[0] for call in calls(context)] == [
        f"""{start} -- 192.0.2.2 'sh -c '"'"'echo hi'"'"' mlnc' <{tmp_path}/in0""",
        f"{start} -O exit -- 192.0.2.2 <{tmp_path}/in1",
    ]


def test_what_invoke_is_told(tmp_path: Path) -> None:
    context = MockContext(run=Result("", exited=3))
    assert Local(context, tmp_path).run("true", [b"unread"], print).status == 3
    options = calls(context)[0].kwargs
    assert options.pop("out_stream")
    assert options.pop("err_stream")
    plain = {"pty": False, "echo": False, "dry": False, "in_stream": False}
    assert options == {"hide": True, "warn": True, "encoding": "utf-8", "shell": "/bin/sh", **plain}
    assert list(tmp_path.iterdir()) == []


def test_a_verb_is_read_from_standard_input() -> None:
    length = len(script("session"))
    assert command("session", ("it's",)) == (
        f"""sh -c 'eval "$(head -c {length})"' mlnc session 'it'"'"'s'"""
    )


def test_scripts_are_plain() -> None:
    for verb in ("survey", "apply", "life", "remove", "status", "drift", "fetch", "session"):
        assert script(verb).isascii()
        assert command(verb, ()).startswith("sh -c ")


def test_lines_and_status(tmp_path: Path) -> None:
    local = Local(Context(), tmp_path)
    assert heard(local, "sh -c 'cat; printf end; exit 4'", b"one\ntwo\n") == (4, ["one", "two", "end"])


def test_much_input_and_output(tmp_path: Path) -> None:
    content = b"0123456789abcdef" * 65536
    status, lines = heard(Local(Context(), tmp_path), "sh -c wc\\ -c", content)
    assert (status, [line.strip() for line in lines]) == (0, [str(len(content))])
    assert heard(Local(Context(), tmp_path), "true", content) == (0, [])


def test_input_comes_in_pieces(tmp_path: Path) -> None:
    """A piece is sent as soon as it is there: the second is an answer to what came of the first."""
    lines: SimpleQueue[str] = SimpleQueue()

    def pieces() -> Iterator[bytes]:
        yield b"one\n"
        yield f"after {lines.get(timeout=10)}\n".encode()

    assert Local(Context(), tmp_path).run("cat", pieces(), lines.put).status == 0
    assert lines.get_nowait() == "after one"


def test_input_that_nobody_waits_for(tmp_path: Path) -> None:
    """A command that ends early is not kept waiting by pieces that have yet to come."""
    more: SimpleQueue[bytes | None] = SimpleQueue()
    assert Local(Context(), tmp_path).run("true", iter(more.get, None), print).status == 0
    more.put(None)
    assert list(tmp_path.iterdir()) == []


def test_a_listener_that_fails_ends_the_wait(tmp_path: Path) -> None:
    """The command goes on as long as it likes, but nobody waits for it."""

    def fail(line: str) -> None:
        raise ValueError(line)

    ended = Local(Context(), tmp_path).run("sh -c 'echo one; exec sleep 2'", (), fail)
    assert ended.status == UNREACHABLE
    assert "ValueError" in ended.errors


def test_a_command_that_cannot_run(tmp_path: Path) -> None:
    ended = Local(Context(), tmp_path).run("no-such-command-here", (), print)
    assert ended.status == 127
    assert "no-such-command-here" in ended.errors


def test_an_unreachable_server(tmp_path: Path) -> None:
    server = service_host(address="127.0.0.1", user=None, port=1)
    ended = Ssh(Context(), server, tmp_path, "mux").run("true", [b"x" * 100000], print)
    assert ended.status == UNREACHABLE
    assert ended.errors


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", socket.has_ipv6),
        (socket.gethostname(), True),
        ("192.0.2.77", False),
        ("atlas.example.org", False),
    ],
)
def test_this_machine(address: str, here: bool) -> None:
    assert is_here(address) == here


def test_ways(tmp_path: Path) -> None:
    assert isinstance(way(Context(), service_host(address="localhost"), tmp_path, "m"), Local)
    assert isinstance(way(Context(), service_host(address="192.0.2.77"), tmp_path, "m"), Ssh)
