"""The storage scripts as text: goldens to read, refusals, and what no text of a project can do to them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from courses import SERVER, VOLUME_GROUP, by_role, course, host, hvm_host, project, service_host, volume
from golden_files import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course, Volume
from mlnc.targets.shell import shell_library
from mlnc.targets.storage import storage_target
from mlnc.targets.storage.storage_volume import lvm_size

IMAGES = "/opt/mln/projects/demo/images"


def swap(**changes: Any) -> Volume:
    name = "linux.demo-swap"
    made = {"name": name, "role": "swap", "path": f"/dev/{VOLUME_GROUP}/{name}", "template": None}
    return volume(**{**made, "resize": "none", "size_bytes": 512 << 20, **changes})


def snapshot(**changes: Any) -> Volume:
    return volume(**{"snapshot": True, "template": "base", "resize": "none", "sizing": "template", **changes})


def image(**changes: Any) -> Volume:
    return volume(**{"kind": "file", "volume_group": None, "path": f"{IMAGES}/linux", **changes})


def of_host(*volumes: Volume, **changes: Any) -> Course:
    """A course of one host with these volumes."""
    return course(project(hosts={"linux": host(volumes=by_role(*volumes), **changes)}))


def scripts(made: Course) -> dict[str, str]:
    return {artifact.path: artifact.text for artifact in storage_target.emit(made).artifacts}


def codes(made: Course) -> list[tuple[str, str]]:
    return [(refusal.code, refusal.where) for refusal in storage_target.emit(made).refusals]


CASES = {
    "pv": of_host(volume(), swap()),
    "hvm": course(project(hosts={"windows": hvm_host()})),
    "snapshot": of_host(snapshot(size_bytes=0)),
    "file": of_host(
        image(sizing="free", free_space_bytes=1 << 30),
        swap(kind="file", volume_group=None, path="/srv/nfs/it's/swap_linux"),
        owner="anna",
        group="students",
    ),
    "san": course(
        project(hosts={"linux": host(volumes=by_role(volume(lock=True, shared=True)))}),
        service_hosts={
            SERVER: service_host(lvm_execute_servers=(f"/dev/{VOLUME_GROUP} two",)),
            "two": service_host(address="two.example.org", port=2222),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("script", ["storage.sh", "storage-remove.sh"])
def test_golden(golden: Golden, name: str, script: str) -> None:
    golden(f"storage/{name}/{script}", scripts(CASES[name])[f"hosts/{SERVER}/demo/{script}"])


def test_library_is_stored_once_and_the_facts_of_each_server_beside_its_files() -> None:
    two = {"one": service_host(), "two": service_host(toolstack="xm")}
    made = {each.path: each.text for each in shell_library.emit(course(service_hosts=two)).artifacts}
    facts = [f"hosts/{name}/_server/lib/server.sh" for name in two]
    assert sorted(made) == sorted([*facts, *(f"lib/{name}" for name in shell_library.library_files())])
    assert "mlnc_toolstack=xm\n" in made[facts[1]]


def test_each_server_gets_its_own_volumes_only() -> None:
    far = host(domain="far.demo", service_host="two", volumes=by_role(volume(name="far.demo")))
    made = course(
        project(hosts={"linux": host(), "far": far}),
        service_hosts={SERVER: service_host(), "two": service_host()},
    )
    here, there = (scripts(made)[f"hosts/{server}/demo/storage.sh"] for server in (SERVER, "two"))
    assert "linux.demo" in here
    assert "far.demo" not in here
    assert "far.demo" in there


def test_hosts_of_other_platforms_have_no_volumes_here() -> None:
    assert scripts(of_host(volume(), platform="kvm")) == {}


def test_the_device_follows_from_the_checked_names() -> None:
    text = scripts(of_host(volume(path="/dev/sda")))[f"hosts/{SERVER}/demo/storage.sh"]
    assert "/dev/sda" not in text
    assert "fill_device linux.demo /dev/san_vg/linux.demo" in text


@pytest.mark.parametrize(
    ("size_bytes", "size"),
    [
        (4 << 30, "4G"),
        (1536 << 20, "1536M"),
        (2 << 40, "2T"),
        (250_000_000, "244141K"),
        (1025, "2K"),
        (1 << 10, "1K"),
    ],
)
def test_sizes_for_lvm(size_bytes: int, size: str) -> None:
    assert lvm_size(size_bytes) == size


@given(st.integers(1, 1 << 50))
def test_a_size_for_lvm_is_never_smaller_and_less_than_a_kibibyte_larger(size_bytes: int) -> None:
    size = lvm_size(size_bytes)
    stated = int(size[:-1]) << {"K": 10, "M": 20, "G": 30, "T": 40}[size[-1]]
    assert 0 <= stated - size_bytes < 1024


WHERE = "demo/hosts/linux/volumes/root"


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("storage-name", of_host(volume(name="a b"))),
        ("storage-name", of_host(volume(name="-a"))),
        ("storage-name", of_host(volume(name="a" * 128))),
        ("storage-name", of_host(volume(volume_group=None))),
        ("storage-name", of_host(volume(volume_group="a;b"))),
        ("storage-name", of_host(snapshot(template="/etc/passwd"))),
        ("storage-name", of_host(snapshot(template=None))),
        ("storage-text", of_host(volume(template="a\nb.ext3"))),
        ("storage-text", of_host(image(path="/images/a\nb"))),
        ("storage-text", of_host(image(path="images/a"))),
        ("storage-text", of_host(image(), owner="root:root")),
        ("storage-text", of_host(image(), owner="--help")),
        ("snapshot-of-file", of_host(image(snapshot=True))),
        ("lvm-lock-without-server", of_host(volume(lock=True))),
    ],
)
def test_refused(code: str, made: Course) -> None:
    assert (code, WHERE) in codes(made)
    assert scripts(made) == {}


def test_refused_as_a_lock_server() -> None:
    servers = {SERVER: service_host(lvm_execute_servers=(f"/dev/{VOLUME_GROUP} -oProxyCommand=x",))}
    made = course(project(hosts={"linux": host(volumes=by_role(volume(lock=True)))}), service_hosts=servers)
    assert codes(made) == [("storage-name", WHERE)]


def test_refused_to_hold_two_locks() -> None:
    servers = {SERVER: service_host(lvm_execute_servers=("/dev/a two", "b two"))}
    volumes = (volume(volume_group="a", lock=True), swap(volume_group="b", lock=True))
    made = course(project(hosts={"linux": host(volumes=by_role(*volumes))}), service_hosts=servers)
    assert codes(made) == [("lvm-lock-several", "demo/hosts/linux/volumes/swap")]


def test_warned_of_a_shared_group_without_its_lock() -> None:
    made = of_host(volume(shared=True), swap(shared=True))
    assert codes(made) == [("shared-group-unlocked", f"site/service_hosts/{SERVER}")]
    assert len(scripts(made)) == 2


def test_warned_of_fat32_that_stays_small() -> None:
    made = of_host(volume(resize="fat32", template="dos.fat32"))
    assert codes(made) == [("fat32-not-grown", WHERE)]
    assert "grow_" not in scripts(made)[f"hosts/{SERVER}/demo/storage.sh"]
    assert codes(of_host(volume(resize="fat32", sizing="template", size_bytes=0))) == []


def test_the_lock_of_this_server_needs_no_ssh() -> None:
    servers = {SERVER: service_host(lvm_execute_servers=(f"{VOLUME_GROUP} {SERVER}",))}
    made = course(project(hosts={"linux": host(volumes=by_role(volume(lock=True)))}), service_hosts=servers)
    assert f"\nlock_volume_group {VOLUME_GROUP}\n" in scripts(made)[f"hosts/{SERVER}/demo/storage.sh"]


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    files = []
    for name, made in CASES.items():
        for each in (*storage_target.emit(made).artifacts, *shell_library.emit(made).artifacts):
            if each.path.endswith(".sh"):
                files.append(tmp_path / name / each.path)
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                files[-1].write_text(each.text)
    done = subprocess.run(["shellcheck", "-s", "sh", *files], capture_output=True, text=True, check=False)
    assert done.stdout == ""


HOSTILE = st.text(st.sampled_from("a.-_ '\"$()`*?[]{}|&;<>!#~\\/=\u00e9"), max_size=12)
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9+_.-]{0,9}", fullmatch=True)
OWNERS = st.none() | st.from_regex(r"[a-z_][a-z0-9_-]{0,9}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(NAMES, HOSTILE, HOSTILE, OWNERS, HOSTILE)
def test_hostile_text_is_data(name: str, template: str, path: str, owner: str | None, templates: str) -> None:
    """The script's words reach the library as they are in the IR, and sh reads nothing else into them."""
    wanted = image(name=name, template=template, path=f"/{path}", sizing="template", size_bytes=7)
    servers = {SERVER: service_host(templates=f"/{templates}")}
    made = course(project(hosts={"linux": host(volumes=by_role(wanted), owner=owner)}), service_hosts=servers)
    assert codes(made) == []
    said = traced(scripts(made)[f"hosts/{SERVER}/demo/storage.sh"])
    assert ["storage_begin", "demo", f"/{templates}"] in said
    source = [template] if template else []
    assert ["want_file", name, "linux", "root", f"/{path}", "template", "7", *source] in said
    assert ["fill_file", name, f"/{path}.mlnc-part"] in said
    assert not owner or ["chown", "--", owner, f"/{path}.mlnc-part"] in said
    assert ["whole_file", name, "linux", "root", f"/{path}"] in said
    assert {words[0] for words in said} <= TRACED


