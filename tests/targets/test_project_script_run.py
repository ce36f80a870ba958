"""The life of projects with a pretended toolstack: what starts, what stops, and what is never touched."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from bundles import lay_course, needs_root, run, stub
from checkout import TESTS
from courses import SERVER, by_role, course, disk, host, interface, project, service_host, switch, volume
from lvm_sandbox import lvm_sandbox

from mlnc.ir.model import Course, Host, Secret, Vnc
from mlnc.targets.network import network_target
from mlnc.targets.shell import project_script
from mlnc.targets.xen import xen_target

TOOLSTACK = TESTS / "data" / "toolstack"
OTHER_UUID = "99999999-9999-5999-8999-999999999999"


def vm(name: str, order: int = 99, **changes: Any) -> Host:
    """A host of the project demo; its UUID and address end in its boot order."""
    named = f"{name}.demo"
    plain = host(
        domain=named,
        uuid=f"6f1c1b1e-0000-5000-8000-{order:012}",
        boot_order=order,
        volumes=by_role(volume(name=named, path=f"/dev/san_vg/{named}")),
        disks=(disk(path=f"/dev/san_vg/{named}"),),
        interfaces={"eth0": interface(address=f"10.0.0.{order}")},
    )
    return replace(plain, **changes)


HOSTS = {"web": vm("web", 20), "db": vm("db", 10), "mail": vm("mail", 21, boot_order=20)}


@dataclass
class Server:
    """A service host with the files of a course and a pretended toolstack."""

    folder: Path

    @property
    def domains(self) -> Path:
        return self.folder / "domains"

    def script(self, *words: str, status: int = 0, given: str = "") -> str:
        """Run project.sh; what it says, messages and errors."""
        file = self.folder / "hosts" / SERVER / "demo" / "project.sh"
        done = run(file, *words, path=self.path(), status=status, given=given, **self.variables())
        return done.stdout + done.stderr

    def path(self) -> list[Path]:
        return [self.folder / "bin", TOOLSTACK]

    def variables(self) -> dict[str, str]:
        return {
            "TOOLSTACK": str(self.domains),
            "MLNC_LOCK_DIR": str(self.folder),
            "MLNC_DOMAINS": str(self.folder / "completed"),
            "MLNC_SAVED": str(self.folder / "save"),
            "MLNC_ETC": str(self.folder / "etc"),
        }

    def running(self) -> set[str]:
        return {file.name for file in self.domains.iterdir() if not file.name.startswith(".")}

    def log(self) -> list[str]:
        """What the toolstack was told to do."""
        file = self.domains / ".log"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if not line.startswith("list")]

    def volumes(self, *rows: str) -> None:
        """What lvs reports of san_vg: NAME|BYTES|ATTRIBUTES|ORIGIN|TAGS."""
        table = "".join(f"  {row}\\n" for row in rows)
        stub(self.folder / "bin", "lvs", f"printf '{table}'")

    def whole(self, *names: str) -> None:
        self.volumes(*(f"{name}.demo|4294967296|-wi-a-----||mlnc,mlnc.project=demo" for name in names))


def served(folder: Path, made: Course) -> Server:
    """A server with the files of the course, whose volumes are whole and whose bridges are there."""
    needs_root()
    lay_course(folder, made, project_script.emit(made), network_target.emit(made), xen_target.emit(made))
    server = Server(folder)
    server.domains.mkdir()
    for command in ("ip", "lvchange", "bridge"):
        stub(folder / "bin", command, f'echo "{command} $*" >>"$TOOLSTACK/.log"')
    server.whole(*made.projects["demo"].hosts)
    return server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """The server of the hosts db, web and mail, which start in this order."""
    return served(tmp_path, course(project(hosts=HOSTS)))


def created(server: Server) -> list[str]:
    return [Path(line.split()[1]).stem for line in server.log() if line.startswith("create")]


def test_start_by_boot_order_then_name(server: Server) -> None:
    assert server.script("start") == "mlnc: started db\nmlnc: started mail\nmlnc: started web\n"
    assert created(server) == ["db", "mail", "web"]
    assert server.running() == {"db.demo", "mail.demo", "web.demo"}


def test_what_runs_is_left_alone(server: Server) -> None:
    server.script("start")
    assert server.script("start") == "mlnc: unchanged db\nmlnc: unchanged mail\nmlnc: unchanged web\n"
    assert created(server) == ["db", "mail", "web"]


def test_single_hosts(server: Server) -> None:
    server.script("start", "web", "db")
    assert created(server) == ["db", "web"]
    server.script("stop", "web")
    assert server.running() == {"db.demo"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["start", "nobody"], "demo has no host nobody on this server"),
        (["start", "*"], "no host has the name '*'"),
        (["start", "--wait", "soon"], "--wait takes seconds"),
        (["start", "--wait"], "--wait takes seconds"),
        (["stop", "--wait", "1"], "stop does not know --wait"),
        (["restart"], "usage"),
        ([], "usage"),
    ],
)
def test_command_line(server: Server, words: list[str], message: str) -> None:
    assert message in server.script(*words, status=1)
    assert server.running() == set()


def test_stop_in_the_opposite_order(server: Server) -> None:
    server.script("start")
    said = server.script("stop")
    assert said == "mlnc: stopped mail\nmlnc: stopped web\nmlnc: stopped db\n"
    assert [line for line in server.log() if "shutdown" in line][-1] == "shutdown -F db.demo"
    assert server.running() == set()
    assert "unchanged db" in server.script("stop")


def test_one_that_does_not_shut_down_is_destroyed(tmp_path: Path) -> None:
    server = served(tmp_path, course(project(hosts=HOSTS, stop_timeout_seconds=1)))
    server.script("start")
    (server.domains / ".stubborn").write_text("web.demo\n")
    said = server.script("stop")
    assert "web did not shut down within 1 seconds and is destroyed" in said
    assert "mlnc: destroyed web" in said
    assert [line for line in server.log() if line.startswith("destroy")] == ["destroy web.demo"]
    assert server.running() == set()


@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_domain_of_somebody_else_is_never_touched(tmp_path: Path, toolstack: str) -> None:
    made = course(project(hosts=HOSTS), service_hosts={SERVER: service_host(toolstack=toolstack)})
    server = served(tmp_path, made)
    (server.domains / "mail.demo").write_text(OTHER_UUID)
    for verb in ("start", "stop"):
        said = server.script(verb, status=1)
        assert (
            "a domain mail.demo runs here, but its UUID is not 6f1c1b1e-0000-5000-8000-000000000021" in said
        )
    assert server.running() == {"mail.demo"}
    assert server.log() == []
    assert server.script("status", status=3) == "db down\nmail foreign\nweb down\n"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("volume", "web cannot start: its volume san_vg/web.demo does not exist"),
        ("foreign", "a domain web.demo runs here, but its UUID is not"),
    ],
)
def test_a_server_that_boots_starts_what_can_be_started(server: Server, fault: str, message: str) -> None:
    if fault == "volume":
        server.whole("db", "mail")
    else:
        (server.domains / "web.demo").write_text(OTHER_UUID)
    assert message in server.script("start", status=1)
    assert created(server) == []
    said = server.script("start", "--able", "--wait", "5", status=1)
    assert message in said
    assert "mlnc: error: not started: web" in said
    assert created(server) == ["db", "mail"]
    assert "stopped with status 1: the others are started" in said


def saved(server: Server, name: str, uuid: str, folder: str = "save") -> Path:
    """The memory of a domain as xendomains leaves it: a header, what the domain was made of, and then pages."""
    file = server.folder / folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(
        b"Xen saved domain, xl format\n \0 \r" + f'{{"uuid": "{uuid}"}}'.encode() + b"\0\xff" * 70000
    )
    return file


@pytest.mark.parametrize("verb", ["start", "stop"])
def test_memory_that_xendomains_saved_is_not_left_for_a_later_boot(server: Server, verb: str) -> None:
    """It would be restored on a disk that has changed; stop drops it too, for the next boot comes before a start."""
    ours = saved(server, "web.demo", HOSTS["web"].uuid)
    others = saved(server, "db.demo", OTHER_UUID), saved(server, "mail.other", HOSTS["mail"].uuid)
    said = server.script(verb)
    assert f"removed {ours}, the saved memory of web from the last stop of this server" in said
    assert not ours.exists()
    assert all(file.exists() for file in others)


@pytest.mark.parametrize(
    "line", ["XENDOMAINS_SAVE={}", 'XENDOMAINS_SAVE="{}"', "  XENDOMAINS_SAVE='{}' # here"]
)
@pytest.mark.parametrize("place", ["default", "sysconfig"])
def test_saved_memory_is_found_where_xendomains_keeps_it(server: Server, line: str, place: str) -> None:
    settings = server.folder / "etc" / place / "xendomains"
    settings.parent.mkdir(parents=True)
    said = line.format(server.folder / "kept")
    settings.write_text(f"# XENDOMAINS_SAVE=/elsewhere\n{said}\nXENDOMAINS_RESTORE=true\n")
    ours = saved(server, "web.demo", HOSTS["web"].uuid, "kept")
    server.script("start")
    assert not ours.exists()


def test_saved_memory_of_one_that_runs_or_is_not_meant_stays(server: Server) -> None:
    server.script("start", "web")
    files = [saved(server, f"{name}.demo", HOSTS[name].uuid) for name in ("web", "mail")]
    server.script("start", "web", "db")
    assert all(file.exists() for file in files)


def test_xm(tmp_path: Path) -> None:
    server = served(
        tmp_path, course(project(hosts=HOSTS), service_hosts={SERVER: service_host(toolstack="xm")})
    )
    server.script("start")
    assert server.script("status") == "db up\nmail up\nweb up\n"
    assert "unchanged db" in server.script("start")
    server.script("stop")
    assert server.running() == set()


@pytest.mark.parametrize("name", ["db.demo--incoming", "db.demo--migratedaway", "migrating-db.demo"])
def test_a_migrating_domain_is_not_started(server: Server, name: str) -> None:
    (server.domains / name).write_text("6f1c1b1e-0000-5000-8000-000000000010")
    assert "migrates to or from this server" in server.script("start", status=1)
    assert server.script("status", "db", status=3) == "db moving\n"
    assert created(server) == []


def test_toolstack_without_hypervisor(server: Server) -> None:
    (server.domains / ".broken").write_text("")
    for verb in ("start", "stop", "status"):
        assert "xl list does not answer" in server.script(verb, status=1)


def test_start_that_fails_says_what_runs_and_goes_on_later(server: Server) -> None:
    (server.domains / ".failing").write_text("mail.demo\n")
    said = server.script("start", status=1)
    assert "xl could not create the domain mail.demo" in said
    assert "db and the hosts before it are started; run this again for the rest" in said
    assert server.running() == {"db.demo"}
    (server.domains / ".failing").unlink()
    assert server.script("start") == "mlnc: unchanged db\nmlnc: started mail\nmlnc: started web\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "db.demo|4294967296|-wi-a-----||mlnc,mlnc.incomplete,mlnc.project=demo",
            "san_vg/db.demo is not whole",
        ),
        ("other|4294967296|-wi-a-----||", "san_vg/db.demo does not exist"),
    ],
)
def test_no_start_without_a_whole_volume(server: Server, row: str, message: str) -> None:
    server.volumes(row)
    said = server.script("start", status=1)
    assert f"db cannot start: its volume {message}" in said
    assert "nothing was changed" in said
    assert server.log() == []
    assert server.script("status", "db", status=3) == "db absent\n"


def test_volume_is_activated_by_start_alone(server: Server) -> None:
    server.volumes("db.demo|4294967296|-wi-------||mlnc")
    server.script("status", "db", status=3)
    assert server.log() == []
    server.script("start", "db")
    assert "lvchange -ay san_vg/db.demo" in server.log()


def test_no_start_without_bridge(server: Server) -> None:
    stub(server.folder / "bin", "ip", "exit 1")
    assert "db cannot start: there is no bridge xenbr0" in server.script("start", status=1)
    assert created(server) == []


def test_no_start_without_a_disk_that_is_not_ours(tmp_path: Path) -> None:
    image = tmp_path / "data.img"
    mounted = vm(
        "db", disks=(disk(path="/dev/san_vg/db.demo"), disk(device="xvda3", role="mount", path=str(image)))
    )
    server = served(tmp_path, course(project(hosts={"db": mounted})))
    assert f"its disk {image} does not exist" in server.script("start", status=1)
    image.write_text("")
    server.script("start")


def test_real_lvm_says_what_is_whole(tmp_path: Path) -> None:
    made = course(project(hosts={"db": vm("db")}))
    (tmp_path / "lvm").mkdir()
    with lvm_sandbox(tmp_path / "lvm") as sandbox:
        server = served(tmp_path / "server", made)
        (server.folder / "bin/lvs").unlink()
        (server.folder / "bin/lvchange").unlink()
        sandbox.volume_group("san_vg", 64)
        sandbox.run("lvcreate", "--yes", "-n", "db.demo", "-L", "8M", "san_vg", "--addtag", "mlnc.incomplete")
        file = server.folder / "hosts" / SERVER / "demo" / "project.sh"
        words = [
            "env",
            *(f"{name}={value}" for name, value in server.variables().items()),
            str(file),
            "start",
        ]
        first = tuple(server.path())
        assert "is not whole" in sandbox.run(*words, check=False, first=first).stderr
        sandbox.run("lvchange", "--deltag", "mlnc.incomplete", "san_vg/db.demo")
        assert sandbox.run(*words, first=first).stdout.endswith("mlnc: started db\n")
    assert server.running() == {"db.demo"}


# --- secrets ---------------------------------------------------------------------------------------------------------

GUARDED = course(project(hosts={"db": vm("db", vnc=Vnc("127.0.0.1", 1, None, Secret("demo/db/vncpasswd")))}))
GIVEN = "demo/db/vncpasswd\tS3cret#&=\nother\tx\n"


def test_secret_is_asked_for(tmp_path: Path) -> None:
    server = served(tmp_path, GUARDED)
    said = server.script("start", status=1)
    assert "its domain file needs the secret demo/db/vncpasswd; run project.sh complete first" in said
    assert created(server) == []


def test_secret_goes_into_a_file_that_root_alone_reads(tmp_path: Path) -> None:
    server = served(tmp_path, GUARDED)
    assert server.script("complete", given=GIVEN) == "mlnc: completed db\n"
    copy = server.folder / "completed/demo/db.cfg"
    plain = (server.folder / "hosts" / SERVER / "demo/db.cfg").read_text()
    first, _, rest = copy.read_text().partition("\n")
    assert sha256(plain.encode()).hexdigest() in first
    assert rest == plain.replace("@secret/demo/db/vncpasswd@", "S3cret#&=")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o077 == 0
    assert [file.name for file in copy.parent.iterdir()] == ["db.cfg"]
    server.script("start")
    assert server.log()[-1] == f"create {copy}"


def test_completed_file_serves_until_the_domain_file_changes(tmp_path: Path) -> None:
    server = served(tmp_path, GUARDED)
    server.script("complete", given=GIVEN)
    server.script("start")
    server.script("stop")
    file = server.folder / "hosts" / SERVER / "demo/db.cfg"
    file.write_text(file.read_text().replace("memory = 256", "memory = 512"))
    assert "needs the secret" in server.script("start", status=1)
    server.script("complete", given=GIVEN)
    server.script("start")


def test_secret_is_seen_by_no_command_it_runs(tmp_path: Path) -> None:
    server = served(tmp_path, GUARDED)
    seen = tmp_path / "seen"
    for command in ("awk", "cat", "grep", "head", "mkdir", "mv", "sha256sum"):
        stub(tmp_path / "bin", command, f'{{ echo "$@"; env; }} >>{seen}; exec /usr/bin/{command} "$@"')
    said = server.script("complete", given=GIVEN) + server.script("start")
    assert len(seen.read_text().splitlines()) > 20
    assert "S3cret" not in seen.read_text() + said


@pytest.mark.parametrize("value", ["with blank", "a,b", "it's", '"', "back\\slash", "tab\tin", "ø", "'", ""])
def test_secret_that_would_break_the_file(tmp_path: Path, value: str) -> None:
    server = served(tmp_path, GUARDED)
    said = server.script("complete", given=f"demo/db/vncpasswd\t{value}\n", status=1)
    assert value not in said or len(value) < 2
    assert "secret demo/db/vncpasswd" in said
    assert not (server.folder / "completed/demo/db.cfg").exists()


# --- switches and hooks ----------------------------------------------------------------------------------------------

ALL_HOOKS = [
    f"{when}{what}{verb}"
    for verb in ("Start", "Stop")
    for when in ("before", "after")
    for what in ("Project", "Hosts")
]


def hooked(tmp_path: Path, **lines: str) -> Server:
    """A server whose project has a switch and all hooks, each of which writes its name to the toolstack's log."""
    texts = {hook: (f'echo hook {hook} >>"$TOOLSTACK/.log"', lines.get(hook, "true")) for hook in ALL_HOOKS}
    made = course(project(hosts={"db": vm("db")}, hooks=texts, switches={"lan": switch()}))
    server = served(tmp_path, made)
    for command, text in (("network.sh", 'echo "network $1" >>"$TOOLSTACK/.log"'),):
        stub(tmp_path / "hosts" / SERVER / "demo", command, text)
    return server


