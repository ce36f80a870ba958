"""What an engine without a target of ours is told (PLAN names the file). It works as our playbook does."""

import json
import os
import shlex
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PLAN: dict[str, Any] = json.loads(Path(os.environ["PLAN"]).read_text(encoding="utf-8"))

_SHELL = (
    'IFS= read -r verb; IFS= read -r head; { printf %s "$head" | base64 -d; base64 -d; }'
    ' | eval "$(printf %s "$verb" | base64 -d)"'
)


def survey(root: str) -> str:
    """The command that asks a server what it has."""
    text = b64encode(_text("base", "survey")).decode()
    return f"sh -c 'eval \"$(printf %s {text} | base64 -d)\"' mlnc survey {shlex.quote(root)} xl </dev/null"


def due(server: str, root: str, told: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Project, command and standard input for each bundle that a server, which *told* what it has, has not."""
    lines = list(told)
    wanted = dict(line.split() for line in _bundle_script("generations", server).splitlines())
    for project, generation in wanted.items():
        if any(line.startswith(f"@mlnc\tstate\t{project}\t{generation}\t-\t\t") for line in lines):
            continue
        words = ("apply", root, project, generation, "-", wanted["_server"], "bench", "2020-01-01T00:00:00Z")
        secret = PLAN["secrets"].get(project)
        head = f"{project}\t{secret}\n\n" if secret else "\n"
        parts = [b64encode(part).decode() for part in (_text("base", "generation", "apply"), head.encode())]
        stdin = "\n".join([*parts, _bundle_script("archive", server, project)])
        yield project, f"sh -c {shlex.quote(_SHELL)} mlnc {shlex.join(words)}", stdin


def _text(*parts: str) -> bytes:
    return b"".join((Path(PLAN["files"]) / f"{part}.sh").read_bytes() for part in parts)


def _bundle_script(*words: str) -> str:
    command = ["sh", f"{PLAN['files']}/bundle.sh", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
