"""xend-merge.sh: settings come into xend's own file, and every other byte stays."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from bundles import check_shell, lay_course, run, stub
from checkout import TESTS
from courses import SERVER, course, service_host
from hypothesis import given, settings
from hypothesis import strategies as st
from sxp_reader import directives, read

from mlnc.targets.xen import xend_config

SAMPLES = TESTS / "data" / "xend"
COURSE = course(
    service_hosts={
        SERVER: service_host(toolstack="xm", san_paths=("san",)),
        "two": service_host(address="10.0.0.2", san_paths=("san",)),
    }
)
OURS = {
    "xend-address": "(xend-address '')",
    "xend-relocation-hosts-allow": r"(xend-relocation-hosts-allow '^localhost$ ^two$ ^10\\.0\\.0\\.2$')",
    "xend-relocation-server": "(xend-relocation-server yes)",
    "xend-relocation-port": "(xend-relocation-port 8002)",
    "xend-relocation-address": "(xend-relocation-address '')",
}


@dataclass
class Server:
    """An xm server: the merge script, and a pretended service command that counts the restarts of xend."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "xend-config.sxp"

    def merge(self, status: int = 0) -> str:
        script = self.folder / "hosts" / SERVER / "_server" / "xend-merge.sh"
        done = run(script, self.file, path=[self.folder / "bin"], status=status)
        return done.stdout + done.stderr

    def merged(self, text: str) -> str:
        """*text* after the merge."""
        self.file.write_bytes(text.encode())
        self.merge()
        return self.file.read_bytes().decode()

    def restarts(self) -> int:
        file = self.folder / "restarts"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server for tests that look at one file after another."""
    return served(tmp_path_factory.mktemp("server"))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return served(tmp_path)


def served(folder: Path) -> Server:
    lay_course(folder, COURSE, xend_config.emit(COURSE))
    stub(folder / "bin", "service", f'echo "$*" >>{folder}/restarts')
    return Server(folder)


def test_readers_of_shell_agree(server: Server) -> None:
    check_shell(server.folder / "hosts")


@pytest.mark.parametrize("name", ["debian.sxp", "rough.sxp"])
def test_xend_reads_ours_and_everything_else_as_before(server: Server, name: str) -> None:
    before = (SAMPLES / name).read_text()
    after = server.merged(before)
    ours = directives("".join(OURS.values()))
    assert directives(after) == {**directives(before), **ours}
    others = [each for each in read(before) if each[0] not in OURS]
    assert [each for each in read(after) if each[0] not in OURS] == others
    assert len(read(after)) == len(others) + len(OURS)


def test_every_other_byte_stays(server: Server) -> None:
    before = (SAMPLES / "debian.sxp").read_text()
    expected = before.replace("\n(xend-relocation-server yes)", "\n" + OURS["xend-relocation-server"])
    expected = expected.replace(
        "(xend-relocation-address\n    ''  # everywhere\n)", OURS["xend-relocation-address"]
    )
    old = r"(xend-relocation-hosts-allow '^localhost$ ^localhost\\.localdomain$')"
    expected = expected.replace(old, OURS["xend-relocation-hosts-allow"])
    assert server.merged(before) == f"{expected}{OURS['xend-address']}\n{OURS['xend-relocation-port']}\n"


def test_second_of_two_goes(server: Server) -> None:
    after = server.merged("(xend-address a)\n(other 1)\n(xend-address b) # why\n")
    assert after.startswith(f"{OURS['xend-address']}\n(other 1)\n # why\n(xend-relocation-hosts-allow")


def test_twice_is_once_and_xend_restarts_once(server: Server) -> None:
    before = (SAMPLES / "debian.sxp").read_text()
    after = server.merged(before)
    assert server.restarts() == 1
    assert "unchanged" in server.merge()
    assert server.file.read_text() == after
    assert server.restarts() == 1


def test_first_state_is_kept_whatever_follows(server: Server) -> None:
    server.merged("(other 1)\n")
    server.merged("(other 2)\n")
    assert (server.folder / "xend-config.sxp.before-mlnc").read_text() == "(other 1)\n"
    assert sorted(file.name for file in server.folder.iterdir() if file.is_file()) == [
        "restarts",
        "xend-config.sxp",
        "xend-config.sxp.before-mlnc",
    ]


def test_owner_and_mode_stay_and_a_link_stays_a_link(server: Server) -> None:
    real = server.folder / "real.sxp"
    real.write_text("(other 1)\n")
    real.chmod(0o640)
    server.file.symlink_to(real)
    server.merge()
    assert server.file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "xend-address" in real.read_text()


def test_xend_that_did_not_restart_is_restarted_next_time(server: Server) -> None:
    server.file.write_text("(other 1)\n")
    stub(server.folder / "bin", "service", "exit 1")
    assert "xend still runs with the old settings" in server.merge(status=1)
    stub(server.folder / "bin", "service", f'echo "$*" >>{server.folder}/restarts')
    assert "restarted xend" in server.merge()
    assert server.restarts() == 1
    assert "unchanged" in server.merge()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(a b)\n(never closed\n(c d)\n", "line 2 has a parenthesis that is never closed"),
        ("(a b))\n", "line 1 has a closing parenthesis without an opening one"),
        ("(a 'never closed)\n", "line 1 has a string that is never closed"),
        ("(a \0)\n", "holds a byte that ends a text for xend"),
        ("(a b)\n\x04\n", "holds a byte that ends a text for xend"),
    ],
)
def test_file_that_xend_cannot_read_is_left_alone(server: Server, text: str, message: str) -> None:
    server.file.write_text(text)
    assert message in server.merge(status=1)
    assert server.file.read_text() == text
    assert server.restarts() == 0


def test_without_a_file(server: Server) -> None:
    assert "is missing; is xend installed?" in server.merge(status=1)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "(other 1)", "(other 1) # no line end"])
def test_small_files(server: Server, text: str) -> None:
    after = server.merged(text)
    line_end = "" if text == "" or text.endswith("\n") else "\n"
    assert after == text + line_end + "".join(f"{each}\n" for each in OURS.values())


BLANK = st.sampled_from([" ", "\n", "\t", "\n\n", "\r\n", "# (xend-address x) '\n", "#\n", "  # it's )(\n"])
WORD = st.sampled_from(
    ["a", "8002", "'it\\'s'", '"(x"', "''", "a'b", "[x]", "'\\\\'", "-", "'#'", "é", "'é'", "a;b"]
)
VALUE = st.recursive(WORD, lambda inner: st.lists(inner, max_size=3).map(lambda each: f"({' '.join(each)})"))
OTHER = st.tuples(st.sampled_from(["other", "'quoted'", "xend-address2", "(xend-address)"]), VALUE).map(
    lambda each: f"({each[0]} {each[1]})"
)
OURS_BEFORE = st.tuples(st.sampled_from(sorted(OURS)), st.booleans(), st.lists(VALUE, max_size=2))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(BLANK, OTHER, OURS_BEFORE), max_size=12))
def test_any_file(shared: Server, pieces: list[str | tuple[str, bool, list[str]]]) -> None:
    before, after, placed = "", "", set()
    for piece in pieces:
        if isinstance(piece, str):
            before += piece
            after += piece
            continue
        name, quoted, values = piece
        before += f"({chr(39) * quoted}{name}{chr(39) * quoted} {' '.join(values)})"
        after += "" if name in placed else OURS[name]
        placed.add(name)
    for name, text in OURS.items():
        if name not in placed:
            after += "" if after == "" or after.endswith("\n") else "\n"
            after += f"{text}\n"
    assert shared.merged(before) == after


def test_killed_at_any_command_and_run_again(server: Server) -> None:
    """Every command the script calls dies with the script once: the file is always the old or the new one."""
    before = (SAMPLES / "debian.sxp").read_text()
    after = server.merged(before)
    backup = server.folder / "xend-config.sxp.before-mlnc"
    counter = server.folder / "count"
    deadly = server.folder / "deadly"
    number = f"(flock 7; echo >>{counter}; /usr/bin/wc -l <{counter}) 7>{counter}.lock"
    for command in ("awk", "cat", "cmp", "cp", "mv", "readlink", "rm", "tr", "wc", "service"):
        real = f"echo >>{server.folder}/restarts" if command == "service" else f'exec /usr/bin/{command} "$@"'
        stub(deadly, command, f'[ "$({number})" -ne "$N" ] || kill -9 0; {real}')
    script = server.folder / "hosts" / SERVER / "_server" / "xend-merge.sh"
    for n in range(1, 60):
        server.file.write_text(before)
        for file in (backup, counter, server.folder / "restarts"):
            file.unlink(missing_ok=True)
        environment = {"PATH": f"{deadly}:/usr/bin:/bin", "N": str(n)}
        killed = subprocess.run([script, server.file], env=environment, start_new_session=True, check=False)
        assert server.file.read_text() in (before, after)
        server.merge()
        assert server.file.read_text() == after
        assert backup.read_text() == before
        assert server.restarts() >= 1
        if killed.returncode == 0:
            break
    assert n > 15
