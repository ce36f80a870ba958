"""The target ansible: what it writes, and that the playbook leaves servers as ``invoke deploy`` does."""

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bundles import check_shell, lay, texts
from courses import SERVER, course, guest, host, project, service_host
from deployments import PASSWORD, Deployment, small_course
from golden_files import Golden
from sshd_farm import Farm, Server, sshd_farm

from mlnc.ir.model import Course, Secret
from mlnc.output.bundle import bundles
from mlnc.output.manifest import load_manifest
from mlnc.runner.connect.protocol import script
from mlnc.schemas.yaml_text import load
from mlnc.targets.ansible import ansible_target

needs_ansible = pytest.mark.skipif(
    shutil.which("ansible-playbook") is None, reason="ansible-core is not installed"
)
needs_lint = pytest.mark.skipif(shutil.which("ansible-lint") is None, reason="ansible-lint is not installed")


HOSTS = ("linux", "windows")


def of() -> Course:
    """Two servers, one of them for xm, a project on both with a secret, and one that starts by itself."""
    locked = host(guest=guest(root_password=Secret("group01/root")))
    both = project(
        project="group01", hosts={"linux": locked, "db": host(service_host="two", domain="db.group01")}
    )
    starts = project(project="group02", autostart=True, hosts={"web": host(domain="web.group02")})
    servers = {
        SERVER: service_host(),
        "two": service_host(toolstack="xm", address="192.0.2.7", user="admin", port=2222),
        "here": service_host(address="localhost"),
    }
    return course(both, starts, service_hosts=servers)


def inventory(made: Course) -> Any:
    return load(texts(ansible_target.emit(made))["ansible/inventory.yaml"])


def test_inventory(golden: Golden) -> None:
    golden("ansible/inventory.yaml", texts(ansible_target.emit(of()))["ansible/inventory.yaml"])


def test_playbook_is_the_same_for_every_course() -> None:
    one, other = texts(ansible_target.emit(of())), texts(ansible_target.emit(course()))
    assert {path for path in one if one[path] != other[path]} == {"ansible/inventory.yaml"}


@pytest.mark.parametrize(
    ("verb", "parts"),
    [("survey", ["base", "toolstack"]), ("apply", ["base", "generation"]), ("life", ["base"])],
)
def test_server_runs_the_text_of_the_runner(verb: str, parts: list[str]) -> None:
    made = texts(ansible_target.emit(of()))
    text = "".join(made[f"ansible/files/{part}.sh"] for part in (*parts, verb))
    assert text.encode() == script(verb)


def test_no_path_of_this_machine_and_no_value_of_a_secret() -> None:
    for text in texts(ansible_target.emit(of())).values():
        assert str(Path.cwd()) not in text
        assert "/home/" not in text


def test_readers_of_shell_agree(tmp_path: Path) -> None:
    lay(tmp_path, ansible_target.emit(of()).artifacts)
    check_shell(tmp_path)


# --- the controller's side -------------------------------------------------------------------------------------


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas", "boreas": "boreas"}) as made:
        yield made


@pytest.fixture
def deployment(
    farm: Farm, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "home"))
    # The path of a socket has 104 bytes.
    monkeypatch.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", str(tmp_path_factory.mktemp("c")))
    return small_course(farm, tmp_path, monkeypatch)


def bundle_script(made: Deployment, *words: str, status: int = 0) -> bytes:
    file = made.out / "ansible/files/bundle.sh"
    done = subprocess.run([file, *words], capture_output=True, check=False)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout if status == 0 else done.stderr


def test_bundles_are_those_of_the_runner(deployment: Deployment, tmp_path: Path) -> None:
    manifest = load_manifest(deployment.out)
    assert manifest is not None
    for server, found in bundles(deployment.out, manifest).items():
        told = bundle_script(deployment, "generations", server).decode().splitlines()
        assert told[0].startswith("_server ")
        assert sorted(told) == sorted(f"{name} {bundle.generation}" for name, bundle in found.items())
        for name, bundle in found.items():
            folder = tmp_path / "unpacked" / server / name
            folder.mkdir(parents=True)
            unpack = ["sh", "-c", 'base64 -d | tar -x -C "$1"', "sh", str(folder)]
            subprocess.run(unpack, input=bundle_script(deployment, "archive", server, name), check=True)
            assert (folder / ".files").read_text() == bundle.listing
            subprocess.run(["sha256sum", "-c", "--strict", "--quiet", ".files"], cwd=folder, check=True)
            packed = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
            assert packed == {*bundle.hashes, ".files"}


