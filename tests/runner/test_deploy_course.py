"""Deployments to real sshds: creation, changes, status, drift, removal, and their output."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import PASSWORD, Deployment, small_course
from sshd_farm import Farm, sshd_farm


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sshd_farm(tmp_path_factory.mktemp("farm"), {"atlas": "atlas", "boreas": "boreas"}) as made:
        yield made


@pytest.fixture
def course(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return small_course(farm, tmp_path, monkeypatch)


def outcomes(course: Deployment, *words: str, status: int = 0) -> dict[str, str]:
    """Outcome of deploy for each project, by SERVER/PROJECT."""
    found = course.data("deploy", *words, status=status)["results"]
    return {
        f"{each['server']}/{each['project']}": each["outcome"] for each in found if each["outcome"] != "done"
    }


EVERYTHING = ("atlas/_server", "atlas/ada", "atlas/bob", "atlas/eve", "boreas/_server", "boreas/eve")


def test_a_fresh_course_is_created(course: Deployment) -> None:
    atlas, boreas = course.farm["atlas"], course.farm["boreas"]
    assert outcomes(course) == dict.fromkeys(EVERYTHING, "made")
    assert set(atlas.volumes()) == {"linux.ada", "windows.ada", "linux.bob", "windows.bob", "linux.eve"}
    assert set(boreas.volumes()) == {"windows.eve"}
    assert not any("incomplete" in tags for tags in atlas.volumes().values())
    assert atlas.links() == {"xenbr0", "lan.ada", "lan.bob", "lan.eve"}
    assert {file.name for file in (atlas.folder / "configured").iterdir()} == {
        "linux.ada",
        "linux.bob",
        "linux.eve",
    }
    assert (atlas.folder / "etc" / "mln" / "mln.conf").read_text().startswith("# mln.conf")
    completed = atlas.root / "_domains" / "ada" / "windows.cfg"
    assert PASSWORD in completed.read_text()
    assert completed.stat().st_mode & 0o777 == 0o600
    assert atlas.domains() == set()
    assert course.run("drift") == "no differences from the build\n"


def test_a_second_deployment_changes_nothing(course: Deployment) -> None:
    course.run("deploy")
    before = (course.farm["atlas"].folder / "volumes").stat().st_mtime_ns
    assert outcomes(course) == dict.fromkeys(EVERYTHING, "unchanged")
    assert (course.farm["atlas"].folder / "volumes").stat().st_mtime_ns == before


def test_only_changed_files_are_sent_and_applied(course: Deployment) -> None:
    course.run("deploy")
    course.write_project("bob", "atlas", number=2, memory="512M")
    course.build()
    planned = course.data("plan")
    assert [task for task in planned["tasks"] if task["do"] != "unchanged"] == []
    (upgrade,) = planned["upgrades"]
    assert upgrade["plan"]["hosts"]["linux"]["line"] == "~ bob/linux  restart; memory 128 MiB → 512 MiB"
    kinds = [step["kind"] for step in upgrade["plan"]["steps"]]
    assert kinds == ["preflight", "prepare", "stop", "apply", "start"]
    before = course.farm["atlas"].state("bob")["applied"]
    done = outcomes(course)
    assert done.pop("atlas/bob") == "changed"
    assert set(done.values()) == {"unchanged"}
    folder = course.farm["atlas"].root / "bob"
    now = course.farm["atlas"].state("bob")["applied"]
    assert (folder / "current").readlink() == Path("generations") / now
    same = "storage.sh"
    assert (folder / "generations" / before / same).stat().st_ino == (folder / "current" / same).stat().st_ino


def test_a_plan_and_a_dry_run_change_nothing(course: Deployment) -> None:
    text = course.run("plan")
    assert "atlas ada/linux                  create: pv, 128 MiB, 1 volume, 1 vif\n" in text
    assert "6 to apply, 0 unchanged, 0 refused" in text
    course.run("deploy", "--dry-run")
    assert not course.farm["atlas"].root.exists()
    assert not (course.out / "deployed").exists()
    assert not (course.out / ".log").exists()


def test_start_and_stop_change_the_status(course: Deployment) -> None:
    course.run("deploy", "--start", "--project", "ada", "--project", "eve")
    assert course.farm["atlas"].domains() == {"linux.ada", "windows.ada", "linux.eve"}
    states = {f"{vm['project']}/{vm['host']}": vm["state"] for vm in course.data("status")}
    assert states == {
        "ada/linux": "up",
        "ada/windows": "up",
        "bob/linux": "absent",
        "bob/windows": "absent",
        "eve/linux": "up",
        "eve/windows": "up",
    }
    course.run("stop", "--host", "ada/linux")
    assert course.farm["atlas"].domains() == {"windows.ada", "linux.eve"}
    assert "atlas ada/linux    down" in course.run("status", "--host", "atlas")
    course.run("start", "--project", "ada")
    assert course.farm["atlas"].domains() == {"linux.ada", "windows.ada", "linux.eve"}
    (linux, _) = course.data("status", "--project", "ada")
    assert (linux["uptime"], linux["answers"]) == ("0:01:02", False)
    assert outcomes(course, "--start", "--project", "ada")["atlas/ada"] == "unchanged"


def test_a_vm_on_another_server_is_reported_as_elsewhere(course: Deployment) -> None:
    course.run("deploy", "--start")
    atlas, boreas = course.farm["atlas"], course.farm["boreas"]
    (atlas.folder / "domains" / "linux.eve").rename(boreas.folder / "domains" / "linux.eve")
    (found,) = [vm for vm in course.data("status") if vm["state"] == "elsewhere"]
    assert (found["host"], found["remark"]) == ("linux", "runs on boreas")
    assert "boreas eve: domain linux.eve: runs here, but belongs on atlas\n" in course.run("drift", status=2)


THIRD = """\
host third {
	xen
	lvm
	service_host atlas
	template linux.ext4
	memory 128M
	network eth0 {
		switch lan
		address 10.0.0.3/24
	}
}
"""


def test_guest_configuration_is_pending_until_the_vm_is_stopped(course: Deployment) -> None:
    """A new host changes the hosts files of its neighbours, which does not require a restart."""
    course.run("deploy", "--start", "--project", "ada")
    configured = course.farm["atlas"].folder / "configured" / "linux.ada"
    before = configured.read_text()
    with (course.course / "ada.mln").open("a") as file:
        file.write(THIRD)
    course.build()
    assert "linux is up: its guest configuration waits" in course.run("deploy", "--project", "ada")
    assert configured.read_text() == before
    assert course.farm["atlas"].state("ada")["waiting"] == "linux"
    assert "guest configuration pending: linux" in course.run("plan", "--project", "ada")
    course.run("stop", "--project", "ada")
    course.run("deploy", "--project", "ada")
    assert configured.read_text() != before
    assert course.farm["atlas"].state("ada")["waiting"] == ""


def test_a_changed_secret_is_reported_and_deployed_with_again(course: Deployment) -> None:
    """A guest that is down gets the secret at once, a running guest after it was stopped."""
    course.run("deploy", "--start")
    assert "secrets changed" not in course.run("deploy")
    configured = course.farm["atlas"].folder / "configured" / "linux.ada"
    completed = course.farm["atlas"].root / "_domains" / "ada" / "windows.cfg"
    before = configured.read_text()
    secrets = course.course / "secrets.yaml"
    secrets.write_text(secrets.read_text().replace(PASSWORD, "another-otter-72"))
    hint = "secrets changed since they were last deployed: run invoke deploy --again"
    hint += " --project ada --project bob --project eve"
    for command in ("plan", "deploy"):
        assert hint in course.run(command)
    text = course.run("deploy", "--again", "--project", "ada")
    assert "linux is up: its guest configuration waits" in text
    assert "secrets changed" not in text
    assert "--again --project bob --project eve;" in course.run("plan")
    kept = course.out / ".log" / "laid.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "otter" not in kept.read_text()
    course.run("remove", "--project", "bob", "--confirm", "bob", "--stop")
    course.run("deploy", "--again", "--project", "eve")
    assert "secrets changed" not in course.run("plan")
    assert "another-otter-72" in completed.read_text()
    assert configured.read_text() == before
    assert course.farm["atlas"].state("ada")["waiting"] == "linux"
    course.run("stop", "--project", "ada")
    course.run("deploy", "--project", "ada")
    assert configured.read_text() != before
    assert course.farm["atlas"].state("ada")["waiting"] == ""


def test_a_run_opens_one_connection_to_each_server(course: Deployment) -> None:
    """The connection is closed at the end of the run."""
    course.run("deploy", "--start")
    for server in course.farm.servers.values():
        assert (server.folder / "sshd.log").read_text().count("Accepted publickey") == 1
        for _ in range(50):
            if not server.sessions():
                break
            time.sleep(0.1)
        assert server.sessions() == []


def test_drift_reports_changes_made_by_hand(course: Deployment) -> None:
    course.run("deploy")
    atlas = course.farm["atlas"]
    current = atlas.root / "ada" / "current"
    (current / "linux.cfg").write_text("memory = 4096\n")
    (current / "extra.sh").write_text("echo\n")
    (atlas.folder / "volumes").write_text(
        "".join(
            line.replace("mlnc.host=windows", "mlnc.host=other") + "\n"
            for line in (atlas.folder / "volumes").read_text().splitlines()
            if not line.startswith("linux.bob|")
        )
    )
    (atlas.folder / "domains" / "linux.eve").write_text("00000000-0000-4000-8000-000000000000\n")
    (atlas.folder / "etc" / "mln" / "mln.conf").write_text("projects /tmp\n")
    completed = atlas.root / "_domains"
    (completed / "ada" / "windows.cfg").chmod(0o640)
    (completed / "bob" / "windows.cfg").unlink()
    eve = course.farm["boreas"].root / "_domains" / "eve" / "windows.cfg"
    eve.write_text(eve.read_text().replace("memory = 256", "memory = 4096"))
    found = course.data("drift", status=2)
    texts = {f"{each['server']} {each['project']}: {each['what']}" for each in found}
    assert {
        f"atlas ada: {current}/linux.cfg: FAILED",
        f"atlas ada: {current}/extra.sh: not of mlnc",
        "atlas ada: volume course_vg/windows.ada: its tags are not those of this host's volume",
        "atlas bob: volume course_vg/windows.bob: its tags are not those of this host's volume",
        "atlas bob: volume course_vg/linux.bob: absent",
        f"atlas _server: {atlas.folder}/etc/mln/mln.conf: changed",
        f"atlas ada: {completed}/ada/windows.cfg: not for root alone",
        f"atlas bob: {completed}/bob/windows.cfg: absent",
        f"boreas eve: {eve}: changed",
    } <= texts
    assert any("domain linux.eve: runs with the UUID 0000" in text for text in texts)


def test_drift_reports_differences_of_running_domains(course: Deployment) -> None:
    """The simulated toolstack lists the configuration of each domain at its creation, and the current bridges."""
    course.run("deploy", "--start")
    assert course.data("drift") == []
    made = course.farm["atlas"].folder / "domains" / ".made"
    text = (made / "linux.ada").read_text()
    mac = text.partition("mac=")[2].partition(",")[0]
    text = text.replace("memory = 128", "memory = 512").replace("vcpus = 1", "vcpus = 3")
    text = text.replace("bridge=lan.ada", "bridge=lan.bob").replace(
        "/dev/course_vg/linux.ada", "/dev/course_vg/x"
    )
    (made / "linux.ada").write_text(text)
    (made / "windows.bob").unlink()
    found = course.data("drift", status=1)
    assert [(each["project"], each["what"], each["unknown"]) for each in found] == [
        ("ada", "domain linux.ada: runs with 512 MiB of memory, not 128", False),
        ("ada", "domain linux.ada: runs with 3 virtual CPUs, not 1", False),
        ("ada", "domain linux.ada: disk xvda1 uses /dev/course_vg/x, not /dev/course_vg/linux.ada", False),
        ("ada", f"domain linux.ada: vif {mac} uses lan.bob, not lan.ada", False),
        ("bob", "domain windows.bob: runs, but the toolstack does not report its configuration", True),
    ]
    course.run("stop", "--project", "bob")
    assert {each["project"] for each in course.data("drift", status=2)} == {"ada"}


def test_drift_reports_missing_bridges(course: Deployment) -> None:
    """The bridges of a stopped project are absent, which is not drift."""
    course.run("deploy")
    handle = course.farm["atlas"].folder / "net"
    subprocess.run(["nsenter", f"--net={handle}", "ip", "link", "del", "lan.bob"], check=True)
    (found,) = course.data("drift", status=2)
    assert found["what"] == "bridge lan.bob: absent"
    course.run("start", "--project", "bob")
    course.run("stop", "--project", "bob")
    assert "lan.bob" not in course.farm["atlas"].links()
    assert course.data("drift") == []
    course.run("start", "--project", "bob")
    subprocess.run(["nsenter", f"--net={handle}", "ip", "link", "del", "lan.bob"], check=True)
    (found,) = course.data("drift", status=2)
    assert found["what"] == "bridge lan.bob: absent"


def test_drift_compares_a_size_with_the_template_of_the_volume(course: Deployment) -> None:
    """After the template is replaced, the size is no longer compared."""
    site = course.course / "site.mln"
    source = (course.course / "ada.mln").read_text()
    template = "template linux.ext4\n"
    (course.course / "ada.mln").write_text(source.replace(template, f"{template}\tfree_space 8M\n"))
    course.build()
    course.run("deploy", "--project", "ada")
    atlas = course.farm["atlas"]
    table = atlas.folder / "volumes"
    whole = table.read_text()
    assert "linux.ada|12582912|" in whole
    assert course.data("drift", "--project", "ada") == []
    table.write_text(whole.replace("linux.ada|12582912|", "linux.ada|16777216|"))
    (found,) = course.data("drift", "--project", "ada", status=2)
    assert found["what"] == "volume course_vg/linux.ada: has 16777216 bytes, not 12582912"
    table.write_text(whole)
    linux = Path(site.read_text().partition("templates ")[2].split()[0]) / "linux.ext4"
    linux.write_bytes(b"another" * 10**6)
    (found,) = course.data("drift", "--project", "ada", status=2)
    assert (
        "another version of the template linux.ext4; recreate it with invoke rebuild ada/linux"
        in found["what"]
    )


def test_remove_deletes_a_project_and_its_data(course: Deployment) -> None:
    course.run("deploy", "--start")
    assert "give --confirm eve" in course.run("remove", "--project", "eve", status=1)
    assert "stop it first, or use --stop" in course.run(
        "remove", "--project", "eve", "--confirm", "eve", status=1
    )
    assert "linux.eve" in course.farm["atlas"].volumes()
    course.run("remove", "--project", "eve", "--confirm", "eve", "--stop")
    for server in course.farm.servers.values():
        assert not any(
            name.endswith(".eve") for name in (*server.volumes(), *server.domains(), *server.links())
        )
        assert not (server.root / "eve").exists()
        assert not (server.root / "_domains" / "eve").exists()
    assert not (course.out / "deployed" / "eve.yaml").exists()
    assert course.farm["atlas"].domains() == {"linux.ada", "windows.ada", "linux.bob", "windows.bob"}
    assert outcomes(course)["boreas/eve"] == "made"


def test_a_project_that_is_no_longer_built_is_reported(course: Deployment) -> None:
    course.run("deploy")
    (course.course / "bob.mln").unlink()
    course.build()
    assert "invoke remove --project bob --host atlas" in course.run("deploy")
    course.run("remove", "--project", "bob", "--confirm", "bob")
    assert not any(name.endswith(".bob") for name in course.farm["atlas"].volumes())


def test_deployed_restores_a_lost_record(course: Deployment) -> None:
    course.run("deploy")
    record = course.out / "deployed" / "eve.yaml"
    before = record.read_bytes()
    for file in (course.out / "deployed").iterdir():
        file.unlink()
    assert outcomes(course) == dict.fromkeys(EVERYTHING, "unchanged")  # same generations, so no conflict
    assert record.read_bytes() == before
    record.unlink()
    course.write_project("eve", "atlas", "boreas", number=3, memory="256M")
    course.build()
    refused = course.data("deploy", "--project", "eve", status=3)
    assert any("out/deployed has no record of it" in each["message"] for each in refused["results"])
    course.run("deployed")
    assert record.read_bytes() == before
    refused = course.data("deploy", "--project", "eve", status=3)
    assert any("Build again, and review" in each["message"] for each in refused["results"])
    course.build()
    assert outcomes(course)["atlas/eve"] == "changed"


def test_deployed_restores_the_record_of_the_source_of_a_move(course: Deployment) -> None:
    course.run("deploy", "--start")
    record = course.out / "deployed" / "eve.yaml"
    before = record.read_bytes()
    course.write_project("eve", "boreas", number=3)
    course.build()
    said = course.run("start", "--project", "eve", status=1)
    assert "linux runs on atlas: 'invoke deploy' moves it to boreas" in said
    assert "atlas eve" not in said
    record.unlink()
    course.build()
    said = course.run("plan", status=3)
    assert "atlas eve: deployed there, but neither built for this server nor in out/deployed" in said
    assert "invoke remove --project eve" not in said
    course.run("deployed")
    assert record.read_bytes() == before
    course.build()
    assert "eve/linux  migrate copy  atlas → boreas" in course.run("plan")


def test_a_vm_moved_by_an_unfinished_upgrade_is_up(course: Deployment) -> None:
    course.run("deploy", "--start")
    course.write_project("eve", "boreas", number=3)
    course.build()
    before, after = (course.farm[name].folder / "domains" / "linux.eve" for name in ("atlas", "boreas"))
    before.rename(after)
    (linux,) = (vm for vm in course.data("status", "--project", "eve") if vm["host"] == "linux")
    assert (linux["state"], linux["server"]) == ("up", "boreas")
    assert "unfinished upgrade" in linux["remark"]


def test_start_refuses_a_build_that_is_not_deployed(course: Deployment) -> None:
    course.run("deploy")
    course.write_project("ada", "atlas", memory="256M")
    course.build()
    assert "If it was built anew since, run 'invoke deploy' first" in course.run(
        "start", "--project", "ada", status=1
    )


def test_a_closed_standard_output_does_not_interrupt_the_work(course: Deployment) -> None:
    """``| head`` closes the pipe when it has read enough lines."""
    unread = course.process("deploy")
    assert unread.stdout is not None
    unread.stdout.close()
    assert unread.wait() == 0
    assert outcomes(course) == dict.fromkeys(EVERYTHING, "unchanged")
    unread = course.process("status", "--json")
    assert unread.stdout is not None
    unread.stdout.close()
    assert unread.wait() == 0


def test_three_generations_are_kept(course: Deployment) -> None:
    for memory in (128, 160, 192, 224, 256):
        course.write_project("ada", "atlas", memory=f"{memory}M")
        course.build()
        course.run("deploy", "--project", "ada")
    folder = course.farm["atlas"].root / "ada"
    kept = {each.name for each in (folder / "generations").iterdir()}
    assert len(kept) == 3
    assert course.farm["atlas"].state("ada")["applied"] in kept


def test_units_start_and_stop_projects_with_each_server(course: Deployment) -> None:
    """All projects need the shutdown unit, also those without autostart: xendomains would save their domains."""
    units = ["mlnc-shutdown.service", "mlnc-projects.service"]
    course.run("deploy")
    for server in ("atlas", "boreas"):
        folder = course.farm[server].folder
        for unit in units:
            assert "Generated by mlnc" in (folder / "etc" / "systemd" / "system" / unit).read_text()
        told = (folder / "systemctl.log").read_text().splitlines()
        assert told == [f"--quiet enable {' '.join(units)}", "start mlnc-shutdown.service"]
    course.run("deploy", "--again", "--project", "ada")
    told = (course.farm["atlas"].folder / "systemctl.log").read_text().splitlines()
    assert told[2:] == [f"show --property=ActiveState,NeedDaemonReload {' '.join(units)}"]
    assert course.data("drift") == []


@pytest.mark.parametrize("unit", ["mlnc-shutdown.service", "mlnc-projects.service"])
def test_a_changed_unit_is_drift_and_is_restored(course: Deployment, unit: str) -> None:
    course.run("deploy")
    file = course.farm["atlas"].folder / "etc" / "systemd" / "system" / unit
    text = file.read_text()
    file.write_text("# Generated by mlnc, and changed by hand\n")
    (found,) = course.data("drift", status=2)
    assert found["what"] == f"{file}: changed"
    file.unlink()
    (found,) = course.data("drift", status=2)
    assert found["what"] == f"{file}: absent"
    course.run("deploy", "--again", "--project", "ada")
    assert file.read_text() == text


def test_a_unit_that_is_not_active_is_started(course: Deployment) -> None:
    """An inactive shutdown unit does not stop domains at shutdown."""
    course.run("deploy")
    atlas = course.farm["atlas"]
    (atlas.folder / "systemctl.log").unlink()
    (atlas.folder / "inactive").touch()
    (found,) = course.data("drift", status=2)
    assert found["what"].startswith("mlnc-shutdown.service: not active")
    course.run("deploy", "--again", "--project", "ada")
    assert "start mlnc-shutdown.service" in (atlas.folder / "systemctl.log").read_text().splitlines()


def test_only_projects_with_autostart_start_with_the_server(course: Deployment) -> None:
    course.run("deploy")
    atlas = course.farm["atlas"]
    script = atlas.root / "_server" / "current" / "mlnc-projects.sh"
    assert "run_project ada start" not in script.read_text()
    source = (course.course / "ada.mln").read_text()
    (course.course / "ada.mln").write_text(source.replace("project ada", "project ada\n\tautostart"))
    course.build()
    course.run("deploy")
    assert "run_project ada start" in script.read_text()
    assert "enable" not in (atlas.folder / "systemctl.log").read_text().splitlines()[-1]


def test_a_foreign_mln_conf_is_kept(course: Deployment) -> None:
    file = course.farm["atlas"].folder / "etc" / "mln" / "mln.conf"
    file.parent.mkdir()
    file.write_text("projects /home/mln\n")
    assert "kept" in course.run("deploy")
    assert file.read_text() == "projects /home/mln\n"


def test_log_prints_the_transcript(course: Deployment) -> None:
    course.run("deploy", "--project", "ada")
    (file,) = (course.out / ".log").glob("*.jsonl")
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    (storage,) = [entry for entry in entries if entry["step"] == "storage.sh"]
    assert (storage["server"], storage["project"], storage["exit"]) == ("atlas", "ada", 0)
    assert storage["output"] == ["mlnc: made linux.ada", "mlnc: made windows.ada"]
    assert len(storage["hash"]) == 64
    assert "atlas ada: storage.sh" in course.run("log")
    assert course.data("log") == entries


def test_dry_runs_print_json(course: Deployment) -> None:
    words = ("--dry-run", "--host", "ada/linux", "--host", "boreas")
    assert course.data("stop", *words) == [
        {"server": "atlas", "project": "ada", "hosts": ["linux"], "do": "stop"},
        {"server": "boreas", "project": "eve", "hosts": [], "do": "stop"},
    ]
    assert course.run("stop", *words) == "would stop ada linux on atlas\nwould stop eve on boreas\n"
