"""How secrets reach a script: lines of name, tab and value on its standard input."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlnc.targets.shell.shell_library import library_files

SHELL = """\
set -eu
die() { echo "$*" >&2; exit 1; }
. "$1"
shift
"$READER" "$2"
"$@"
"""
HASH = "$6$abcdefghijklmnop$oHuA/PTKAW5WRHoc4RLOQhkb6HD9jY7kHgrWhzL4RLbpKSPADOE7DQGGPl4mLvfKOZq48bzwNjlcVzwYW4Y7w."

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def ask(
    tmp_path: Path, given: str, *words: str, path: str | None = None, reader: str = "read_secrets"
) -> subprocess.CompletedProcess[str]:
    library = tmp_path / "secrets.sh"
    library.write_text(library_files()["secrets.sh"])
    return subprocess.run(
        ["/bin/sh", "-c", SHELL, "sh", str(library), *words],
        input=given,
        env={"PATH": path or "/usr/bin:/bin", "READER": reader},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("value", ["x", " two  words ", "a\tb", "$(reboot) `x` \\n '\"", "-n", "ünïcode"])
def test_a_value_arrives_as_it_is(value: str, tmp_path: Path) -> None:
    done = ask(tmp_path, f"other\tno\na/b\t{value}\nz\tno\n", "secret", "a/b")
    assert (done.stdout, done.returncode) == (f"{value}\n", 0)


@pytest.mark.parametrize("given", ["", "a/bc\tx\n", "a/b\t\n", "a/b x\n", "xa/b\ty\n"])
def test_a_missing_secret_stops(given: str, tmp_path: Path) -> None:
    done = ask(tmp_path, given, "secret", "a/b")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == "the secret a/b is not among those on standard input\n"


@needs_openssl
def test_clear_text_is_hashed_and_a_hash_is_kept(tmp_path: Path) -> None:
    words = ("secret_hash", "s", "abcdefghijklmnop", "6")
    made = ask(tmp_path, "s\thunter2\n", *words).stdout.strip()
    again = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", "abcdefghijklmnop", "hunter2"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made == again.stdout.strip()
    assert ask(tmp_path, f"s\t{HASH}\n", *words).stdout.strip() == HASH
    assert ask(tmp_path, "s\t$6$not a hash\n", *words).stdout.startswith("$6$abcdefghijklmnop$")
    assert "longer than the 256 bytes" in ask(tmp_path, f"s\t{'x' * 257}\n", *words).stderr


def test_without_openssl_mkpasswd_serves(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "grep", "wc"):
        (programs / name).symlink_to(shutil.which(name) or name)
    words = ("secret_hash", "s", "abcdefghijklmnop", "1")
    missing = ask(tmp_path, "s\thunter2\n", *words, path=str(programs))
    assert "install openssl (1.1.1 or later) or mkpasswd" in missing.stderr
    (programs / "mkpasswd").write_text('#!/bin/sh\nread -r line; echo "$* $line"\n')
    (programs / "mkpasswd").chmod(0o755)
    assert (
        ask(tmp_path, "s\thunter2\n", *words, path=str(programs)).stdout == "-m md5 -S abcdefgh -s hunter2\n"
    )


def test_passwords_that_cannot_be_hashed_stop_the_script_as_it_reads_them(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "grep", "wc"):
        (programs / name).symlink_to(shutil.which(name) or name)

    def read(value: str) -> subprocess.CompletedProcess[str]:
        words = ("printf", "s")
        return ask(tmp_path, f"s\t{value}\n", *words, path=str(programs), reader="read_passwords")

    refused, taken = read("hunter2"), read(HASH)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "install openssl (1.1.1 or later) or mkpasswd" in refused.stderr
    assert (taken.returncode, taken.stdout, taken.stderr) == (0, "s", "")
