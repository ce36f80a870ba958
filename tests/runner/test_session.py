"""One shell that answers one verb after the other: what goes to it, what comes back, and how it ends."""

import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mlnc.runner.connect.process import UNREACHABLE, Ended, Listener
from mlnc.runner.connect.protocol import Mark, command, request, script
from mlnc.runner.connect.session import Session
from mlnc.runner.connect.transport import LocalTransport


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session(LocalTransport())
    yield made
    made.close()


ENDED = Ended(0, "")


class Scripted:
    """A transport whose commands say what they are told to: a text for each call, then they end so."""

    def __init__(self, *sayings: str, ended: Ended = ENDED) -> None:
        self._sayings = sayings
        self._ended = ended
        self.commands: list[str] = []
        self.was_cut = threading.Event()

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Answer each call with the next saying, in which TOKEN is the token that was given."""
        self.commands.append(command)
        for saying, _ in zip(self._sayings, stdin, strict=False):
            for line in saying.replace("TOKEN", command.rsplit(maxsplit=1)[-1]).splitlines():
                listener(line)
        return self._ended

    def cut(self) -> None:
        """Note it."""
        self.was_cut.set()


DONE = "@mlnc\tanswered\tTOKEN\t0\n"


def state(root: Path, project: str) -> None:
    (root / project).mkdir(parents=True)
    (root / project / "state").write_text("applied abc\npending -\nwaiting \nby ada\nwhen now\n")


def test_one_verb_after_the_other(session: Session, tmp_path: Path) -> None:
    """Each begins where it should, though the one before has not read its input, and failed."""
    root = tmp_path / "root"
    state(root, "demo")
    told = ("demo", "abc", "-", "", "ada", "now")
    assert session.ask("fetch", (str(root),), b"unread\n" * 50000).told("state") == [told]
    refused = session.ask("life", (str(root), "none", "-", "ada", "now", "x", "stop", "-"))
    assert refused.status == 1
    assert refused.lines == ["mlnc: error: none is not on this server; deploy it first"]
    assert session.ask("survey", (str(root), "false"), b"demo abc\n").told("state") == [told]


def test_arguments_are_words(session: Session, tmp_path: Path) -> None:
    root = tmp_path / "it's $HOME\tand `more`\nof it"
    state(root, "demo")
    assert session.ask("fetch", (str(root),)).status == 0
    assert len(session.ask("fetch", (str(root),)).marks) == 1


def test_no_verb_sees_what_another_set(session: Session, tmp_path: Path) -> None:
    arguments = (str(tmp_path / "root"), "demo", "bad", "-", "-", "ada", "now", "again")
    assert session.ask("apply", arguments, b"name\tvalue\n\nno archive").status == 1
    assert session.ask("apply", arguments[:-1]).status == 1
    lock = tmp_path / "root/demo/.lock"
    assert subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0, (
        "the lock is still held"
    )


def test_half_a_text_is_not_run(tmp_path: Path) -> None:
    text = request("fetch", (str(tmp_path),))
    words = ["sh", "-c", command("session", ("t",))]
    for length in (len(text) - 1, len(text) // 2, 3, 0):
        said = subprocess.run(
            words, input=script("session") + text[:length], capture_output=True, check=False
        )
        assert said.stdout == b""
    whole = subprocess.run(words, input=script("session") + text, capture_output=True, check=True)
    assert whole.stdout == b"@mlnc\tanswered\tt\t0\n"


def test_one_command_for_all() -> None:
    transport = Scripted(f"one\n@mlnc\tstep\tx\n{DONE}", f"two{DONE}")
    session = Session(transport)
    heard: list[Mark | str] = []
    assert session.ask("survey", (), heard=heard.append).lines == ["one"]
    assert session.ask("fetch", (), heard=heard.append).lines == ["two"], (
        "the mark stands behind an unfinished line"
    )
    assert heard == ["one", Mark(("step", "x")), "two"]
    session.close()
    assert (len(transport.commands), transport.was_cut.is_set()) == (1, False)


def test_after_a_rest_it_connects_again() -> None:
    transport = Scripted(DONE)
    session = Session(transport)
    assert session.ask("survey", ()).reached
    session.rest()
    assert session.ask("survey", ()).reached
    session.close()
    assert (len(transport.commands), transport.was_cut.is_set()) == (2, False)


class Stuck(Scripted):
    """A transport whose command does not end before it is cut off."""

    def run(self, command: str, stdin: Iterable[bytes], listener: Listener) -> Ended:
        """Answer, then wait."""
        ended = super().run(command, stdin, listener)
        self.was_cut.wait(60)
        return ended


def test_what_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlnc.runner.connect.session._PATIENCE_SECONDS", 0.01)
    transport = Stuck(DONE)
    session = Session(transport)
    assert session.ask("survey", ()).reached
    session.close()
    assert transport.was_cut.is_set()


def test_a_mark_of_somebody_else_ends_nothing() -> None:
    session = Session(Scripted(f"@mlnc\tanswered\tguess\t0\nafter\n{DONE}"))
    assert session.ask("survey", ()).lines == ["after"]
    session.close()


def test_a_connection_that_breaks() -> None:
    transport = Scripted(DONE, "half an ans", ended=Ended(UNREACHABLE, "broken pipe"))
    session = Session(transport)
    assert session.ask("survey", ()).reached
    broken = session.ask("apply", ())
    assert (broken.status, broken.errors, broken.lines) == (UNREACHABLE, "broken pipe", ["half an ans"])
    assert session.ask("survey", ()).reached, "it connects again"
    session.close()
    assert len(transport.commands) == 2


def test_a_shell_that_ends_before_it_answers() -> None:
    assert Session(Scripted("hello\n")).ask("survey", ()).status == UNREACHABLE
    assert Session(Scripted("hello\n", ended=Ended(127, "sh: not found"))).ask("survey", ()).status == 127


def test_a_connection_that_fails_is_tried_once() -> None:
    transport = Scripted(ended=Ended(UNREACHABLE, "no route"))
    session = Session(transport)
    session.open()
    assert session.ask("survey", ()).errors == "no route"
    session.close()
    assert len(transport.commands) == 1


def test_an_unused_session_ends_by_itself() -> None:
    transport = Scripted()
    session = Session(transport)
    session.open()
    session.close()
    assert not transport.was_cut.is_set()
