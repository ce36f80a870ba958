"""Chores, run by Invoke: ``invoke --list``."""

import sys
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from mlnc.lab import lab_tasks as lab
from mlnc.rehearsal.tasks import rehearse
from mlnc.runner.tasks import (
    deploy,
    deployed,
    drift,
    log,
    plan,
    purge,
    rebuild,
    remove,
    retired,
    start,
    status,
    stop,
    verify,
)

__all__ = [
    "deploy",
    "deployed",
    "drift",
    "log",
    "plan",
    "purge",
    "rebuild",
    "rehearse",
    "remove",
    "retired",
    "start",
    "status",
    "stop",
    "verify",
]

ROOT = Path(__file__).parent
PYTHON = f"{sys.executable} -m"


@task
def check(context: Context) -> None:
    """Lint, formatting and types: what must hold before a commit."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} ruff check .", pty=sys.stdout.isatty())
        context.run(f"{PYTHON} ruff format --check .", pty=sys.stdout.isatty())
        context.run(f"{PYTHON} mypy", pty=sys.stdout.isatty())
        # By itself, for mypy takes two modules called conftest for one.
        context.run(f"{PYTHON} mypy tests/real_xen/conftest.py", pty=sys.stdout.isatty())


@task(help={"options": "Options for pytest, for example '-k lexer'."})
def test(context: Context, options: str = "") -> None:  # noqa: PT028 - a chore, not a test
    """The tests."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} pytest {options}", pty=sys.stdout.isatty())


@task
def goldens(context: Context) -> None:
    """Rewrite the expected outputs of the tests and the generated pages of docs/; review them with git diff."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} pytest --update", pty=sys.stdout.isatty())


@task
def course(context: Context) -> None:
    """Compile course/ into out/, as it is committed."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} mlnc build course/", pty=sys.stdout.isatty())


@task(pre=[check, test])
def all(context: Context) -> None:
    """Everything a submission must pass, without the Debian packages (see .ci/run)."""


namespace = Collection.from_module(sys.modules[__name__])
namespace.add_collection(Collection.from_module(lab), "lab")
