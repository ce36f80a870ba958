"""How long deploying takes, beside other engines that do the same: ``python -m bench.deploy [--servers N ...]``.

For each number of servers (1, 3 and 10, unless others are named) it starts sshds on the loopback, with stand-ins for
LVM and Xen as in the tests, and spreads ``course/`` over them. By turns ``invoke deploy``, our playbook under
``ansible-playbook``, pyinfra and Fabric deploy it afresh, and then again with nothing changed. All of them hold the
files against the manifest, and run the same text on the servers, with the same bundles; pyinfra and Fabric take both
from ``out/ansible/files``. After every run each server must have every bundle in force, whole. It prints seconds, the
CPU seconds of the desk (not of the servers, but connections left in the background count), and how many times as long
as ``invoke deploy`` each took. All use the same key exchange, for that of today's OpenSSH, which pyinfra and Fabric do
not know, takes a tenth of a second. Every engine has run once before it is measured, and is compiled as pip does it,
for Invoke and Fabric let Python write nothing of what it compiles.
The other engines are installed into a virtual environment, ``--engines``, by pip. Needs root.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from compileall import compile_dir
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.lab import ROOT, Lab, lab
from bench.usage import Usage, adopt_orphans, usage_of

ENGINES = Path(__file__).parent / "engines"
OURS = "invoke"
CASES = ("fresh", "unchanged")


@dataclass(frozen=True)
class Engine:
    """A program that deploys: its command line, and what its environment has besides."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)


def engines(made: Lab, folder: Path, programs: Path | None) -> list[Engine]:
    """Ours, and where *programs* names the environment they are installed in, the others."""
    out = str(made.out)
    ours = Engine(
        OURS, (sys.executable, "-m", "invoke", "-r", str(folder), "deploy", "--unreviewed", "--out", out)
    )
    if programs is None:
        return [ours]
    plan = folder / "plan.json"
    made.plan(plan)
    planned = {"PLAN": str(plan), "PYTHONPATH": str(ENGINES)}
    playbook, inventory = made.out / "ansible/deploy.yaml", made.out / "ansible/inventory.yaml"
    tool = programs / "bin"
    ansible = (
        str(tool / "ansible-playbook"),
        "-f",
        "10",
        "-i",
        str(inventory),
        str(playbook),
        "-e",
        "mlnc_base=server",
    )
    pyinfra = (str(tool / "pyinfra"), "-y", str(ENGINES / "inventory.py"), str(ENGINES / "pyinfra_deploy.py"))
    fabric = (str(tool / "fab"), "-r", str(ENGINES), "deploy")
    return [
        ours,
        Engine("ansible", ansible, {"ANSIBLE_HOME": str(folder / "ansible")}),
        Engine("pyinfra", pyinfra, planned),
        Engine("fabric", fabric, planned),
    ]


def run(made: Lab, engine: Engine) -> Usage:
    """Let *engine* deploy, over connections of its own. Exits where it fails."""
    with tempfile.TemporaryDirectory(prefix="mb-") as sockets, tempfile.TemporaryFile() as said:
        variables = {
            "PATH": made.farm.path,
            "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
            **engine.variables,
        }
        status, usage = usage_of(engine.command, os.environ | variables, said)
        said.seek(0)
        if status or made.undone():
            sys.exit(f"{engine.name} failed ({status}): {said.read().decode(errors='replace')[-3000:]}")
    return usage


def prepare(made: Lab, chosen: list[Engine]) -> None:
    """Compile what pip has not, and let every engine run once."""
    rooms = ("cli", "compiler", "ir", "mlnc", "output", "runner", "schemas", "targets", "upgrade")
    for room in (*rooms, "bench/engines"):
        compile_dir(ROOT / room, quiet=2)
    made.reset()
    for engine in chosen:
        run(made, engine)


def measure(made: Lab, chosen: list[Engine], rounds: int) -> dict[tuple[str, str], list[Usage]]:
    """What each engine took in each case, over so many *rounds*, in which they take turns."""
    found: dict[tuple[str, str], list[Usage]] = {
        (case, engine.name): [] for case in CASES for engine in chosen
    }
    prepare(made, chosen)
    for number in range(rounds):
        for engine in chosen if number % 2 == 0 else reversed(chosen):
            made.reset()
            for case in CASES:
                found[case, engine.name].append(run(made, engine))
    return found


def table(found: dict[tuple[str, str], list[Usage]], names: Iterable[str]) -> str:
    """The lines of one number of servers."""
    lines = []
    for case in CASES:
        ours = found[case, OURS]
        for name in names:
            runs = found[case, name]
            clock, cpu = [run.seconds for run in runs], [run.cpu_seconds for run in runs]
            by = median(clock) / median(run.seconds for run in ours)
            by_cpu = median(cpu) / median(run.cpu_seconds for run in ours)
            lines.append(
                f"  {case:9} {name:8} best {min(clock):7.2f} s  median {median(clock):7.2f} s  x{by:5.1f}"
                f"   CPU {median(cpu):6.2f} s  x{by_cpu:5.1f}"
            )
    return "\n".join(lines)


def install(folder: Path) -> None:
    """The other engines, in a virtual environment of their own."""
    if not (folder / "bin" / "fab").exists():
        venv.create(folder, with_pip=True)
        packages = ["ansible-core>=2.16", "pyinfra>=3", "fabric>=3"]
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *packages], check=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure invoke deploy beside Ansible, pyinfra and Fabric.")
    parser.add_argument("--servers", type=int, nargs="+", default=[1, 3, 10], help="numbers of servers")
    parser.add_argument("--projects", type=int, default=60, help="how many projects of course/ are deployed")
    parser.add_argument("--rounds", type=int, default=3, help="how often each engine deploys")
    parser.add_argument(
        "--engines", type=Path, default=ROOT / "build/engines", help="where the others are installed"
    )
    parser.add_argument("--alone", action="store_true", help="measure invoke deploy only")
    options = parser.parse_args()
    adopt_orphans()
    if not options.alone:
        install(options.engines)
    for servers in options.servers:
        with (
            tempfile.TemporaryDirectory(prefix="mlnc-bench-") as name,
            lab(Path(name), servers, options.projects) as made,
        ):
            chosen = engines(made, Path(name), None if options.alone else options.engines)
            found = measure(made, chosen, options.rounds)
            print(f"{servers} servers, {options.projects} projects, {options.rounds} rounds")
            print(table(found, [engine.name for engine in chosen]), flush=True)


if __name__ == "__main__":
    main()
