"""The command line: exit codes, output streams, options, completion, and no traceback for any input."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from projects import mlnc

from mlnc import __version__
from mlnc.schemas.language import load

GOOD = "global { project demo }\nhost web { xen }\n"
WARNED = "global { project demo }\nhost web { xen; nice 5; cow_filesystem x }\n"
BAD = "global { project demo }\nhost web { xen; memory lots; nice 5 }\n"

PROGRAM = [sys.executable, "-c", "from mlnc.cli.main import main; main(prog_name='mlnc')"]


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a separate process."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
        encoding="utf-8",
        errors="replace",
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory with a correct project, one with warnings and one with errors."""
    for name, text in {"good": GOOD, "warned": WARNED, "bad": BAD}.items():
        (tmp_path / f"{name}.mln").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- exit codes and streams --------------------------------------------------------------------------------

COMMANDS = ["check", "build", "show", "secrets"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("folder")
def test_a_correct_project_exits_with_0(command: str) -> None:
    result = mlnc(command, "good.mln")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("folder")
def test_warnings_do_not_change_the_exit_code(command: str) -> None:
    result = mlnc(command, "warned.mln")
    assert result.exit_code == 0
    assert result.stderr.count("warning[without-effect]") == 2


@pytest.mark.parametrize(
    ("command", "last"),
    [
        ("check", "1 error and 1 warning\n"),
        ("build", "1 error and 1 warning; nothing was written\n"),
        ("show", "1 error and 1 warning\n"),
        ("secrets", "1 error and 1 warning; no secret was generated\n"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_errors_exit_with_1(command: str, last: str) -> None:
    result = mlnc(command, "bad.mln")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(last)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["check"],
        ["build"],
        ["show"],
        ["show", "a.mln", "b.mln"],
        ["check", "good.mln", "--nonsense"],
        ["check", "good.mln", "--format", "xml"],
        ["check", "good.mln", "-W", "nonsense"],
        ["check", "good.mln", "-W", "no-nonsense"],
        ["check", "good.mln", "-W", "no-invalid-value"],
        ["completion", "tcsh"],
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    result = mlnc(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("folder")
def test_check_prints_a_summary() -> None:
    assert mlnc("check", "good.mln").stdout == "1 project, 1 host on 1 server: no errors\n"
    assert mlnc("check", "warned.mln").stdout == "1 project, 1 host on 1 server: no errors, 2 warnings\n"


def test_check_writes_nothing(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    for arguments in (
        ["check", "good.mln"],
        ["show", "good.mln"],
        ["show", "good.mln", "--expanded"],
        ["directives"],
    ):
        mlnc(*arguments)
    assert sorted(folder.rglob("*")) == before


# ---- options -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_a_silenced_warning_is_not_printed() -> None:
    result = mlnc("check", "warned.mln", "-W", "no-without-effect")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("no errors\n")


@pytest.mark.usefixtures("folder")
def test_warnings_as_errors_exit_with_1() -> None:
    result = mlnc("check", "warned.mln", "-W", "error")
    assert result.exit_code == 1
    assert result.stderr.count("error[without-effect]") == 2
    assert result.stderr.endswith("2 errors\n")
    both = mlnc("check", "warned.mln", "-W", "error", "-W", "no-without-effect")
    assert (both.exit_code, both.stderr) == (0, "")


@pytest.mark.usefixtures("folder")
def test_an_unknown_code_is_refused_with_a_suggestion() -> None:
    result = mlnc("check", "good.mln", "-W", "no-lone-zreo")
    assert result.stderr.endswith("unknown warning lone-zreo; did you mean no-lone-zero?\n")
    result = mlnc("check", "good.mln", "-W", "no-invalid-value")
    assert result.stderr.endswith("invalid-value is an error: it cannot be silenced\n")
    result = mlnc("check", "good.mln", "-W", "all")
    assert result.stderr.endswith("-W takes error, or no-CODE with the code of a warning: no-lone-zero\n")


@pytest.mark.parametrize("command", ["check", "build"])
@pytest.mark.parametrize("name", ["good", "warned", "bad", "gone"])
@pytest.mark.usefixtures("folder")
def test_json_findings_are_alone_on_standard_output(command: str, name: str) -> None:
    result = mlnc(command, f"{name}.mln", "--format", "json")
    codes = [each["code"] for each in json.loads(result.stdout)["diagnostics"]]
    assert (
        codes
        == {
            "good": [],
            "warned": ["without-effect"] * 2,
            "bad": ["invalid-value", "without-effect"],
            "gone": ["not-found"],
        }[name]
    )
    assert result.exit_code == (name in ("bad", "gone"))


@pytest.mark.usefixtures("folder")
def test_json_findings_are_on_standard_error_beside_output() -> None:
    result = mlnc("show", "warned.mln", "--expanded", "--format", "json")
    assert json.loads(result.stdout)["project"] == "demo"
    assert json.loads(result.stderr) == {"diagnostics": []}, "expanding asks for no meaning"
    assert len(json.loads(mlnc("show", "warned.mln", "--format", "json").stderr)["diagnostics"]) == 2


def test_site_option_names_the_site_file(folder: Path) -> None:
    (folder / "servers.mln").write_text("service_host one { }\n")
    assert "no-service-host" in mlnc("check", "good.mln", "--site", "servers.mln").stderr
    assert mlnc("check", "good.mln", "--site", "gone.mln").exit_code == 1


def test_mln1_reports_differences(folder: Path) -> None:
    (folder / "lab.mln").write_text("global { project demo }\nhost web { xen; memory 1G }\n")
    assert mlnc("check", "lab.mln").stderr == ""
    result = mlnc("check", "lab.mln", "--mln1")
    assert result.exit_code == 0
    assert "warning[mln1-memory-unit]" in result.stderr


def test_mln1_of_an_unreadable_file_reports_the_error(folder: Path) -> None:
    (folder / "lab.mln").write_text("host web { #include gone.mln\n")
    result = mlnc("check", "lab.mln", "gone.mln", "--mln1")
    assert result.exit_code == 1
    assert "error[unclosed-brace]" in result.stderr


def test_version_is_printed() -> None:
    assert mlnc("--version").stdout == f"mlnc {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["-h"], ["--help"], *([command, "-h"] for command in [*COMMANDS, "directives"])]
)
def test_every_command_has_help(arguments: list[str]) -> None:
    result = mlnc(*arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")


# ---- directives --------------------------------------------------------------------------------------------


def test_directives_describes_one_or_lists_all() -> None:
    listed = mlnc("directives").stdout
    for directive in load().directives:
        assert f"  {directive.name} " in listed
    assert mlnc("directives", "memory").stdout.startswith("memory  (in host and superclass")


def test_an_unknown_directive_exits_with_1() -> None:
    result = mlnc("directives", "memroy")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: unknown directive 'memroy'; did you mean 'memory'?\n"


# ---- completion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_accepts_its_completion_script(shell: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(mlnc("completion", shell).stdout)
    assert "_MLNC_COMPLETE" in script.read_text()
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    checked = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def completed(words: str) -> list[str]:
    """Return the completions that bash gets for the last of *words*."""
    number = str(len(words.split(" ")) - 1)
    offered = run(_MLNC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=number).stdout
    return [line.partition(",")[2] for line in offered.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mlnc bu", ["build"]),
        ("mlnc check --mln", ["--mln1"]),
        ("mlnc check --format ", ["text", "json"]),
        ("mlnc directives vncd", ["vncdisplay"]),
        ("mlnc check -W err", ["error"]),
        ("mlnc check -W no-lone", ["no-lone-zero"]),
        ("mlnc completion z", ["zsh"]),
    ],
)
def test_completion_offers_matching_words(words: str, offered: list[str]) -> None:
    assert completed(words) == offered


def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    program = tmp_path / "mlnc"
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from mlnc.cli.main import main; main(prog_name=\'mlnc\')" "$@"\n'
    )
    program.chmod(0o755)
    script = 'eval "$(mlnc completion bash)"; COMP_WORDS=(mlnc sec); COMP_CWORD=1; _mlnc_completion mlnc; '
    script += 'echo "$COMPREPLY"'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout == "secrets\n", done.stderr


# ---- unusual input -----------------------------------------------------------------------------------------


@pytest.fixture
def weird(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files that are not projects."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.mln").mkdir()
    (tmp_path / "binary.mln").write_bytes(bytes(range(256)))
    (tmp_path / "zero.mln").touch()
    (tmp_path / "dangling.mln").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo.mln")
    (tmp_path / "nul.mln").write_bytes(b"global { project demo }\0\n")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe9d.mln")).write_text(GOOD)
    (tmp_path / "new\nline.mln").write_text(GOOD)
    (tmp_path / "loop.mln").symlink_to("loop.mln")
    monkeypatch.chdir(tmp_path)
    return tmp_path


WEIRD = [
    "empty",
    "folder.mln",
    "binary.mln",
    "zero.mln",
    "dangling.mln",
    "fifo.mln",
    "nul.mln",
    "new\nline.mln",
]
WEIRD += [
    "loop.mln",
    "nowhere",
    "nowhere/",
    "zero.mln/x",
    "/dev/null",
    "",
    ".",
    "x" * 300,
    os.fsdecode(b"b\xe9d.mln"),
]


@pytest.mark.parametrize("path", WEIRD)
@pytest.mark.usefixtures("weird")
def test_no_input_gives_a_traceback(path: str) -> None:
    for command in [*COMMANDS, ["show", "--expanded"], ["check", "--mln1"], ["check", "--format", "json"]]:
        arguments = [command] if isinstance(command, str) else command
        result = mlnc(*arguments, path)
        assert result.exit_code == 1
        assert "error[" in result.stderr or '"error"' in result.stdout
        assert "Traceback" not in result.output
    assert not Path("out").exists()


@pytest.mark.parametrize("path", ["folder.mln", "binary.mln", "fifo.mln", "nowhere", "/dev/null"])
def test_an_invalid_site_file_gives_no_traceback(path: str, weird: Path) -> None:
    (weird / "good.mln").write_text(GOOD)
    result = mlnc("check", "good.mln", "--site", path)
    assert result.exit_code == 1
    assert "error[" in result.stderr


def test_a_dangling_link_as_site_file_is_reported(folder: Path) -> None:
    (folder / "site.mln").symlink_to("gone")
    assert "site.mln cannot be read" in mlnc("check", "good.mln").stderr


def test_hidden_files_of_a_folder_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "good.mln").write_text(GOOD)
    (tmp_path / ".#good.mln").symlink_to("somebody@example.org:7")
    (tmp_path / "._good.mln").write_bytes(b"\xff\xfe")
    assert mlnc("check", tmp_path).exit_code == 0


def test_a_closed_pipe_gives_no_traceback() -> None:
    with subprocess.Popen(
        [*PROGRAM, "directives"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_works_in_any_terminal_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "lab.mln").write_text(
        "global { project demo }\nhost web { xen; extra größe=漢 }\n", encoding="utf-8"
    )
    for arguments in (["show"], ["show", "--expanded"], ["check", "--format", "json"], ["check", "--mln1"]):
        done = run(*arguments, tmp_path / "lab.mln", PYTHONIOENCODING=encoding)
        assert done.returncode == 0
        assert "Traceback" not in done.stderr
    shown = run("show", tmp_path / "lab.mln", "--expanded", PYTHONIOENCODING=encoding).stdout
    assert json.loads(shown)["hosts"]["web"]["values"]["extra"] == "größe=漢"


def test_python_m_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlnc", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"mlnc {__version__}\n"


def test_help_and_completion_load_no_compiler() -> None:
    seen = "import sys; from mlnc.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    seen += "print([name for name in sys.modules if name.startswith(('mlnc.', 'ply', 'jinja2', 'yaml'))])"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['mlnc.cli', 'mlnc.cli.main']"