def steps(server: Server) -> list[str]:
    named = [line for line in server.log() if line.split()[0] in ("hook", "network", "create", "shutdown")]
    return [line.split()[1] if line.startswith("hook") else line.split("/")[0].strip() for line in named]


def test_order_of_a_whole_project(tmp_path: Path) -> None:
    server = hooked(tmp_path)
    server.script("start")
    server.script("stop")
    assert steps(server) == [
        *(
            "beforeProjectStart",
            "network up",
            "beforeHostsStart",
            "create",
            "afterHostsStart",
            "afterProjectStart",
        ),
        *("beforeProjectStop", "beforeHostsStop", "shutdown -F db.demo"),
        *("afterHostsStop", "network down", "afterProjectStop"),
    ]


def test_single_host_runs_no_hook_and_keeps_the_network(tmp_path: Path) -> None:
    server = hooked(tmp_path)
    server.script("start", "db")
    server.script("stop", "db")
    assert steps(server) == ["network up", "create", "shutdown -F db.demo"]


@pytest.mark.parametrize("hook", ALL_HOOKS)
def test_failing_hook_stops(tmp_path: Path, hook: str) -> None:
    server = hooked(tmp_path, **{hook: "exit 7"})
    if hook.endswith("Stop"):
        server.script("start")
    said = server.script("start" if hook.endswith("Start") else "stop", status=1)
    assert f"the hook {hook} ended with status 7" in said
    assert steps(server)[-1] == hook