def test_changed_file_is_not_brought(deployment: Deployment) -> None:
    (deployment.out / "hosts/atlas/ada/project.sh").write_text("exit 0\n")
    assert b"is not what was built" in bundle_script(deployment, "generations", "atlas", status=1)
    assert b"ada in " in bundle_script(deployment, "archive", "atlas", "ada", status=1)
    assert bundle_script(deployment, "generations", "boreas")


def test_unknown_server_is_refused(deployment: Deployment) -> None:
    assert b"no server nowhere was built" in bundle_script(deployment, "generations", "nowhere", status=1)


# --- on the servers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """What a run of the playbook said, and how many tasks came to what, by server."""

    text: str
    counts: dict[str, dict[str, int]]

    def count(self, word: str) -> set[int]:
        """The counts that the servers have of *word*."""
        return {counts[word] for counts in self.counts.values()}


def play(made: Deployment, *words: str, status: int = 0, **variables: Any) -> Played:
    """Run the playbook, which must end with *status*, as verbose as it gets; no secret may be seen."""
    playbook = made.out / "ansible/deploy.yaml"
    inventory_file = playbook.with_name("inventory.yaml")
    command = ["ansible-playbook", "-vvv", "-i", str(inventory_file), str(playbook), *words]
    command += ["--extra-vars", json.dumps(variables)] if variables else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert done.returncode == status, text
    assert PASSWORD not in text
    assert not re.search(r"<(?!localhost)\S+> PUT ", text), (
        "a module went over the disk of a server, and a secret with it"
    )
    assert b64encode(PASSWORD.encode()).decode()[4:-8] not in text
    rows = re.findall(r"^(\S+) +: (ok=.*)$", done.stdout.rpartition("PLAY RECAP")[2], re.MULTILINE)
    pairs = {name: re.findall(r"(\w+)=(\d+)", counts) for name, counts in rows}
    return Played(text, {name: {word: int(count) for word, count in found} for name, found in pairs.items()})


def end_state(server: Server) -> dict[str, Any]:
    """All that a deployment leaves on *server*, but who did it and when."""
    states = {file.parent.name: server.state(file.parent.name) for file in server.root.glob("*/state")}
    files = [file for file in sorted(server.root.glob("*/generations/**/*")) if file.is_file()]
    return {
        "states": {name: state | {"by": "", "when": ""} for name, state in states.items()},
        "links": {file.parent.name: os.readlink(file) for file in server.root.glob("*/current")},
        "files": {
            str(file.relative_to(server.root)): (file.read_bytes(), file.stat().st_mode) for file in files
        },
        "completed": {file.name: file.read_bytes() for file in server.root.glob("_domains/*/*")},
        "domains": server.domains(),
        "volumes": server.volumes(),
        "bridges": server.links(),
        "guests": {file.name: file.read_bytes() for file in (server.folder / "configured").glob("*")},
        "etc": sorted(str(file.relative_to(server.folder)) for file in (server.folder / "etc").rglob("*")),
    }


def end_states(made: Deployment) -> dict[str, dict[str, Any]]:
    return {name: end_state(server) for name, server in made.farm.servers.items()}


def clear(made: Deployment) -> None:
    """Take everything from the servers again."""
    made.run("deployed")
    for project_name in ("ada", "bob", "eve"):
        made.run("remove", "--project", project_name, "--stop", "--confirm", project_name)
    for server in made.farm.servers.values():
        for folder in (server.root, server.folder / "configured"):
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(made.out / "deployed")


@needs_ansible
def test_end_state_is_that_of_the_runner(deployment: Deployment) -> None:
    played = play(deployment, mlnc_start=True)
    assert (played.count("changed"), played.count("failed")) == ({1}, {0})
    by_playbook = end_states(deployment)
    clear(deployment)
    deployment.run("deploy", "--start")
    by_runner = end_states(deployment)
    assert by_playbook == by_runner
    assert by_runner["atlas"]["domains"] == {
        f"{host}.{name}" for name in ("ada", "bob") for host in HOSTS
    } | {"linux.eve"}


@needs_ansible
def test_second_run_changes_nothing(deployment: Deployment) -> None:
    play(deployment, mlnc_start=True)
    before = end_states(deployment)
    again = play(deployment, mlnc_start=True)
    assert (again.count("changed"), again.count("failed")) == ({0}, {0})
    assert end_states(deployment) == before
    deployment.run("deployed")
    assert "unchanged" in deployment.run("deploy")
    deployment.run("drift")


