"""``mlnc secrets``: passwords are generated once, readable by the owner only, and printed only as hand-outs."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from projects import mlnc

from mlnc.cli import secrets
from mlnc.cli.main import main
from mlnc.output.deployed_record import DeployedRecord, write_record
from mlnc.schemas.secrets_file import read

COURSE = """\
global { project lab; project_password @secret }
host web {
	xen
	root_passwd @secret/shared
	vncpasswd @secret/shared
	users { bob @secret }
}
host mail { hvm; vncpasswd @secret }
"""
NAMES = {"lab/project_password", "shared", "lab/web/users/bob", "lab/mail/vncpasswd"}


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Set a permissive umask: mlnc must restrict the permissions itself."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "lab.mln").write_text(COURSE)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---- generation and storage --------------------------------------------------------------------------------


def test_each_name_gets_a_password(course: Path) -> None:
    result = mlnc("secrets", course)
    assert result.exit_code == 0
    made = read(course / "secrets.yaml")
    assert set(made) == NAMES
    assert len(set(made.values())) == len(NAMES)
    assert result.stdout.endswith("4 generated, 0 existing in " + str(course / "secrets.yaml") + "\n")


def test_the_listing_has_names_but_no_values(course: Path) -> None:
    for _ in range(2):
        result = mlnc("secrets", course)
        for name, value in read(course / "secrets.yaml").items():
            assert f"{name}  " in result.stdout
            assert value not in result.output


def test_the_file_is_readable_by_its_owner_only(course: Path) -> None:
    mlnc("secrets", course)
    assert mode(course / "secrets.yaml") == 0o600


def test_the_file_is_never_readable_by_others_while_written(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def fsync(descriptor: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", fsync)
    opened: list[int] = []
    really_open = os.open

    def watched(path: str | Path, flags: int, permissions: int = 0o777) -> int:
        if flags & os.O_CREAT:
            opened.append(permissions)
        return really_open(path, flags, permissions)

    monkeypatch.setattr(os, "open", watched)
    mlnc("secrets", course)
    assert seen == [0o600]
    assert opened == [0o600]


def test_a_second_run_changes_nothing(course: Path) -> None:
    mlnc("secrets", course)
    before = (course / "secrets.yaml").read_bytes(), (course / "secrets.yaml").stat().st_mtime_ns
    result = mlnc("secrets", course)
    assert "0 generated, 4 existing" in result.stdout
    assert ((course / "secrets.yaml").read_bytes(), (course / "secrets.yaml").stat().st_mtime_ns) == before


def test_only_missing_passwords_are_generated(course: Path) -> None:
    mlnc("secrets", course)
    before = read(course / "secrets.yaml")
    (course / "lab.mln").write_text(COURSE + "host new { xen; root_passwd @secret }\n")
    assert "1 generated, 4 existing" in mlnc("secrets", course).stdout
    after = read(course / "secrets.yaml")
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"lab/new/root_passwd"}


def test_unused_secrets_are_kept(course: Path) -> None:
    mlnc("secrets", course)
    (course / "lab.mln").write_text("global { project lab }\nhost web { xen; root_passwd @secret }\n")
    mlnc("secrets", course)
    assert set(read(course / "secrets.yaml")) == NAMES | {"lab/web/root_passwd"}


def test_passwords_have_the_expected_length_and_alphabet(course: Path) -> None:
    mlnc("secrets", course)
    made = read(course / "secrets.yaml")
    assert all(set(value) <= set(secrets._ALPHABET) for value in made.values())
    assert len(made["lab/mail/vncpasswd"]) == 8, "VNC looks at 8 characters"
    assert len(made["shared"]) == 14, "a root password is no shorter because VNC has it too"
    assert not {*"0O1lI"} & {*secrets._ALPHABET}


def test_a_killed_run_keeps_the_old_file(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlnc("secrets", course)
    before = (course / "secrets.yaml").read_bytes()
    (course / "lab.mln").write_text(COURSE + "host new { xen; root_passwd @secret }\n")

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        CliRunner().invoke(main, ["secrets", str(course)])
    assert (course / "secrets.yaml").read_bytes() == before
    assert sorted(path.name for path in course.iterdir()) == ["lab.mln", "secrets.yaml"], (
        "nothing is left over"
    )
    assert "1 generated" in mlnc("secrets", course).stdout


def test_a_leftover_temporary_file_is_replaced_and_ignored_by_git(course: Path) -> None:
    (course / "secrets.yaml.new").write_text("half of a fi")
    assert "4 generated" in mlnc("secrets", course).stdout
    assert set(read(course / "secrets.yaml")) == NAMES
    assert not (course / "secrets.yaml.new").exists()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/course/secrets.yaml*" in ignored


def test_concurrent_runs_generate_each_password_once(course: Path) -> None:
    command = [sys.executable, "-m", "mlnc", "secrets", str(course), "--csv"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({run.communicate()[0] for run in runs}) == 1


def test_a_symbolic_link_to_the_file_is_kept(course: Path, tmp_path: Path) -> None:
    (course / "secrets.yaml").symlink_to(tmp_path / "vault.yaml")
    mlnc("secrets", course)
    assert (course / "secrets.yaml").is_symlink()
    assert set(read(tmp_path / "vault.yaml")) == NAMES


def test_file_option_names_the_secrets_file(course: Path, tmp_path: Path) -> None:
    mlnc("secrets", course, "--file", tmp_path / "vault.yaml")
    assert set(read(tmp_path / "vault.yaml")) == NAMES
    assert not (course / "secrets.yaml").exists()


def test_one_project_uses_the_secrets_file_of_its_folder(course: Path) -> None:
    mlnc("secrets", course / "lab.mln")
    assert set(read(course / "secrets.yaml")) == NAMES


# ---- hand-outs ---------------------------------------------------------------------------------------------


def test_csv_has_one_line_per_use(course: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(mlnc("secrets", course, "--csv").stdout)))
    values = read(course / "secrets.yaml")
    assert {(row["host"], row["what"], row["secret"]) for row in rows} == {
        ("", "password", "lab/project_password"),
        ("web", "guest/root_password", "shared"),
        ("web", "vnc/password", "shared"),
        ("web", "guest/users/bob/hash", "lab/web/users/bob"),
        ("mail", "vnc/password", "lab/mail/vncpasswd"),
    }
    assert all(row["project"] == "lab" and row["value"] == values[row["secret"]] for row in rows)


def test_literals_are_handed_out_and_not_generated(course: Path) -> None:
    (course / "lab.mln").write_text("global { project lab }\nhost web { xen; root_passwd sesame }\n")
    result = mlnc("secrets", course)
    assert result.stdout.splitlines()[0] == "lab/web/root_passwd  in clear in the sources"
    assert result.stdout.endswith(", 1 in clear in the sources\n")
    assert "sesame" not in result.output
    assert not (course / "secrets.yaml").exists()
    assert "lab,web,guest/root_password,lab/web/root_passwd,sesame" in mlnc("secrets", course, "--csv").stdout


def test_findings_do_not_mix_with_hand_outs(course: Path) -> None:
    (course / "lab.mln").write_text(COURSE + "host new { xen; nice 5 }\n")
    result = mlnc("secrets", course, "--csv", "--format", "json")
    assert result.stdout.startswith("project,host,what,secret,value\n")
    assert json.loads(result.stderr)["diagnostics"][0]["code"] == "without-effect"


def test_no_secret_is_generated_for_a_course_with_errors(course: Path) -> None:
    (course / "lab.mln").write_text(COURSE + "host new { memory lots }\n")
    result = mlnc("secrets", course)
    assert result.exit_code == 1
    assert result.stderr.endswith("1 error; no secret was generated\n")
    assert not (course / "secrets.yaml").exists()


# ---- invalid files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_file_readable_by_others_is_refused(permissions: int, course: Path) -> None:
    mlnc("secrets", course)
    (course / "secrets.yaml").chmod(permissions)
    result = mlnc("secrets", course, "--csv")
    assert result.exit_code == 1
    assert f"(mode {permissions:o}); run: chmod 600" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "text",
    [
        "secrets: {a: geheim",
        "secrets: [geheim]\n",
        "secrets: {a: {b: geheim}}\n",
        "secrets: {a: 20091122}\n",
        "secrets: {a: ''}\n",
        "secrets: {a: geheim}\nmore: geheim\n",
        "- geheim\n",
        "geheim\n",
        "",
        "secrets: {a: geheim, a: geheim}\n",
        "secrets: !!python/object/apply:os.system [geheim]\n",
    ],
)
def test_a_file_of_another_form_is_refused(text: str, course: Path) -> None:
    store = course / "secrets.yaml"
    store.write_text(text)
    store.chmod(0o600)
    result = mlnc("secrets", course)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {store} ")
    assert "geheim" not in result.output
    assert store.read_text() == text


def test_a_file_that_is_not_text_is_refused(course: Path) -> None:
    store = course / "secrets.yaml"
    store.write_bytes(b"secrets: {a: geheim\xe9}\n")
    store.chmod(0o600)
    assert mlnc("secrets", course).stderr == f"Error: {store} is not UTF-8 text\n"


@pytest.mark.parametrize("place", ["gone/secrets.yaml", "lab.mln/secrets.yaml", "."])
def test_an_impossible_place_for_the_file_is_refused(place: str, course: Path) -> None:
    result = mlnc("secrets", course, "--file", course / place)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


# ---- literals are written to out/.secrets.yaml only --------------------------------------------------------

LITERALS = {
    "plain": "host web { xen; root_passwd geheim1 }\n",
    "several words": 'host web { xen; root_passwd geheim1 und "geheim2" }\n',
    "escaped": "host web { xen; root_passwd a\\;geheim1 }\n",
    "by a variable": "host web { xen; $x = geheim1; root_passwd $x; vncpasswd $x }\n",
    "by a variable of a superclass": "superclass s { xen; $x = geheim1; root_passwd $x }\nhost web { superclass s }\n",
    "as a part": "host web { xen; $n = 7; root_passwd geheim1$n; vncdisplay $n }\n",
    "of the project": "host web { xen }\n#include password.mln\n",
}


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("case", LITERALS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_literal_is_written_to_one_file_only(case: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "password.mln").write_text("global { project lab; project_password geheim1 }\n")
    (tmp_path / "lab.mln").write_text("global { project lab }\n" + LITERALS[case])
    out = tmp_path / "out"
    result = mlnc("build", tmp_path / "lab.mln", "-o", out, "--format", form)
    assert result.exit_code == 0, result.output
    assert "geheim" not in result.output
    assert "secret-in-clear" in result.output
    holders = {path for path, content in written(out).items() if b"geheim" in content}
    assert holders == {".secrets.yaml"}
    assert mode(out / ".secrets.yaml") == 0o600
    assert "/.secrets.yaml" in (out / ".gitignore").read_text().splitlines()
    assert "geheim" not in mlnc("show", tmp_path / "lab.mln").output
    assert "geheim" not in mlnc("check", tmp_path / "lab.mln", "--mln1").output


FAULTS = {
    "in the same line": "host web { root_passwd geheim1; memory lots }\n",
    "a lost brace": "host web { root_passwd geheim1 { }\n",
    "one brace too many": "host web { root_passwd geheim1 } }\n",
    "a missing file": "host web { root_passwd geheim1; #include gone.mln\n}\n",
    "a missing file beside a variable": "host web { $x = geheim1; #include gone.mln\n}\n",
    "a control character": "host web { root_passwd geheim1\x01 }\n",
    "an unknown superclass": "host web { superclass gone; root_passwd geheim1 }\n",
    "an undefined variable in it": "host web { xen; root_passwd geheim1$geheim2 }\n",
    "a value that is the secret": "host web { $x = geheim1; root_passwd $x; memory $x }\n",
    "a name that is the secret": 'host web { $x = geheim1; root_passwd $x; vnckeymap "$x }\n',
    "a second one": "host web { root_passwd geheim1; root_passwd geheim2 }\n",
    "a second project": "host web { root_passwd geheim1 }\nhost web { root_passwd geheim2 }\n",
    "recursion": "host web { $x = geheim1$x; root_passwd $x }\n",
    "a misspelt directive": "host web { rootpasswd geheim1 }\n",
    "a directive in a wrong place": "switch lan { root_passwd geheim1 }\nhost web { xen }\n",
    "a directive outside": "root_passwd geheim1\nhost web { xen }\n",
    "a block": "host web { root_passwd { geheim1 } }\n",
    "a user's password": "host web { xen; users { bob geheim1 } }\n",
    "a line of xen_extra": "host web { xen; xen_extra { vncpasswd=geheim1 } }\n",
    "a variable elsewhere": "host web { xen; $x = geheim1; root_passwd $x; startup { echo $x } }\n",
    "conflicting globals": "global { project_password geheim1 }\nglobal { project_password geheim2 }\n",
}


@pytest.mark.parametrize("case", FAULTS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_error_message_shows_a_literal(case: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "lab.mln").write_text("global { project lab }\n" + FAULTS[case])
    for command in ("build", "check", "show", "secrets"):
        further = ("-o", str(tmp_path / "out")) if command == "build" else ()
        result = mlnc(command, tmp_path / "lab.mln", *further, "--format", form)
        assert "geheim" not in result.output
    assert not {path for path, content in written(tmp_path).items() if b"geheim" in content} - {
        "lab.mln",
        "out/.secrets.yaml",
    }


PIECES = [
    "root_passwd ",
    "geheim1",
    " \n",
    "memory lots; vncpasswd ",
    "geheim2",
    "; nice 5\n users { bob ",
    "geheim3",
    " }\n$password = ",
    "geheim4",
    "\n",
]
"""A host's body with secrets between; the noise comes before or after what leads to a secret, never within."""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=150,
    derandomize=True,
)
@given(
    place=st.sampled_from([0, 2, 3, 5, 7, 9, 10]), noise=st.text(alphabet="{};#\"'\\$ =:\n\tab", max_size=4)
)
def test_inserted_noise_reveals_no_secret(place: int, noise: str, tmp_path: Path) -> None:
    body = "".join([*PIECES[:place], noise, *PIECES[place:]])
    (tmp_path / "lab.mln").write_text(f"global {{ project lab }}\nhost web {{ xen\n{body} }}\n")
    for form in ("text", "json"):
        assert "geheim" not in mlnc("check", tmp_path / "lab.mln", "--format", form).output


