"""Volumes in an upgrade, on real LVM: grown, renamed, discarded, retired, copied; never lost, never duplicated."""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from checkout import TESTS
from courses import SERVER
from lvm_sandbox import DEVICES, Sandbox, lvm_sandbox
from storage_cases import GROUP, MIB, error, image, lv, make_templates, results, storage_sh

WRAPPER = TESTS / "data/faults/command"
UUID = "6f1c1b1e-0000-5000-8000-000000000001"
DOMAIN = ("web", "web.demo", UUID)
ROOT = ("lvm", GROUP, "web.demo", "root")
PLAIN = ("exact", str(16 * MIB), "-", "none")
TAGS = {"mlnc", "mlnc.project=demo", "mlnc.host=web", "mlnc.role=root", f"mlnc.server={SERVER}"}


@dataclass
class Server:
    """A service host with real LVM, and a folder of its own for each test."""

    sandbox: Sandbox
    folder: Path

    @property
    def home(self) -> Path:
        return self.sandbox.folder / "projects/demo"

    def step(
        self,
        *calls: tuple[str, ...],
        mode: str = "do",
        first: tuple[Path, ...] = (),
        before: str = "",
        **more: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a step with these calls, as the runner does."""
        lines = [f"register_call {shlex.join(call)}" for call in calls]
        script = self.folder / "step.sh"
        begin = ['. "${MLNC_LIB:?}/upgrade.sh"', 'upgrade_begin demo 01-test "$@"', before]
        script.write_text("\n".join(["#!/bin/sh", *begin, *lines, "upgrade_end", ""]))
        words = {
            "MLNC_LIB": str(self.folder / f"hosts/{SERVER}/_server/lib"),
            "MLNC_ROOT": str(self.home.parent),
            "MLNC_HOME": str(self.home),
            "MLNC_OLD": str(self.home / "generations/old"),
            "MLNC_NEW": str(self.home / "generations/new"),
            "MLNC_COPY_MIB": "8",
            **more,
        }
        environment = [f"{name}={value}" for name, value in words.items()]
        return self.sandbox.run("env", *environment, "sh", str(script), mode, check=False, first=first)

    def make(self, *volumes: object) -> None:
        """Create volumes as a deployment does."""
        results(storage_sh(self.sandbox, self.folder, *volumes))  # type: ignore[arg-type]

    def fill(self, path: str, mebibytes: int = 12) -> str:
        """Write data as a guest would; return its checksum."""
        self.sandbox.run(
            "sh",
            "-c",
            f"head -c {mebibytes}M /dev/urandom >{self.folder}/data && cat {self.folder}/data >{path}",
        )
        return sha256((self.folder / "data").read_bytes()).hexdigest()

    def tags(self, name: str = "web.demo") -> set[str]:
        return set(self.sandbox.volumes(GROUP)[name].tags)

    def retired(self, call: str) -> str:
        """Run a function of the library for retired volumes."""
        lib = self.folder / f"hosts/{SERVER}/_server/lib"
        text = f'MLNC_LIB={lib}; . "$MLNC_LIB/retired.sh"; retired_begin {self.home.parent}; {call}'
        return self.sandbox.run("sh", "-c", text).stdout


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("upgrade")
    with lvm_sandbox(folder) as made:
        made.volume_group(GROUP, 80)
        make_templates(folder / "templates")
        yield made


@pytest.fixture
def server(sandbox: Sandbox, tmp_path: Path) -> Server:
    """Return a server with one volume of 12 MiB, of the host web, which does not run."""
    sandbox.reset()
    made = Server(sandbox, tmp_path)
    shutil.rmtree(made.home.parent, ignore_errors=True)
    made.home.mkdir(parents=True)
    domains(made)
    made.make(lv("web.demo"))
    return made


def domains(server: Server, *rows: str) -> None:
    """Simulate these domains: NAME STATE UUID."""
    lines = "".join(f"{row.split()[0]} 1 128 1 {row.split()[1]} 0.1 {row.split()[2]} 0 -\\n" for row in rows)
    server.sandbox.stub("xl", f"printf 'Name ID Mem VCPUs State Time(s) UUID\\n{lines}'")


def content(server: Server, name: str = "web.demo") -> bytes:
    return server.sandbox.device(GROUP, name)


# --- grow ------------------------------------------------------------------------------------------------------------


def test_growing_keeps_the_data(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    grow = ("grow_volume", *DOMAIN, *ROOT, *PLAIN)
    assert f"grew {GROUP}/web.demo to {16 * MIB} bytes" in results(server.step(grow))
    assert sha256(content(server)[: 12 * MIB]).hexdigest() == was
    assert results(server.step(grow))[0].startswith("unchanged")
    assert "never shrunk" in error(server.step(grow, mode="undo"))


def test_an_unused_file_system_is_grown(server: Server) -> None:
    linux = lv("linux.demo", template="debian.ext4", resize="ext")
    server.make(linux)
    size = ("exact", str(16 * MIB), "debian.ext4", "ext")
    host = ("linux", "linux.demo", UUID)
    volume = ("lvm", GROUP, "linux.demo", "root")
    results(server.step(("grow_volume", *host, *volume, *size)))
    assert "mlnc.grow" in server.tags("linux.demo")
    bigger = lv("linux.demo", template="debian.ext4", resize="ext", size_bytes=16 * MIB)
    server.sandbox.stub("resize2fs", "exit 1")
    assert "may be grown in part" in error(storage_sh(server.sandbox, server.folder, bigger))
    assert "mlnc.grow" in server.tags("linux.demo")
    (server.sandbox.bin / "resize2fs").unlink()
    assert "grew the file system of linux.demo" in results(storage_sh(server.sandbox, server.folder, bigger))
    assert "mlnc.grow" not in server.tags("linux.demo")
    shown = server.sandbox.run("dumpe2fs", "-h", f"/dev/{GROUP}/linux.demo").stdout
    assert f"Block count:              {16 * MIB // 4096}" in shown
    assert results(storage_sh(server.sandbox, server.folder, bigger)) == ["unchanged linux.demo"]


def test_an_image_grows_while_its_host_is_down(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "web"
    server.make(image(file, "web.demo-data", role="mount"))
    call = ("grow_volume", *DOMAIN, "file", str(file), "-", "mount", *PLAIN)
    domains(server, f"web.demo r----- {UUID}")
    assert "web runs here: stop it first" in error(server.step(call))
    assert file.stat().st_size == 12 * MIB
    domains(server)
    results(server.step(call))
    assert file.stat().st_size == 16 * MIB


# --- rename ----------------------------------------------------------------------------------------------------------

RENAME = ("rename_volume", "web", "www", "demo", "demo", *ROOT, "lvm", GROUP, "www.demo", "root")


def test_a_volume_is_renamed_and_back(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    results(server.step(RENAME))
    assert server.tags("www.demo") == TAGS - {"mlnc.host=web"} | {"mlnc.host=www"}
    assert sha256(content(server, "www.demo")).hexdigest() == was
    assert results(server.step(RENAME))[0] == f"unchanged {GROUP}/www.demo"
    results(server.step(RENAME, mode="undo"))
    assert server.tags() == TAGS
    results(server.step(RENAME, mode="undo"))
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo"}


def test_an_image_is_renamed(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "web"
    server.make(image(file, "web.demo-data", role="mount"))
    new = server.home.parent / "other/images/www"
    call = (
        "rename_volume",
        "web",
        "www",
        "demo",
        "other",
        "file",
        str(file),
        "-",
        "mount",
        "file",
        str(new),
        "-",
        "mount",
    )
    results(server.step(call))
    assert not file.exists()
    assert not file.with_name("web.mlnc").exists()
    assert "mlnc.host=www\n" in new.with_name("www.mlnc").read_text()
    results(server.step(call))
    results(server.step(call, mode="undo"))
    assert file.stat().st_size == 12 * MIB
    assert not new.exists()


def test_a_rename_onto_another_volume_is_refused(server: Server) -> None:
    server.sandbox.run("lvcreate", "--yes", "-n", "www.demo", "-L", "1M", GROUP)
    assert f"{GROUP}/www.demo exists already" in error(server.step(RENAME))
    assert server.tags() == TAGS


def test_a_rename_while_the_host_runs_is_refused(server: Server) -> None:
    domains(server, f"web.demo r----- {UUID}")
    assert "the domain web.demo is there" in error(server.step(RENAME))
    assert server.tags() == TAGS


# --- discard and retire ----------------------------------------------------------------------------------------------

DISCARD = ("discard_volume", *DOMAIN, *ROOT)
RETIRE = ("retire_volume", "web", *ROOT)


def test_a_volume_is_discarded_once_per_generation(server: Server) -> None:
    """A plan that resumes after an interruption does not discard the volume that it has created."""
    assert results(server.step(DISCARD)) == [f"discarded {GROUP}/web.demo", "done 01-test"]
    assert server.sandbox.volumes(GROUP) == {}
    server.make(lv("web.demo"))
    assert "it was discarded before" in results(server.step(DISCARD))[0]
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo"}
    assert "its data are gone" in error(server.step(DISCARD, mode="undo"))
    results(server.step(DISCARD, MLNC_NEW=str(server.home / "generations/newer")))
    assert server.sandbox.volumes(GROUP) == {}


@pytest.mark.parametrize("state", ["r-----", "--p---", "---s--"])
@pytest.mark.parametrize("name", ["web.demo", "web.demo--incoming"])
def test_a_volume_in_use_is_not_removed(server: Server, state: str, name: str) -> None:
    domains(server, f"{name} {state} {UUID}")
    error(server.step(DISCARD))
    error(server.step(RETIRE))
    assert server.tags() == TAGS


@pytest.mark.parametrize("call", [DISCARD, RETIRE])
@pytest.mark.parametrize(
    "tags",
    [("--deltag", "mlnc.host=web"), ("--addtag", "mlnc.server=two", "--deltag", f"mlnc.server={SERVER}")],
)
def test_a_foreign_volume_is_not_touched(
    server: Server, call: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    server.sandbox.run("lvchange", *tags, f"{GROUP}/web.demo")
    before = server.sandbox.volumes(GROUP)
    error(server.step(call))
    assert server.sandbox.volumes(GROUP) == before


def test_a_retired_volume_is_kept_until_it_is_purged(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    results(server.step(RETIRE))
    row = server.retired("list_retired").split()
    assert row[:7] == ["demo", "web", "root", "lvm", GROUP, "web.demo", str(12 * MIB)]
    assert f"mlnc.retired={row[7]}" in server.tags()
    assert "'invoke retired --restore demo/web' brings it back" in error(
        storage_sh(server.sandbox, server.folder, lv("web.demo"))
    )
    assert results(server.step(RETIRE))[0] == f"unchanged {GROUP}/web.demo, which is retired"
    server.retired("restore_retired demo web")
    assert server.tags() == TAGS
    assert sha256(content(server)).hexdigest() == was
    results(server.step(RETIRE))
    assert "nothing of demo/other is retired" in server.retired("purge_retired demo other")
    server.retired("purge_retired demo web")
    assert server.sandbox.volumes(GROUP) == {}


def test_undo_of_retire_makes_the_volume_usable(server: Server) -> None:
    results(server.step(RETIRE))
    results(server.step(RETIRE, mode="undo"))
    assert server.tags() == TAGS


def test_an_image_is_retired(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "web"
    server.make(image(file, "web.demo-data", role="mount"))
    results(server.step(("retire_volume", "web", "file", str(file), "-", "mount")))
    assert server.retired("list_retired").split()[3:6] == ["file", str(file), "-"]
    server.retired("purge_retired demo web")
    assert not file.exists()
    assert server.retired("list_retired") == ""


def test_a_volume_of_a_renamed_host_is_retired_under_its_old_name(server: Server) -> None:
    call = ("retire_volume", "www", *ROOT)
    error(server.step(call))
    results(server.step(call, before="record_former_name www web demo"))
    assert any(tag.startswith("mlnc.retired=") for tag in server.tags())


# --- copies ----------------------------------------------------------------------------------------------------------

NEW = ("lvm", GROUP, "web2.demo", "root")
COPY = ("copy_here", *DOMAIN, *ROOT, *NEW, *PLAIN)


def test_a_volume_is_copied_to_another_volume_group(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    server.sandbox.soil(GROUP)
    results(server.step(("need_copy_here", *COPY[1:]), COPY))
    copied = content(server, "web2.demo")
    assert sha256(copied[: 12 * MIB]).hexdigest() == was
    assert copied[12 * MIB :] == bytes(4 * MIB), "old blocks must not reach the guest"
    assert server.tags("web2.demo") == TAGS | {f"mlnc.from={SERVER}"}
    assert any(tag.startswith("mlnc.retired=") for tag in server.tags())
    assert sha256(content(server)).hexdigest() == was
    results(server.step(("need_copy_here", *COPY[1:]), COPY))


def test_undo_of_a_copy_leaves_the_source_only(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    results(server.step(COPY))
    results(server.step(COPY, mode="undo"))
    assert server.tags() == TAGS
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo"}
    assert sha256(content(server)).hexdigest() == was


def test_a_volume_is_copied_to_a_file_and_back(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    file = server.home / "images/web"
    results(server.step(("copy_here", *DOMAIN, *ROOT, "file", str(file), "-", "root", *PLAIN)))
    assert sha256(file.read_bytes()[: 12 * MIB]).hexdigest() == was
    assert file.stat().st_size == 16 * MIB
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.with_name("web.mlnc-copy").exists()
    results(server.step(("copy_here", *DOMAIN, "file", str(file), "-", "root", *NEW, *PLAIN)))
    assert sha256(content(server, "web2.demo")[: 12 * MIB]).hexdigest() == was


def test_the_last_pass_is_refused_while_the_host_runs(server: Server) -> None:
    domains(server, f"web.demo r----- {UUID}")
    assert "web must be down for the last pass" in error(server.step(COPY))
    assert server.tags() == TAGS


def test_an_existing_volume_is_not_overwritten(server: Server) -> None:
    server.make(lv("web.demo"))
    tags = [word for tag in TAGS for word in ("--addtag", tag)]
    server.sandbox.run("lvcreate", "--yes", "-n", "web2.demo", "-L", "16M", GROUP, *tags)
    before = server.sandbox.volumes(GROUP)
    assert "is no copy of this volume" in error(server.step(COPY))
    assert server.sandbox.volumes(GROUP)["web2.demo"] == before["web2.demo"]


def test_a_copy_without_room_is_refused(server: Server) -> None:
    size = ("exact", str(200 * MIB), "-", "none")
    assert "bytes free" in error(server.step(("need_copy_here", *COPY[1:-4], *size)))
    error(server.step((*COPY[:-4], *size)))
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo"}


# --- the first pass of a copy, while the host runs -------------------------------------------------------------------

FIRST = ("copy_first", *DOMAIN, SERVER, "localhost", "22", *ROOT, *NEW, *PLAIN)
LAST = ("copy_last", *FIRST[1:])


def in_use(server: Server, more: str = "") -> None:
    """Simulate a domain that has the volume open; *more* changes further output of lvs."""
    server.sandbox.stub(
        "lvs", f"/usr/sbin/lvs \"$@\" | sed -e 's/\\( web.demo|[0-9]*|.....\\)./\\1o/' {more}"
    )


def lvcreate(server: Server) -> str:
    """Return the command line in a stub that runs the command it replaces."""
    return f'{"/usr/sbin" if server.sandbox.real_devices else DEVICES}/lvcreate "$@"'


def writes_meanwhile(server: Server) -> None:
    """Make the guest write as soon as a snapshot exists."""
    write = f"printf 'written meanwhile' | dd of=/dev/{GROUP}/web.demo conv=notrunc status=none"
    server.sandbox.stub("lvcreate", f'{lvcreate(server)} || exit\ncase $* in *" -s "*) {write} ;; esac')


def copied(server: Server) -> str:
    return sha256(content(server, "web2.demo")[: 12 * MIB]).hexdigest()


def test_the_first_pass_reads_a_snapshot(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    in_use(server)
    writes_meanwhile(server)
    results(server.step(FIRST))
    assert copied(server) == was
    assert content(server).startswith(b"written meanwhile")
    (server.sandbox.bin / "lvs").unlink()
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo", "web2.demo"}
    results(server.step(LAST))
    assert content(server, "web2.demo")[: 12 * MIB] == content(server)


@pytest.mark.parametrize("reason", ["full", "no room", "no snapshots"])
def test_without_a_snapshot_the_first_pass_reads_the_volume(server: Server, reason: str) -> None:
    server.fill(f"/dev/{GROUP}/web.demo")
    in_use(server, "-e 's/\\(mlnc-copy|[0-9]*|....\\)./\\1I/'" if reason == "full" else "")
    writes_meanwhile(server)
    if reason == "no room":
        server.sandbox.run("lvcreate", "--yes", "-n", "other", "-L", "50M", GROUP)
    if reason == "no snapshots":
        server.sandbox.stub("lvcreate", f'case $* in *" -s "*) exit 5 ;; esac; {lvcreate(server)}')
    done = server.step(FIRST)
    results(done)
    expected = {
        "full": "more was written to",
        "no room": "",
        "no snapshots": "no snapshot of",
    }[reason]
    assert expected in done.stderr
    assert content(server, "web2.demo")[: 12 * MIB] == content(server)
    (server.sandbox.bin / "lvs").unlink()
    assert set(server.sandbox.volumes(GROUP)) - {"other"} == {"web.demo", "web2.demo"}


def test_a_leftover_snapshot_is_removed(server: Server) -> None:
    was = server.fill(f"/dev/{GROUP}/web.demo")
    tags = ("mlnc", "mlnc.project=demo", "mlnc.host=web", "mlnc.role=copy", "mlnc.incomplete")
    words = [word for tag in tags for word in ("--addtag", tag)]
    server.sandbox.run("lvcreate", "--yes", "-n", "web.demo.mlnc-copy", "-L", "2M", GROUP, *words)
    results(server.step(FIRST))
    assert copied(server) == was
    assert set(server.sandbox.volumes(GROUP)) == {"web.demo", "web2.demo"}


# --- interrupted -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fail", "kill"])
@pytest.mark.parametrize(
    "call", [RENAME, COPY, FIRST, ("grow_volume", *DOMAIN, *ROOT, *PLAIN[:3], "ext"), RETIRE]
)
def test_a_second_run_completes_after_an_interruption_at_any_change(
    server: Server, tmp_path: Path, mode: str, call: tuple[str, ...]
) -> None:
    """After each interruption the data are complete under one name; a second run ends as the first would have."""
    faults = tmp_path / "faults"
    faults.mkdir()
    for name in ("lvchange", "lvcreate", "lvextend", "lvrename", "dd"):
        (faults / name).symlink_to(WRAPPER)
    was = server.fill(f"/dev/{GROUP}/web.demo")
    results(server.step(call))
    wanted = {name: volume.tags for name, volume in server.sandbox.volumes(GROUP).items()}
    for at in count(1):
        for name in server.sandbox.volumes(GROUP):
            server.sandbox.run("lvremove", "--yes", f"{GROUP}/{name}")
        server.make(lv("web.demo"))
        server.sandbox.run("sh", "-c", f"cat {tmp_path}/data >/dev/{GROUP}/web.demo")
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        path = server.sandbox.environment()["PATH"]
        fault = {"FAULT_LOG": str(log), "FAULT_MODE": mode, "FAULT_AT": str(at), "FAULT_PATH": path}
        server.step(call, first=(faults,), **fault)
        if not log.exists() or len(log.read_text().splitlines()) < at:
            break
        left = server.sandbox.volumes(GROUP)
        whole = [name for name, volume in left.items() if "mlnc.incomplete" not in volume.tags]
        assert all(sha256(content(server, name)[: 12 * MIB]).hexdigest() == was for name in whole), at
        results(server.step(call))
        assert {name: volume.tags for name, volume in server.sandbox.volumes(GROUP).items()} == wanted, at
    assert at > 1