def test_failing_network_stops(tmp_path: Path) -> None:
    server = hooked(tmp_path)
    stub(tmp_path / "hosts" / SERVER / "demo", "network.sh", "exit 1")
    server.script("start", status=1)
    assert created(server) == []


def test_hook_does_not_read_what_the_script_is_given(tmp_path: Path) -> None:
    server = hooked(tmp_path, beforeProjectStart='cat >>"$TOOLSTACK/.log"')
    server.script("start", given="for somebody else\n")
    assert "somebody" not in "".join(server.log())


def test_completing_needs_no_volume_and_starts_nothing(tmp_path: Path) -> None:
    server = served(tmp_path, GUARDED)
    server.volumes()
    server.script("complete", "db", given=GIVEN)
    assert server.log() == []


# --- waiting and consoles --------------------------------------------------------------------------------------------


def test_wait_for_guests_that_answer(server: Server) -> None:
    stub(server.folder / "bin", "ping", 'echo "ping $*" >>"$TOOLSTACK/.log"; [ "$5" != 10.0.0.21 ]')
    said = server.script("start", "--wait", "1", status=3)
    assert "answers db" in said
    assert "mail does not answer at 10.0.0.21 after 1 seconds" in said
    assert "all are started, but these do not answer: mail" in said
    assert server.running() == {"db.demo", "mail.demo", "web.demo"}
    waited = [line for line in server.log() if line.startswith(("create", "ping"))]
    assert waited[1] == "ping -c 1 -W 1 10.0.0.10"