# ---- deployed secrets --------------------------------------------------------------------------------------


@pytest.fixture
def deployed(course: Path) -> Path:
    """The output folder of *course*, with the record that a deployment of it leaves."""
    out = course.parent / "out"
    assert mlnc("build", course, "-o", out).exit_code == 0
    record = DeployedRecord("lab")
    record.note("localhost", "5" * 32, (out / "ir/lab.yaml").read_text())
    write_record(out, record)
    return out


def test_secrets_of_deployed_virtual_machines_are_not_generated_again(course: Path, deployed: Path) -> None:
    """A second clone has no secrets file; new passwords for running machines would be a surprise."""
    result = mlnc("secrets", course, "-o", deployed)
    assert result.exit_code == 1
    assert "no value for secrets that deployed virtual machines use: lab/mail/vncpasswd," in result.stderr
    assert "--replace-deployed" in result.stderr
    assert not (course / "secrets.yaml").exists()


def test_deployed_secrets_are_replaced_on_demand(course: Path, deployed: Path) -> None:
    assert mlnc("secrets", course, "-o", deployed, "--replace-deployed").exit_code == 0
    assert read(course / "secrets.yaml").keys() >= {"shared", "lab/mail/vncpasswd"}


def test_names_that_no_deployed_machine_uses_are_generated(course: Path, deployed: Path) -> None:
    assert mlnc("secrets", course, "-o", deployed, "--replace-deployed").exit_code == 0
    (course / "new.mln").write_text("global { project new }\nhost web { xen; root_passwd @secret }\n")
    assert mlnc("secrets", course, "-o", deployed).exit_code == 0
    assert "new/web/root_passwd" in read(course / "secrets.yaml")


def test_damaged_record_ends_with_its_name(course: Path, deployed: Path) -> None:
    (deployed / "deployed/lab.yaml").write_text("x: [")
    result = mlnc("secrets", course, "-o", deployed)
    assert result.exit_code == 1
    assert f"{deployed}/deployed/lab.yaml is damaged" in result.stderr


@pytest.mark.parametrize(("ignored", "warned"), [("*.yaml\n", False), ("", True)])
def test_file_that_git_does_not_ignore_causes_a_warning(course: Path, ignored: str, warned: bool) -> None:
    subprocess.run(["git", "init", "-q", course], check=True)
    (course / ".gitignore").write_text(ignored)
    result = mlnc("secrets", course, "-o", course / "out")
    assert result.exit_code == 0
    assert (f"git does not ignore {course / 'secrets.yaml'}" in result.stderr) == warned