@settings(max_examples=200, deadline=None)
@given(*[NAMES | HOSTILE | st.text(max_size=8)] * 4)
def test_any_text_is_refused_or_keeps_the_script_a_script(
    name: str, template: str, path: str, owner: str
) -> None:
    wanted = image(name=name, template=template, path=path)
    made = of_host(wanted, swap(name=name, volume_group=owner, template=template), owner=owner)
    for text in scripts(made).values():
        subprocess.run(["/bin/sh", "-n"], input=text.encode(), check=True)
        assert not any(ord(sign) < 32 for sign in text if sign != "\n")


TRACED = {
    "no_arguments",
    "storage_begin",
    "mkdir",
    "want_file",
    "check_space",
    "settle_volume",
    "unfinished",
    "fill_file",
    "grow_ext",
    "chown",
    "whole_file",
}


def traced(script: str) -> list[list[str]]:
    """The commands a storage script runs, each as its words, with a library that only writes them down."""
    functions = "".join(f'{name}() {{ said {name} "$@"; }}\n' for name in sorted(TRACED))
    prologue = "said() { printf '%s\\0' \"$@\"; printf '\\0\\0'; }\n" + functions
    body = "".join(line for line in script.splitlines(keepends=True) if not line.startswith(". "))
    done = subprocess.run(
        ["/bin/sh", "-c", prologue + body], capture_output=True, check=True, env={"PATH": "", "MLNC_LIB": "/"}
    )
    assert done.stderr == b""
    return [each.split("\0") for each in done.stdout.decode().split("\0\0\0") if each]
