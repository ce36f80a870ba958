"""The guest target as text: goldens to read, what is left out, and what no text of a project can do to a script."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from courses import SERVER, by_role, course, guest, host, hvm_host, interface, project, switch, volume
from golden_files import Golden
from guest_lab import ACCOUNTS, CARDS
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course, GuestFile, Host, Interface, Mount, Secret, SshKey, User
from mlnc.targets.guest import guest_target as target
from mlnc.targets.shell import shell_library

GROUP = guest(
    nameservers=("10.0.0.53",),
    root_password=Secret("group01/linux/root_passwd"),
    users=(User("group01", "$6$saltsalt$hash", "/home/group01", None),),
    startup=("sysctl -w net.ipv4.ip_forward=1", "iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE"),
)
INNER = interface(
    mac="00:16:3e:00:00:03",
    switch="lan",
    address="192.168.0.1",
    netmask="255.255.255.0",
    broadcast="192.168.0.255",
    gateway=None,
)
SEED = volume(
    role="seed", name="linux.demo-seed", path="/dev/san_vg/linux.demo-seed", size_bytes=4 << 20, template=None
)


def behind(name: str, address: str) -> dict[str, Interface]:
    return {name: interface(mac="00:16:3e:00:00:04", switch="lan", address=address, gateway="192.168.0.1")}


def cloud_host(**changes: object) -> Host:
    configured = guest(**{"mode": "cloud-init", **changes})
    return host(guest=configured, interfaces=CARDS, volumes=by_role(volume(template="cloud.img"), SEED))


CASES: dict[str, Course] = {
    "pv": course(
        project(
            hosts={
                "linux": host(guest=GROUP, interfaces={"eth0": interface(), "eth1": INNER}),
                "windows": hvm_host(interfaces=behind("eth0", "192.168.0.2")),
            },
            switches={"lan": switch()},
        )
    ),
    "bare": course(project(hosts={"linux": host(interfaces={})})),
    "cloud": course(
        project(
            hosts={
                "linux": cloud_host(
                    nameservers=("10.0.0.53",),
                    startup=("echo 'hi' $HOME",),
                    modules=("loop",),
                    mounts=(Mount("/dev/san_vg/homes", "/dev/xvdb", "/home", "ext3", "noatime"),),
                    user_data=("apt-get -y install nginx",),
                    **ACCOUNTS,
                )
            }
        )
    ),
}


def texts(built: Course) -> dict[str, str]:
    return {artifact.path: artifact.text for artifact in target.emit(built).artifacts}


@pytest.mark.parametrize("case", CASES)
def test_goldens(case: str, golden: Golden) -> None:
    whole = "".join(f"==> {path}\n{text}\n" for path, text in texts(CASES[case]).items())
    golden(f"guest/{case}.txt", whole)
    assert not target.emit(CASES[case]).refusals


def test_a_group_of_the_course_gets_few_files() -> None:
    folder = f"hosts/{SERVER}/demo/linux/guest"
    assert list(texts(CASES["pv"])) == [
        f"{folder}/{name}" for name in ("configure.sh", "hosts", "fstab", "network", "startup")
    ]


def test_only_scripts_are_executable() -> None:
    for case in CASES.values():
        for artifact in target.emit(case).artifacts:
            assert artifact.executable == artifact.path.endswith(".sh")


def test_guests_that_are_left_alone() -> None:
    alone = {"windows": hvm_host(), "other": host(platform="uml")}
    assert target.emit(course(project(hosts=alone))) == target.emit(course(project(hosts={})))


@pytest.mark.parametrize("case", CASES)
def test_scripts_are_plain_shell(case: str, tmp_path: Path) -> None:
    parts = [
        each
        for each in shell_library.emit(CASES[case]).artifacts
        if "guest" in each.path or "secrets" in each.path
    ]
    scripts = [each for each in target.emit(CASES[case]).artifacts if each.executable] + parts
    for number, artifact in enumerate(scripts):
        file = tmp_path / f"{number}.sh"
        file.write_text(artifact.text)
        subprocess.run(["sh", "-n", str(file)], check=True)
        if shutil.which("shellcheck"):
            checked = subprocess.run(
                ["shellcheck", "-s", "sh", str(file)], capture_output=True, text=True, check=False
            )
            assert checked.stdout == "", artifact.path


VERBS = """\
for verb in $(grep -Eo '^(guest|seed|read)_[a-z_]+' "$0" | sort -u); do
    eval "$verb() { printf '%s\\\\0' $verb \\"\\$@\\"; printf '\\\\0'; }"
done
no_arguments() { :; }
"""
"""A library in which every step says how it was called."""


def calls(script: Path) -> list[list[str]]:
    """The steps of a script with their arguments, as its shell sees them."""
    library = script.parent / "lib"
    library.mkdir(exist_ok=True)
    (library / "guest.sh").write_text(VERBS)
    done = subprocess.run(
        ["sh", str(script)],
        env={"MLNC_LIB": str(library), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    return [call.split("\0") for call in done.stdout.decode().split("\0\0")[:-1]]


VISIBLE = st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
HOSTILE = st.one_of(
    st.text(VISIBLE, min_size=1, max_size=20),
    st.sampled_from(
        ["$(reboot)", "`reboot`", "'; reboot; '", "-rf", "*", "\\", '"', "# no", "$HOME", "a  b ", "{{ x }}"]
    ),
)


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_free_text_arrives_as_it_is_or_is_refused(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    word = re.sub(r'[\s:"\\]', "", text) or "x"
    configured = guest(
        startup=(text,),
        users=(User("alice", None, f"/home/{text}", None), User("bob", word, "/home/bob", None)),
        root_password=Secret(word),
        ssh_keys=(SshKey("alice", text),),
        files=(GuestFile(text, f"/srv/{text}", "644"),),
    )
    built = course(
        project(hosts={"linux": host(guest=configured, volumes=by_role(volume(path=f"/dev/{text}")))})
    )
    emitted = target.emit(built)
    if emitted.refusals:
        assert {refusal.code for refusal in emitted.refusals} == {"guest-unwritable"}
        assert not emitted.artifacts
        return
    written = {artifact.path.rpartition("/")[2]: artifact.text for artifact in emitted.artifacts}
    assert written["startup"].split("\n")[2:] == [text, ""]
    script = tmp_path_factory.mktemp("script") / "configure.sh"
    script.write_text(written["configure.sh"])
    made = calls(script)
    for wanted in (
        ["read_passwords", word],
        ["guest_mount", "lvm", f"/dev/{text}"],
        ["guest_user", "alice", f"/home/{text}"],
        ["guest_password", "bob", "hash", word],
        ["guest_keys", "alice", text],
    ):
        assert wanted in made
    assert [call[2:] for call in made if call[0] == "guest_copy"] == [[target_of(text), "644", "755"]]


def target_of(text: str) -> str:
    return f"/srv/{text}" + (text.rstrip("/").rpartition("/")[2] if text.endswith("/") else "")


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=8))
def test_hidden_characters_are_refused(text: str) -> None:
    hidden = text + "\n" + text
    for configured in (
        guest(startup=(hidden,)),
        guest(hostname=hidden),
        guest(ssh_keys=(SshKey("root", hidden),)),
    ):
        emitted = target.emit(course(project(hosts={"linux": host(guest=configured)})))
        assert [refusal.code for refusal in emitted.refusals] == ["guest-unwritable"]
        assert not emitted.artifacts