@needs_ansible
def test_check_mode_says_what_would_change_and_changes_nothing(deployment: Deployment) -> None:
    before = end_states(deployment)
    played = play(deployment, "--check")
    assert (played.count("changed"), end_states(deployment)) == ({1}, before)
    play(deployment)
    assert play(deployment, "--check").count("changed") == {0}


@needs_ansible
def test_changed_project_is_brought_when_the_record_knows_the_server(deployment: Deployment) -> None:
    play(deployment)
    add_host(deployment, "bob", "third")
    for words in ((), ("--check",)):
        refused = play(deployment, *words, status=2)
        assert "invoke deployed" in refused.text
    deployment.run("deployed")
    deployment.build()
    played = play(deployment, "--check")
    assert {name: counts["changed"] for name, counts in played.counts.items()} == {"atlas": 1, "boreas": 0}
    play(deployment)
    assert play(deployment).count("changed") == {0}
    add_host(deployment, "bob", "fourth")
    play(deployment, mlnc_base="server")
    assert play(deployment).count("changed") == {0}


HOST = """\
host {name} {{
	xen
	lvm
	service_host atlas
	template linux.ext4
	memory 128M
}}
"""


def add_host(deployment: Deployment, project: str, name: str) -> None:
    """Write another host into the source of *project*, and build."""
    with (deployment.course / f"{project}.mln").open("a") as file:
        file.write(HOST.format(name=name))
    deployment.build()


@needs_ansible
def test_upgrade_is_left_to_the_runner(deployment: Deployment) -> None:
    play(deployment)
    deployment.run("deployed")
    deployment.write_project("bob", "atlas", number=2, memory="192M")
    add_host(deployment, "ada", "third")
    played = play(deployment, status=2)
    assert "invoke deploy --project bob" in played.text
    assert "third.ada" in deployment.farm["atlas"].volumes()
    deployment.run("deploy", "--project", "bob")
    assert play(deployment, mlnc_base="server").count("changed") == {0}


@needs_ansible
def test_projects_can_be_chosen(deployment: Deployment) -> None:
    play(deployment, mlnc_only=["eve"])
    assert {file.parent.name for file in deployment.farm["atlas"].root.glob("*/state")} == {"_server", "eve"}
    assert "nobody" in play(deployment, mlnc_only=["nobody"], status=2).text


@needs_ansible
def test_failing_project_stops_no_other(deployment: Deployment) -> None:
    (deployment.farm["atlas"].root / "ada").mkdir(parents=True)
    (deployment.farm["atlas"].root / "ada/generations").touch()
    played = play(deployment, status=2)
    assert {name: counts["failed"] for name, counts in played.counts.items()} == {"atlas": 1, "boreas": 0}
    assert {file.parent.name for file in deployment.farm["atlas"].root.glob("*/state")} == {
        "_server",
        "bob",
        "eve",
    }


@needs_ansible
def test_lacking_secret_is_named_before_anything_is_sent(deployment: Deployment) -> None:
    (deployment.course / "secrets.yaml").write_text("secrets:\n  root: word\n")
    assert "'vnc'" in play(deployment, status=2).text
    assert not deployment.farm["atlas"].root.exists()
    play(deployment, mlnc_only=["ada"], mlnc_secrets={"root": "word", "vnc": "word"})


@needs_ansible
def test_secrets_may_be_in_a_vault(deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the key")
    vault = ("--vault-password-file", str(tmp_path / "key"))
    subprocess.run(["ansible-vault", "encrypt", *vault, deployment.course / "secrets.yaml"], check=True)
    play(deployment, *vault)
    assert [file.name for file in deployment.farm["atlas"].root.glob("_domains/ada/*")] == ["windows.cfg"]


@needs_ansible
def test_changed_file_of_out_stops_its_server(deployment: Deployment) -> None:
    (deployment.out / "hosts/atlas/ada/project.sh").write_text("exit 0\n")
    played = play(deployment, status=2)
    assert {name: counts["failed"] for name, counts in played.counts.items()} == {"atlas": 1, "boreas": 0}
    assert not deployment.farm["atlas"].root.exists()


@needs_lint
def test_lint(tmp_path: Path) -> None:
    lay(tmp_path, ansible_target.emit(of()).artifacts)
    command = ["ansible-lint", "--offline", "--profile", "production", "--nocolor", "."]
    done = subprocess.run(command, cwd=tmp_path / "ansible", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
