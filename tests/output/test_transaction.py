"""An interrupted change of ``out/`` leaves the old state or the new one, never a mix."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from checkout import TESTS
from trees import build, file, tree

from mlnc.output import transaction
from mlnc.output.manifest import verify
from mlnc.output.output_folder import OutputRefused
from mlnc.output.transaction import locked, recover
from mlnc.output.writer import Build, write

OPERATIONS = ("open", "write", "mkdir", "rmdir", "unlink", "replace", "fsync", "close", "listdir")
KILLED = 42
SECRET = b"correct horse battery"

FIRST = build(
    file("hosts/one/demo/linux.cfg"),
    file("hosts/one/demo/start", executable=True),
    file("ir/demo.yaml"),
    file("turns"),
    file("folder/turns"),
    private=(file(".sourcemap/demo.json"),),
    secrets={"demo/a": SECRET.decode()},
)
SECOND = build(
    file("hosts/one/demo/linux.cfg", "changed\n"),
    file("hosts/two/demo/linux.cfg"),
    file("ir/demo.yaml"),
    file("turns/into/folder"),
    file("folder"),
    private=(file(".sourcemap/demo.json", "changed\n"),),
    secrets={"demo/a": "now " + SECRET.decode()},
)
CASES = {"made": (None, FIRST), "changed": (FIRST, SECOND), "emptied": (SECOND, build())}


class Stop:
    """Patch the operations of ``os`` so that the *n*-th call does *instead* (from 1)."""

    def __init__(self, n: int, instead: Callable[[str, tuple[Any, ...]], Any]) -> None:
        self.left = n
        self.instead = instead
        self.real = {name: getattr(os, name) for name in OPERATIONS}

    def __enter__(self) -> "Stop":
        for name in OPERATIONS:
            setattr(os, name, self._counted(name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, real in self.real.items():
            setattr(os, name, real)

    def _counted(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.instead(name, arguments)
            return self.real[name](*arguments, **options)

        return call


def killed_at(n: int, action: Callable[[], object]) -> bool:
    """Run *action* in a child that is killed at its *n*-th operation; False if it ended before."""
    real_write = os.write

    def die(name: str, arguments: tuple[Any, ...]) -> NoReturn:
        if name == "write":  # half of it reached the disk
            real_write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        os._exit(KILLED)

    child = os.fork()
    if child == 0:
        status = 1
        try:
            with Stop(n, die):
                action()
            status = 0
        finally:
            os._exit(status)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def prepared(tmp_path: Path, case: str) -> tuple[Path, dict[str, Any], dict[str, Any], Build]:
    """A folder in the old state of *case*, the trees of both states, the build that leads to the new."""
    before, after = CASES[case]
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    if before is not None:
        write(old, before)
    shutil.copytree(old, new)
    write(new, after)
    return old, tree(old), tree(new), after


def secrets_are_closed(out: Path) -> bool:
    return all(
        path.stat().st_mode & 0o077 == 0
        for path in out.rglob("*")
        if path.is_file() and SECRET in path.read_bytes()
    )


@pytest.mark.parametrize("case", CASES)
def test_a_build_killed_anywhere_leaves_the_old_state_or_the_new(tmp_path: Path, case: str) -> None:
    start, old, new, wanted = prepared(tmp_path, case)
    ends, n = [], 0
    killed = True
    while killed:
        n += 1
        out = tmp_path / f"run{n}"
        shutil.copytree(start, out)
        killed = killed_at(n, lambda out=out: write(out, wanted))  # type: ignore[misc]
        assert secrets_are_closed(out)
        recover(out)
        state = tree(out)
        assert state in (old, new), f"a mix after operation {n}"
        ends.append(state == new)
        write(out, wanted)
        assert tree(out) == new
        assert not (out / ".staging").exists()
    assert ends == sorted(ends), "once it counts, it counts"
    assert ends[0] is False
    assert n > 30


@pytest.mark.parametrize("case", CASES)
def test_a_recovery_killed_anywhere_can_be_repeated(tmp_path: Path, case: str) -> None:
    start, _, new, wanted = prepared(tmp_path, case)
    committed = tmp_path / "committed"
    n = 0
    while not (committed / ".journal").exists():
        n += 1
        shutil.rmtree(committed, ignore_errors=True)
        shutil.copytree(start, committed)
        assert killed_at(n, lambda: write(committed, wanted))
    n, killed = 0, True
    while killed:
        n += 1
        out = tmp_path / f"run{n}"
        shutil.copytree(committed, out)
        killed = killed_at(n, lambda out=out: recover(out))  # type: ignore[misc]
        assert secrets_are_closed(out)
        recover(out)
        assert tree(out) == new
        assert verify(out) == ()
    assert n > 10


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_failing_disk_leaves_the_old_state_or_a_recoverable_one(tmp_path: Path, code: int) -> None:
    start, old, new, wanted = prepared(tmp_path, "changed")

    def fail(name: str, _: object) -> NoReturn:
        raise OSError(code, os.strerror(code), name)

    n, failing = 0, True
    while failing:
        n += 1
        out = tmp_path / f"run{n}"
        shutil.copytree(start, out)
        with Stop(n, fail) as stop:
            try:
                write(out, wanted)
            except OutputRefused as refusal:
                message = str(refusal)
            else:
                message = ""
        failing = stop.left <= 0
        if (out / ".journal").exists():
            assert os.strerror(code) in message
            assert "not yet in place; fix this and run mlnc again" in message
            recover(out)
            assert tree(out) == new
        elif message:
            assert os.strerror(code) in message
            assert tree(out) in (old, new)
        else:
            assert tree(out) == new


def test_a_real_disk_limit_keeps_the_old_state(tmp_path: Path) -> None:
    start, old, _, _ = prepared(tmp_path, "changed")
    program = (
        "import resource, signal, sys; from pathlib import Path; from trees import build, file\n"
        "from mlnc.output.output_folder import OutputRefused; from mlnc.output.writer import write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write(Path(sys.argv[1]), build(file('small'), file('large', 'x' * 2000)))\n"
        "except OutputRefused as refusal: print(refusal)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(start)],
        cwd=TESTS / "support",
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"File too large: nothing in {start} was changed\n"
    assert tree(start) == old
    assert not (start / ".staging").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_commit_is_delivered_after_it(tmp_path: Path, number: signal.Signals) -> None:
    out, _, new, wanted = prepared(tmp_path, "changed")
    real = os.replace

    def interrupted(source: Any, target: Any) -> None:
        os.kill(os.getpid(), number)
        real(source, target)

    child = os.fork()
    if child == 0:
        signal.signal(number, signal.SIG_DFL)
        os.replace = interrupted  # type: ignore[assignment]
        try:
            write(out, wanted)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -number
    assert tree(out) == new
    assert not (out / ".journal").exists()


def test_an_interruption_while_staging_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, old, _, wanted = prepared(tmp_path, "changed")

    def interrupt(_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(transaction, "_sync_filesystem", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(out, wanted)
    assert tree(out) == old
    assert not (out / ".staging").exists()


def test_recovery_without_a_journal_changes_nothing(tmp_path: Path) -> None:
    recover(tmp_path / "nowhere")
    recover(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_recovery_is_refused_while_a_build_is_running(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    (tmp_path / ".journal").write_text('{"removals": [], "placements": []}')
    with locked(tmp_path), pytest.raises(OutputRefused, match="another mlnc is writing"):
        recover(tmp_path)
    recover(tmp_path)
    assert not (tmp_path / ".journal").exists()


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    assert killed_at(2, lambda: hold_and_open(tmp_path))
    with locked(tmp_path):
        pass


def hold_and_open(out: Path) -> None:
    with locked(out):
        os.open(out, os.O_RDONLY)


def test_a_staging_folder_that_is_a_link_is_removed_not_followed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.tex").write_text("years of work")
    write(out, FIRST)
    (out / ".staging").symlink_to(elsewhere)
    write(out, SECOND)
    assert (elsewhere / "thesis.tex").exists()
    assert not (out / ".staging").is_symlink()


def test_an_interrupted_build_is_not_finished_through_a_link(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    write(out, FIRST)
    (out / "ir").rename(elsewhere)
    (out / "ir").symlink_to(elsewhere)
    (out / ".journal").write_text('{"removals": ["ir/demo.yaml"], "placements": []}')
    with pytest.raises(OutputRefused, match="symbolic link"):
        recover(out)
    assert (elsewhere / "demo.yaml").exists()