def test_no_wait_for_a_guest_that_has_ended(server: Server) -> None:
    stub(server.folder / "bin", "ping", 'rm -f "$TOOLSTACK/mail.demo"; [ "$5" != 10.0.0.21 ]')
    stub(server.folder / "bin", "sleep", "exit 0")
    said = server.script("start", "--wait", "3600", status=3)
    assert "mail runs no more: it has ended since it was started" in said
    assert "answers web" in said
    assert "all are started, but these do not answer: mail" in said


REBOOT = """
printf . >>.pings
case $(wc -c <.pings) in
1) mv mail.demo .mail ;;
6) mv .mail mail.demo ;;
7) exit 0 ;;
esac
exit 1
"""


def test_a_guest_that_reboots_is_waited_for(server: Server) -> None:
    """It is gone for a while, then it is there again and answers."""
    stub(server.folder / "bin", "ping", f'[ "$5" = 10.0.0.21 ] || exit 0; cd "$TOOLSTACK"; {REBOOT}')
    stub(server.folder / "bin", "sleep", "exit 0")
    assert "answers mail" in server.script("start", "--wait", "3600")
    assert (server.domains / ".pings").read_text() == "." * 7


def test_console_in_screen(tmp_path: Path) -> None:
    server = served(tmp_path, course(project(hosts={"db": vm("db", console="screen")})))
    stub(server.folder / "bin", "screen", 'echo "screen $*" >>"$TOOLSTACK/.log"')
    server.script("start")
    assert server.log()[-1] == "screen -d -m -S db.demo xl console db.demo"


def test_console_without_display(tmp_path: Path) -> None:
    server = served(tmp_path, course(project(hosts={"db": vm("db", console="xterm")})))
    assert "no console is opened" in server.script("start")
    assert server.running() == {"db.demo"}


def test_lock_is_not_held_by_what_serves_a_domain(server: Server) -> None:
    """A child of create that stays would keep every later start waiting."""
    text = f'[ "$1" = list ] || {{ sleep 30 & }}; exec {TOOLSTACK}/xl "$@"'
    stub(server.folder / "bin", "xl", text.replace("sleep 30", "sleep 30 >/dev/null 2>&1"))
    server.script("start", "db")
    run("flock", "-n", server.folder / "mlnc-life-demo.lock", "true")
