"""Deployments to other kinds of service host: this machine, with xend, without systemd, with real LVM."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment, small_course
from lvm_sandbox import Sandbox, lvm_sandbox
from sshd_farm import Farm, Server, sshd_farm

from mlnc.rehearsal.guest_template import make_template

STORAGE = ("lvs", "vgs", "lvcreate", "lvchange", "lvremove", "blockdev", "blkdiscard", "dd")
FILE_SYSTEMS = ("e2fsck", "resize2fs", "mkswap")
VOLUMES = {"linux.ada", "windows.ada", "linux.bob", "windows.bob", "linux.eve", "windows.eve"}


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas"}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return small_course(farm, tmp_path, monkeypatch)


@pytest.fixture
def atlas(farm: Farm) -> Server:
    return farm["atlas"]


def change_site(course: Deployment, old: str, new: str) -> None:
    """Replace *old* by *new* in the site file, and build."""
    file = course.course / "site.mln"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    course.build()


def live_and_end(course: Deployment, atlas: Server) -> None:
    """Deploy, start, compare, and remove a project."""
    assert "4 made" in course.run("deploy", "--start")
    assert atlas.domains() == VOLUMES
    assert "4 unchanged" in course.run("deploy", "--start")
    assert {vm["state"] for vm in course.data("status")} == {"up"}
    assert course.data("drift") == []
    (atlas.root / "ada" / "current" / "linux.cfg").write_text("memory = 4096\n")
    (found,) = course.data("drift", status=2)
    assert found["what"].endswith("linux.cfg: FAILED")
    course.run("deploy", "--again", "--project", "ada")
    for project in ("ada", "bob", "eve"):
        course.run("remove", "--project", project, "--confirm", project, "--stop")
    assert atlas.domains() == set()
    assert atlas.links() == {"xenbr0"}
    assert not list(atlas.root.glob("[a-z]*"))


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_this_machine_is_managed_without_ssh(
    course: Deployment, atlas: Server, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """All commands of the server are simulated, as on the farm."""
    change_site(course, "address atlas", f"address {address}")
    for name, text in atlas.variables.items():
        monkeypatch.setenv(name, text)
    atlas.stub("ssh", "touch $SERVER/ssh-was-called; exit 255")
    live_and_end(course, atlas)
    assert not (atlas.folder / "ssh-was-called").exists()
    assert atlas.volumes() == {}


def test_xend_settings_are_merged_once(course: Deployment, atlas: Server) -> None:
    """Its own file is changed once, and xend is restarted once."""
    atlas.stand_in("xm", "service")
    atlas.stub("xl", "exit 127")
    settings = atlas.folder / "etc" / "xen" / "xend-config.sxp"
    settings.parent.mkdir()
    settings.write_text("# by hand\n(logfile /var/log/xend.log)\n(xend-relocation-server no)\n")
    change_site(course, "memory 24G", "memory 24G\n\ttoolstack xm\n\trelocation_allow 192.0.2.77")
    live_and_end(course, atlas)
    merged = settings.read_text()
    assert merged.startswith("# by hand\n(logfile /var/log/xend.log)\n(xend-relocation-server yes)\n")
    assert r"^192\\.0\\.2\\.77$" in merged
    assert (atlas.folder / "service.log").read_text() == "xend restart\n"
    assert settings.with_name("xend-config.sxp.before-mlnc").read_text().endswith("server no)\n")


def test_projects_start_without_systemd(course: Deployment, atlas: Server) -> None:
    """Without systemctl, projects with autostart start from /etc/init.d."""
    commands = atlas.folder / "commands"
    commands.mkdir()
    for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        for file in Path(folder).iterdir():
            if file.name != "systemctl" and not (commands / file.name).is_symlink():
                (commands / file.name).symlink_to(file)
    atlas.stop()
    atlas.variables["PATH"] = f"{atlas.folder / 'bin'}:{commands}"
    atlas.start()
    (atlas.folder / "bin" / "systemctl").unlink()
    atlas.stand_in("update-rc.d")
    link = atlas.folder / "etc" / "init.d" / "mlnc-projects"
    link.parent.mkdir()
    source = (course.course / "ada.mln").read_text()
    (course.course / "ada.mln").write_text(source.replace("project ada", "project ada\n\tautostart"))
    course.build()
    course.run("deploy")
    assert course.data("drift") == []
    environment = {**os.environ, **atlas.variables, "MLNC_ROOT": str(atlas.root)}
    subprocess.run([link, "start"], env=environment, check=True, capture_output=True)
    assert atlas.domains() == {"linux.ada", "windows.ada"}
    subprocess.run([link, "stop"], env=environment, check=True, capture_output=True)
    assert atlas.domains() == set()
    assert (atlas.folder / "update-rc.d.log").read_text() == "mlnc-projects defaults\n"


@pytest.fixture
def lvm(atlas: Server, tmp_path: Path) -> Iterator[Sandbox]:
    """Real LVM, file systems and devices on atlas; Xen, networks and guests are simulated."""
    for command in (*STORAGE, *FILE_SYSTEMS):
        (atlas.folder / "bin" / command).unlink()
    (tmp_path / "lvm").mkdir()
    with lvm_sandbox(tmp_path / "lvm") as sandbox:
        sandbox.volume_group("course_vg", 2048)
        (sandbox.bin / "xl").unlink()
        atlas.stop()
        atlas.within = sandbox.command()
        environment = sandbox.environment(atlas.folder / "bin")
        atlas.variables |= {name: text for name, text in environment.items() if name not in atlas.variables}
        atlas.variables["PATH"] = environment["PATH"]
        atlas.start()
        yield sandbox
        atlas.stop()


def test_deployment_on_real_lvm(course: Deployment, lvm: Sandbox) -> None:
    template = course.course.parent / "templates" / "linux.ext4"
    template.unlink()
    make_template(template, "ext4", ())
    assert "4 made" in course.run("deploy", "--start")
    made = lvm.volumes("course_vg")
    assert set(made) == VOLUMES
    assert {"mlnc", "mlnc.project=ada", "mlnc.host=linux", "mlnc.role=root"} < made["linux.ada"].tags
    assert not any("mlnc.incomplete" in each.tags for each in made.values())
    assert "4 unchanged" in course.run("deploy", "--start")
    assert course.data("drift") == []
    assert lvm.volumes("course_vg") == made
    course.run("stop", "--project", "ada")
    lvm.run("lvchange", "--addtag", "mlnc.incomplete", "course_vg/windows.ada")
    lvm.run("lvremove", "--yes", "course_vg/linux.ada")
    assert {each["what"] for each in course.data("drift", status=2)} == {
        "volume course_vg/linux.ada: absent",
        "volume course_vg/windows.ada: incomplete",
    }
    course.run("deploy", "--again", "--project", "ada")
    assert lvm.volumes("course_vg") == made
    course.run("remove", "--project", "ada", "--confirm", "ada")
    assert set(lvm.volumes("course_vg")) == {name for name in VOLUMES if not name.endswith(".ada")}
